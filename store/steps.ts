// Transcripts. A step is written once; writing it again returns what stands there.
import type { Step, StepContent } from '../domain/step.ts';
import type { Queryable } from './database.ts';
import { insertEvent } from './events.ts';

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

/** Appends a step with its event; call it in a transaction. Returns the step as recorded, which may be an earlier writer's. */
export async function appendStep(tx: Queryable, step: NewStep): Promise<Step> {
  const { rows } = await tx.query<StepRow>(
    `insert into step (run_id, step, content, checkpoint) values ($1, $2, $3, $4)
     on conflict (run_id, step) do nothing returning *`,
    [step.runId, step.step, JSON.stringify(step.content), step.checkpoint],
  );
  const written = rows[0];
  if (written === undefined) {
    const recorded = await findStep(tx, step.runId, step.step);
    if (recorded === undefined) throw new Error(`Step ${step.step} of ${step.runId} was neither written nor found`);
    return recorded;
  }
  await insertEvent(tx, {
    id: `${step.runId}:${step.step}`,
    projectId: step.projectId,
    beadId: step.beadId,
    type: `run.${step.content.kind}`,
    data: { run: step.runId, step: step.step, checkpoint: step.checkpoint, ...headline(step.content) },
  });
  return fromRow(written);
}

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
