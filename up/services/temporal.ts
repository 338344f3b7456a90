// Temporal's development server with a database file, set up so that it neither loses acknowledged work nor throttles Loom.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { LoomError, messageOf } from '../../domain/errors.ts';
import type { PartSpec } from '../part.ts';
import { awaitAnswer } from './await-answer.ts';

const NAMESPACE = 'default';
const RETENTION = { cli: '7d', answer: '604800s' };
const CALL_TIMEOUT_MS = 5_000;

/** Registered at each start, which is harmless when they exist. The workflows set them; people search by them in the Web UI. */
const SEARCH_ATTRIBUTES = {
  BeadStatus: 'Keyword',
  Project: 'Keyword',
  Persona: 'Keyword',
  Priority: 'Int',
  FleetName: 'Keyword',
};

const DYNAMIC_CONFIG = {
  // The one shard's queues are read at most 20 times a second by default, so that each dispatch waits up to 50 ms.
  'history.transferProcessorMaxPollRPS': 2000,
  'history.timerProcessorMaxPollRPS': 2000,
  'history.visibilityProcessorMaxPollRPS': 2000,
  // Limits meant for clusters that are shared; here they would only be measured as slowness.
  'frontend.rps': 20_000,
  'frontend.namespaceRPS': 20_000,
  'matching.rps': 20_000,
  'history.rps': 20_000,
  // Default 10: many claims of one bead at once would queue for seconds.
  'history.maxInFlightUpdates': 200,
  // One partition a queue makes priority exact and fairness nearly so.
  'matching.numTaskqueueReadPartitions': 1,
  'matching.numTaskqueueWritePartitions': 1,
  'matching.enableFairness': true,
};

export interface TemporalOptions {
  readonly binary: string;
  /** Existing folder for the database file. */
  readonly folder: string;
  readonly port: number;
  readonly uiPort: number;
  /** False gives up safety against power cuts for speed: for data that is thrown away. */
  readonly durable: boolean;
}

export function temporalPart(options: TemporalOptions): PartSpec {
  const { binary, folder, port, uiPort } = options;
  const server = {
    ip: '127.0.0.1',
    port,
    'ui-port': uiPort,
    'db-filename': join(folder, 'temporal.db'),
    'log-level': 'warn',
  };
  const pairs = (flag: string, values: Readonly<Record<string, unknown>>) =>
    Object.entries(values).flatMap(([key, value]) => [flag, `${key}=${String(value)}`]);
  return {
    name: 'temporal',
    needs: [],
    command: binary,
    args: [
      'server',
      'start-dev',
      '--ui-disable-news-fetch',
      ...Object.entries(server).map(([flag, value]) => `--${flag}=${value}`),
      // Two fifths of its processor time is syncing; docs/decisions/0013 says why it stays, and what else was tried.
      ...pairs('--sqlite-pragma', { journal_mode: 'WAL', synchronous: options.durable ? 'FULL' : 'OFF' }),
      ...pairs('--search-attribute', SEARCH_ATTRIBUTES),
      ...pairs('--dynamic-config-value', DYNAMIC_CONFIG),
    ],
    // Go collects garbage often by default: this takes a fifth to two fifths off its processor time.
    env: { ...environment(folder), GOGC: '800', GOMEMLIMIT: '2GiB' },
    cwd: folder,
    ready: async (signal) => {
      const retention = await awaitAnswer(signal, () => retentionOf(uiPort, signal));
      if (retention !== RETENTION.answer) await setRetention(binary, folder, port, signal);
    },
    startTimeoutMs: 60_000,
    stopSignal: 'SIGTERM',
    stopGraceMs: 15_000,
  };
}

/** Whether an existing cluster can be used. @throws LoomError UNAVAILABLE saying why not. */
export async function checkTemporal(address: string, namespace: string): Promise<void> {
  // Loaded here, because the client takes a while and the embedded server is asked without it.
  const { Connection } = await import('@temporalio/client');
  try {
    const connection = await Connection.connect({ address, connectTimeout: CALL_TIMEOUT_MS });
    try {
      await connection.withDeadline(Date.now() + CALL_TIMEOUT_MS, () =>
        connection.workflowService.describeNamespace({ namespace }),
      );
    } finally {
      await connection.close();
    }
  } catch (cause) {
    throw new LoomError(
      'UNAVAILABLE',
      `Temporal at LOOM_TEMPORAL_ADDRESS=${address} does not serve namespace "${namespace}": ${messageOf(cause)}`,
      'Start it, create the namespace, or correct the address; unset LOOM_TEMPORAL_ADDRESS to use the embedded server.',
      { cause },
    );
  }
}

/** Asked through the Web UI, which answers last. */
async function retentionOf(uiPort: number, signal: AbortSignal): Promise<unknown> {
  const answer = await fetch(`http://127.0.0.1:${uiPort}/api/v1/namespaces/${NAMESPACE}`, { signal });
  if (!answer.ok) throw new Error(`the namespace is not served yet: ${answer.status}`);
  const body = (await answer.json()) as { config?: { workflowExecutionRetentionTtl?: unknown } };
  return body.config?.workflowExecutionRetentionTtl;
}

async function setRetention(binary: string, folder: string, port: number, signal: AbortSignal): Promise<void> {
  const args = ['operator', 'namespace', 'update', '--namespace', NAMESPACE, '--retention', RETENTION.cli];
  const options = { env: environment(folder), timeout: CALL_TIMEOUT_MS, signal };
  await promisify(execFile)(binary, [...args, '--address', `127.0.0.1:${port}`], options);
}

/** A home of its own, so that a person's configuration of the Temporal CLI changes nothing here. */
function environment(folder: string): Record<string, string> {
  return { HOME: folder };
}
