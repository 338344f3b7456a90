// Process entry: replays recorded histories against the workflow code on disk. `loomctl replay` starts it; it changes nothing.
// Arguments: `--bead ID`, `--file PATH` (repeatable) or `--all`; `--workflows ENTRY` for other code
// than this checkout's; `--json`. Exit 0 all replay, 1 one does not
// or there is none, 2 wrong input, 3 no Temporal.
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { DefaultLogger, type ReplayHistoriesIterable, Runtime, Worker } from '@temporalio/worker';
import { openTemporal } from '../client/temporal.ts';
import { readConfig } from '../config/config.ts';
import { type ErrorCode, LoomError, messageOf } from '../domain/errors.ts';
import { beadWorkflowId, runIdOf } from '../domain/ids.ts';
import { orchestratorQueue } from '../domain/task-queues.ts';
import { workflowBundle } from './bundle.ts';

/** Fetching all histories of an installation may take this long. */
const FETCH_DEADLINE_MS = 600_000;

interface Replayed {
  readonly workflowId: string;
  readonly runId: string;
  /** Why the code on disk does not lead where the history went; null when it does. */
  readonly failure: string | null;
}

const { values } = parseArgs({
  options: {
    bead: { type: 'string' },
    file: { type: 'string', multiple: true },
    all: { type: 'boolean', default: false },
    workflows: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});

async function replay(histories: ReplayHistoriesIterable): Promise<readonly Replayed[]> {
  Runtime.install({ logger: new DefaultLogger('ERROR', () => undefined) });
  const replayed: Replayed[] = [];
  const options = { workflowBundle: await workflowBundle(values.workflows) };
  for await (const { workflowId, runId, error } of Worker.runReplayHistories(options, histories)) {
    const result = { workflowId, runId, failure: error === undefined ? null : error.message };
    replayed.push(result);
    if (!values.json) process.stdout.write(`${line(result)}\n`);
  }
  return replayed;
}

const line = ({ workflowId, runId, failure }: Replayed): string =>
  failure === null
    ? `same  ${workflowId}`
    : `DIFFERS  ${workflowId} (run ${runId})\n  ${failure.replaceAll('\n', '\n  ')}`;

async function* savedHistories(paths: readonly string[]): ReplayHistoriesIterable {
  for (const path of paths) {
    let history: unknown;
    try {
      history = JSON.parse(await readFile(path, 'utf8'));
    } catch (cause) {
      throw new LoomError(
        'BAD_INPUT',
        `${path} is no saved history: ${messageOf(cause)}`,
        'Save one with: temporal workflow show --workflow-id ID --output json',
        { cause },
      );
    }
    yield { workflowId: startedAs(history) ?? path, history };
  }
}

interface StartedEvent {
  readonly workflowExecutionStartedEventAttributes?: { readonly workflowId?: string };
}

const startedAs = (history: unknown): string | undefined =>
  (history as { readonly events?: readonly StartedEvent[] }).events?.[0]?.workflowExecutionStartedEventAttributes
    ?.workflowId;

/** A bead's own executions and those of its runs. @throws BAD_INPUT for what cannot be an id: it becomes part of a query. */
function queryOf(beadId: string | undefined, instance: string): string {
  if (beadId === undefined) return `TaskQueue = '${orchestratorQueue(instance)}'`;
  if (!/^bd-[0-9a-z]+$/.test(beadId)) {
    throw new LoomError('BAD_INPUT', `"${beadId}" is not the id of a bead`, 'See the ids with: loomctl bead list');
  }
  const anyRun = runIdOf(beadId, 0).slice(0, -1);
  return `WorkflowId = '${beadWorkflowId(beadId)}' OR WorkflowId STARTS_WITH '${anyRun}'`;
}

async function main(): Promise<number> {
  let replayed: readonly Replayed[];
  if (values.file !== undefined) {
    replayed = await replay(savedHistories(values.file));
  } else {
    const config = readConfig(process.env);
    const temporal = openTemporal(config.temporal);
    const query = queryOf(values.bead, config.instance);
    try {
      await temporal.check(5_000);
      replayed = await temporal.call(
        (client) => replay(client.workflow.list({ query }).intoHistories({ concurrency: 4 })),
        { deadlineMs: FETCH_DEADLINE_MS },
      );
    } finally {
      await temporal.close();
    }
  }
  const differing = replayed.filter(({ failure }) => failure !== null).length;
  if (values.json) process.stdout.write(`${JSON.stringify({ replayed }, undefined, 2)}\n`);
  if (replayed.length === 0) {
    throw new LoomError(
      'NOT_FOUND',
      'Temporal has no such history',
      'Closed workflows are kept for the namespace’s retention time; after it, replay a saved file with --file.',
    );
  }
  if (!values.json) process.stdout.write(`${replayed.length} replayed, ${differing} differ\n`);
  return differing === 0 ? 0 : 1;
}

try {
  process.exitCode = await main();
} catch (error) {
  const next = error instanceof LoomError ? `\n  next: ${error.next}` : '';
  process.stderr.write(`loomctl: ${messageOf(error)}${next}\n`);
  process.exitCode = exitOf(error instanceof LoomError ? error.code : undefined);
}

function exitOf(code: ErrorCode | undefined): number {
  if (code === 'UNAVAILABLE') return 3;
  return code === 'BAD_INPUT' || code === 'CONFIG_INVALID' ? 2 : 1;
}
