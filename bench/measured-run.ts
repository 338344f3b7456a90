// One run of ten turns through Loom, and one bare workflow of as many activities, taken apart.
import type { Client } from '@temporalio/client';
import { beadWorkflowId, runIdOf } from '../domain/ids.ts';
import type { ScriptedTurn } from '../test/support/scripted-provider.ts';
import { BARE_QUEUES } from './bare-queues.ts';
import type { BareInput } from './bare-workflow.ts';
import { type HistoryCost, type TimedEvent, costOf, timeOf } from './history-cost.ts';
import type { Installation } from './installation.ts';

export const TURNS = 10;

export interface Execution extends HistoryCost {
  /** Size of the history as Temporal counts it. */
  readonly bytes: number;
}

export interface MeasuredBead {
  /** From the request that files it to the end of its workflow. */
  readonly wholeMs: number;
  /** From the lease that a host took to the end of the run's workflow. */
  readonly leasedMs: number;
  /** From the start of the bead's workflow to the lease, and from the end of the run to the bead's. */
  readonly beforeMs: number;
  readonly afterMs: number;
  readonly bead: Execution;
  readonly run: Execution;
  /** What the actions themselves took, by the transcript. */
  readonly actionsMs: number;
}

export interface MeasuredBare {
  /** From the call that starts it to its result. */
  readonly wholeMs: number;
  readonly execution: Execution;
}

/** Reads two tiny files in turn, which is the nearest to doing nothing: repeating one of them would count as being stuck. */
export const noOpTurns = (turns: number, delayMs: number): readonly ScriptedTurn[] =>
  Array.from({ length: turns }, (_, turn) => ({
    delayMs,
    calls: [
      turn === turns - 1
        ? { action: 'done', arguments: { summary: 'nothing was to be done' } }
        : { action: 'read_file', arguments: { path: turn % 2 === 0 ? 'a.txt' : 'b.txt' } },
    ],
  }));

/** A bead that the scripted model works on once. It changes nothing, so it is escalated without a gate. */
export const newBead = (project: string, fleet: string) => ({
  project,
  fleet,
  type: 'task',
  title: 'do nothing',
  provider: 'scripted',
  maxAttempts: 1,
});

export async function measureBead(loom: Installation, project: string, fleet: string): Promise<MeasuredBead> {
  const started = performance.now();
  const id = String((await loom.api.post('/beads', newBead(project, fleet)))['id']);
  await loom.untilEnded(beadWorkflowId(id));
  const wholeMs = performance.now() - started;
  const runId = runIdOf(id, 1);
  const [bead, run] = await Promise.all([
    executionOf(loom.temporal, beadWorkflowId(id)),
    executionOf(loom.temporal, runId),
  ]);
  const accepted = bead.events.find((event) => event.workflowExecutionUpdateAcceptedEventAttributes);
  const [filed, closed, ended] = [bead.events[0], bead.events.at(-1), run.events.at(-1)];
  if (accepted === undefined || filed === undefined || closed === undefined || ended === undefined)
    throw new Error(`Bead ${id} was never leased`);
  const { rows } = await loom.database.query<{ ms: number }>(
    `select coalesce(sum((content->>'durationMs')::float8), 0) as ms from step where run_id = $1 and content->>'kind' = 'result'`,
    [runId],
  );
  return {
    wholeMs,
    leasedMs: timeOf(ended) - timeOf(accepted),
    beforeMs: timeOf(accepted) - timeOf(filed),
    afterMs: timeOf(closed) - timeOf(ended),
    bead: bead.cost,
    run: run.cost,
    actionsMs: rows[0]?.ms ?? 0,
  };
}

let bareRuns = 0;

/** @param eager runs the activities on the workflow's own queue, where Temporal needs no dispatch for them. */
export async function measureBare(loom: Installation, activities: number, eager = false): Promise<MeasuredBare> {
  const input: BareInput = { activities, ...(eager ? {} : { taskQueue: BARE_QUEUES.activities }) };
  const workflowId = `bare-${++bareRuns}`;
  const started = performance.now();
  await loom.temporal.workflow.start('bareWorkflow', {
    workflowId,
    taskQueue: BARE_QUEUES.workflows,
    args: [input],
  });
  await loom.untilEnded(workflowId);
  const wholeMs = performance.now() - started;
  return { wholeMs, execution: (await executionOf(loom.temporal, workflowId)).cost };
}

async function executionOf(temporal: Client, workflowId: string) {
  const handle = temporal.workflow.getHandle(workflowId);
  const [{ events }, { historySize }] = await Promise.all([handle.fetchHistory(), handle.describe()]);
  const timed: readonly (TimedEvent & { readonly workflowExecutionUpdateAcceptedEventAttributes?: unknown })[] =
    events ?? [];
  return { events: timed, cost: { ...costOf(timed), bytes: historySize ?? 0 } satisfies Execution };
}
