import type { RunChange } from '../domain/activities.ts';
import type { FailingTest } from '../domain/bead.ts';
import { LoomError } from '../domain/errors.ts';
import type { RunExit } from '../domain/run.ts';
import type { Queryable } from './database.ts';

export interface Run {
  readonly id: string;
  readonly beadId: string;
  readonly number: number;
  readonly provider: string;
  readonly status: 'running' | 'ended';
  readonly exit: RunExit | null;
  readonly baseCommit: string;
  readonly checkpoint: string | null;
  readonly turns: number;
  readonly lastStep: number;
  readonly hostId: string | null;
  readonly startedAt: string;
  readonly endedAt: string | null;
}

interface RunRow {
  id: string;
  bead_id: string;
  number: number;
  provider: string;
  status: 'running' | 'ended';
  exit: RunExit | null;
  base_commit: string;
  checkpoint: string | null;
  turns: number;
  last_step: number;
  host_id: string | null;
  started_at: Date;
  ended_at: Date | null;
}

const fromRow = (row: RunRow): Run => ({
  id: row.id,
  beadId: row.bead_id,
  number: row.number,
  provider: row.provider,
  status: row.status,
  exit: row.exit,
  baseCommit: row.base_commit,
  checkpoint: row.checkpoint,
  turns: row.turns,
  lastStep: row.last_step,
  hostId: row.host_id,
  startedAt: row.started_at.toISOString(),
  endedAt: row.ended_at?.toISOString() ?? null,
});

/** Inserts or updates a run; part of a bead's change and of its transaction. */
export async function applyRunChange(tx: Queryable, beadId: string, change: RunChange): Promise<void> {
  await tx.query(
    `insert into run (id, bead_id, number, provider, status, base_commit) values ($1, $2, $3, $4, $5, $6)
     on conflict (id) do update set status = excluded.status, exit = $7, turns = coalesce($8, run.turns),
       last_step = coalesce($9, run.last_step), checkpoint = coalesce($10, run.checkpoint),
       ended_at = case when excluded.status = 'ended' then coalesce(run.ended_at, now()) end`,
    [
      change.runId,
      beadId,
      change.number,
      change.provider,
      change.status,
      change.baseCommit,
      change.exit ?? null,
      change.turns ?? null,
      change.lastStep ?? null,
      change.checkpoint ?? null,
    ],
  );
}

/** @throws NOT_FOUND */
export async function getRun(db: Queryable, id: string): Promise<Run> {
  const { rows } = await db.query<RunRow>('select * from run where id = $1', [id]);
  const row = rows[0];
  if (row === undefined) throw unknownRun(id);
  return fromRow(row);
}

const unknownRun = (id: string) =>
  new LoomError('NOT_FOUND', `There is no run ${id}`, 'The runs of a bead stand in `loomctl bead show BEAD`.');

/** What a turn of a run is asked with, beside its transcript. */
export interface TurnFacts {
  readonly projectId: string;
  readonly failingTests: readonly FailingTest[];
  readonly ended: boolean;
  /** An earlier run of the bead came to an end that the gate refused. */
  readonly refusedBefore: boolean;
}

/** @throws NOT_FOUND */
export async function turnFacts(db: Queryable, runId: string): Promise<TurnFacts> {
  const { rows } = await db.query<{
    project_id: string;
    failing_tests: FailingTest[];
    ended: boolean;
    refused_before: boolean;
  }>(
    `select bead.project_id, bead.failing_tests, run.status = 'ended' as ended, exists (
       select from run earlier where earlier.bead_id = run.bead_id and earlier.number < run.number and earlier.exit = 'done'
     ) as refused_before
     from run join bead on bead.id = run.bead_id where run.id = $1`,
    [runId],
  );
  const row = rows[0];
  if (row === undefined) throw unknownRun(runId);
  return {
    projectId: row.project_id,
    failingTests: row.failing_tests,
    ended: row.ended,
    refusedBefore: row.refused_before,
  };
}

/** In the order in which they began. */
export async function listRuns(db: Queryable, beadId: string): Promise<readonly Run[]> {
  const { rows } = await db.query<RunRow>('select * from run where bead_id = $1 order by number', [beadId]);
  return rows.map(fromRow);
}
