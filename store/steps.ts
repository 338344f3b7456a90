// Transcripts. A step is written once; writing it again returns what stands there.
import type { Step, StepContent } from '../domain/step.ts';
import { readOn } from '../domain/transcript.ts';
import type { Queryable } from './database.ts';
import { findLease, leaseIsForAnother } from './leases.ts';

interface StepRow {
  run_id: string;
  step: number;
  content: StepContent;
  checkpoint: string | null;
  created_at: Date;
}

const fromRow = (row: StepRow): Step => ({
  runId: row.run_id,
  step: row.step,
  content: row.content,
  checkpoint: row.checkpoint,
  at: row.created_at.toISOString(),
});

export interface NewStep {
  readonly projectId: string;
  readonly beadId: string;
  readonly runId: string;
  readonly step: number;
  readonly content: StepContent;
  readonly checkpoint: string | null;
}

/**
 * Appends a step with its event, in one statement, which needs no transaction of its own. Returns the step as recorded, which may
 * be an earlier writer's.
 */
export async function appendStep(db: Queryable, step: NewStep): Promise<Step> {
  const { rows } = await db.query<StepRow>(
    `with written as (
       insert into step (run_id, step, content, checkpoint) values ($1, $2, $3, $4)
       on conflict (run_id, step) do nothing returning *
     ), told as (
       insert into event (id, project_id, bead_id, type, data)
       select $7::text, $5::text, $6::text, $8::text, $9::jsonb from written on conflict (id) do nothing
     )
     select * from written`,
    [
      step.runId,
      step.step,
      JSON.stringify(step.content),
      step.checkpoint,
      step.projectId,
      step.beadId,
      ...eventOf(step),
    ],
  );
  const written = rows[0];
  if (written !== undefined) return fromRow(written);
  const recorded = await findStep(db, step.runId, step.step);
  if (recorded === undefined) throw new Error(`Step ${step.step} of ${step.runId} was neither written nor found`);
  return recorded;
}

/**
 * Appends a step of the run that a token's lease is for, in one statement: the fence is checked, and locked, where the step is
 * written. Returns the step as recorded, which may be an earlier writer's. @throws LEASE_LOST
 */
export async function appendStepUnderLease(
  db: Queryable,
  tokenHash: string,
  step: Pick<NewStep, 'runId' | 'step' | 'content' | 'checkpoint'>,
): Promise<Step> {
  const { rows } = await db.query<StepRow>(
    `with held as (
       select lease.run_id, lease.bead_id, bead.project_id from lease join bead on bead.id = lease.bead_id
       where lease.token_hash = $1 and lease.run_id = $2 for share of lease
     ), written as (
       insert into step (run_id, step, content, checkpoint) select run_id, $3::integer, $4::jsonb, $5::text from held
       on conflict (run_id, step) do nothing returning *
     ), told as (
       insert into event (id, project_id, bead_id, type, data)
       select $6::text, held.project_id, held.bead_id, $7::text, $8::jsonb from written join held using (run_id)
       on conflict (id) do nothing
     )
     select * from written`,
    [tokenHash, step.runId, step.step, JSON.stringify(step.content), step.checkpoint, ...eventOf(step)],
  );
  const written = rows[0];
  if (written !== undefined) return fromRow(written);
  // Not written: the lease is not the newest, or is for another run, or the step stands there already.
  const lease = await findLease(db, tokenHash);
  if (lease.runId !== step.runId) throw leaseIsForAnother(lease.runId);
  const recorded = await findStep(db, step.runId, step.step);
  if (recorded === undefined) throw new Error(`Step ${step.step} of ${step.runId} was neither written nor found`);
  return recorded;
}

/** Id, type and data of the event that tells of a step. */
const eventOf = ({ runId, step, content, checkpoint }: Pick<NewStep, 'runId' | 'step' | 'content' | 'checkpoint'>) =>
  [
    `${runId}:${step}`,
    `run.${content.kind}`,
    JSON.stringify({ run: runId, step, checkpoint, ...headline(content) }),
  ] as const;

export async function findStep(db: Queryable, runId: string, step: number): Promise<Step | undefined> {
  const { rows } = await db.query<StepRow>('select * from step where run_id = $1 and step = $2', [runId, step]);
  return rows[0] === undefined ? undefined : fromRow(rows[0]);
}

export async function listSteps(db: Queryable, runId: string, after: number, limit: number): Promise<readonly Step[]> {
  const { rows } = await db.query<StepRow>(
    'select * from step where run_id = $1 and step > $2 order by step limit $3',
    [runId, after, limit],
  );
  return rows.map(fromRow);
}

const STEPS_AT_A_TIME = 1_000;

/** Every step after a number, however many there are. */
export const allSteps = (db: Queryable, runId: string, after: number): Promise<readonly Step[]> =>
  readOn(after, STEPS_AT_A_TIME, (from) => listSteps(db, runId, from, STEPS_AT_A_TIME));

/** What an event tells of a step: enough for a progress view, never the contents. */
function headline(content: StepContent): Record<string, unknown> {
  switch (content.kind) {
    case 'assistant':
      return {
        text: firstLine(content.text),
        actions: content.calls.map((call) => call.action),
        provider: content.provider,
      };
    case 'result':
      return {
        action: content.action,
        status: content.status,
        text: firstLine(content.text),
        durationMs: content.durationMs,
      };
    case 'message':
      return { from: content.from, text: firstLine(content.text) };
    default:
      return content satisfies never;
  }
}

const firstLine = (text: string): string => (text.split('\n', 1)[0] ?? '').slice(0, 200);
