// How many runs work at the same time before a turn waits longer than it should. Each level starts afresh: so many runs, all of
// them in the middle of their turns, watched for a while, then ended by what the model says next.
import { setTimeout as delay } from 'node:timers/promises';
import { beadWorkflowId } from '../domain/ids.ts';
import type { Installation } from './installation.ts';
import { newBead, noOpTurns } from './measured-run.ts';
import { processorMs } from './processor-time.ts';
import { median, percentile } from './report.ts';

/** What the model takes. */
export const TURN_MS = 2_000;
/** More turns than a level lasts; the limit of turns of a run is above it. */
const ENDLESS = 55;
const WATCHED_MS = 16_000;
/** Until every run has had two turns. */
const RAMP_UP_WITHIN_MS = 100_000;
const LOOK_EVERY_MS = 500;
/** A turn may take a quarter longer than the model. */
const TOLERATED_MS = TURN_MS * 1.25;

export interface Level {
  readonly runs: number;
  readonly turns: number;
  /** From one answer of the model to the next, of one run. */
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
  readonly turnsPerSecond: number;
  /** Of all processes together. */
  readonly processorMsPerTurn: number;
  /** Share of one core, by process. */
  readonly cores: Readonly<Record<string, number>>;
  readonly holds: boolean;
}

/** @returns null when not all runs came to work in time, which is an answer as well: it does not hold. */
export async function measureLevel(
  loom: Installation,
  project: string,
  fleet: string,
  runs: number,
): Promise<Level | null> {
  await loom.script(noOpTurns(ENDLESS, TURN_MS));
  const ids = await Promise.all(
    Array.from({ length: runs }, async () => String((await loom.api.post('/beads', newBead(project, fleet)))['id'])),
  );
  try {
    if (!(await allWork(loom, ids))) return null;
    const began = new Date();
    const before = await processorMs(loom.pids());
    await delay(WATCHED_MS);
    const after = await processorMs(loom.pids());
    const { rows } = await loom.database.query<{ ms: number }>(
      `select extract(epoch from created_at - previous)::float8 * 1000 as ms
       from (select created_at, lag(created_at) over (partition by run_id order by step) as previous
             from step join run on run.id = step.run_id
             where bead_id = any($1) and content->>'kind' = 'assistant') turns
       where previous is not null and created_at between $2 and $3`,
      [ids, began, new Date(began.getTime() + WATCHED_MS)],
    );
    const turnMs = rows.map(({ ms }) => ms);
    const p95Ms = percentile(turnMs, 0.95);
    const cores = Object.fromEntries(
      Object.entries(after ?? {}).map(([name, ms]) => [name, (ms - (before?.[name] ?? 0)) / WATCHED_MS]),
    );
    const allCores = Object.values(cores).reduce((sum, share) => sum + share, 0);
    return {
      runs,
      turns: turnMs.length,
      p50Ms: median(turnMs),
      p95Ms,
      turnsPerSecond: (turnMs.length * 1_000) / WATCHED_MS,
      processorMsPerTurn: (allCores * WATCHED_MS) / turnMs.length,
      cores,
      holds: p95Ms !== null && p95Ms <= TOLERATED_MS,
    };
  } finally {
    await loom.script(Array.from({ length: ENDLESS }, () => noOpTurns(1, 0)).flat());
    await Promise.all(ids.map((id) => loom.untilEnded(beadWorkflowId(id))));
  }
}

async function allWork(loom: Installation, ids: readonly string[]): Promise<boolean> {
  const giveUpAt = performance.now() + RAMP_UP_WITHIN_MS;
  while (performance.now() < giveUpAt) {
    const { rows } = await loom.database.query<{ working: number }>(
      `select count(*)::int as working from (
         select run_id from step join run on run.id = step.run_id
         where bead_id = any($1) and content->>'kind' = 'assistant' group by run_id having count(*) >= 2) runs`,
      [ids],
    );
    if (rows[0]?.working === ids.length) return true;
    await delay(LOOK_EVERY_MS);
  }
  return false;
}
