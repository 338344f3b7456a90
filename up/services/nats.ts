// nats-server with JetStream. An acknowledged message is on disk: the default is to sync only every two minutes.
import { writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { LoomError, messageOf } from '../../domain/errors.ts';
import type { PartSpec } from '../part.ts';
import { awaitAnswer } from './await-answer.ts';

const GREETING_TIMEOUT_MS = 5_000;
const MAX_GREETING_BYTES = 65_536;

export interface NatsOptions {
  readonly binary: string;
  /** Existing folder for the configuration and the streams. */
  readonly folder: string;
  readonly port: number;
}

export async function natsPart(options: NatsOptions): Promise<PartSpec> {
  const configuration = join(options.folder, 'nats.conf');
  const store = JSON.stringify(join(options.folder, 'jetstream'));
  await writeFile(
    configuration,
    `host: "127.0.0.1"\nport: ${options.port}\njetstream { store_dir: ${store}, sync_interval: always }\n`,
    { mode: 0o600 },
  );
  return {
    name: 'nats',
    needs: [],
    command: options.binary,
    args: ['--config', configuration],
    env: {},
    cwd: options.folder,
    ready: (signal) => awaitAnswer(signal, () => greeting('127.0.0.1', options.port)),
    startTimeoutMs: 60_000,
    stopSignal: 'SIGTERM',
    stopGraceMs: 15_000,
  };
}

/** Whether an existing server can be used. @throws LoomError UNAVAILABLE saying why not. */
export async function checkNats(url: string): Promise<void> {
  try {
    const { hostname, port } = new URL(url);
    await greeting(hostname, Number(port || 4222));
  } catch (cause) {
    throw new LoomError(
      'UNAVAILABLE',
      `The NATS server of LOOM_NATS_URL cannot be used: ${messageOf(cause)}`,
      'Start it with JetStream (nats-server -js) or correct LOOM_NATS_URL; unset it to use the embedded server.',
      { cause },
    );
  }
}

/** The server speaks first: `INFO {...}`. Rejects unless it says that JetStream is on. */
function greeting(host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, timeout: GREETING_TIMEOUT_MS });
    let said = '';
    const end = (problem?: string): void => {
      socket.destroy();
      if (problem === undefined) resolve();
      else reject(new Error(problem));
    };
    socket.on('timeout', () => end('it says nothing'));
    socket.on('error', (error) => end(error.message));
    socket.on('close', () => end('it hung up'));
    socket.on('data', (chunk) => {
      said += chunk.toString('utf8');
      if (said.includes('\r\n')) end(problemIn(said));
      else if (said.length > MAX_GREETING_BYTES) end('it is no NATS server');
    });
  });
}

function problemIn(line: string): string | undefined {
  if (!line.startsWith('INFO ')) return 'it is no NATS server';
  return /"jetstream":\s*true/.test(line) ? undefined : 'its JetStream is off';
}
