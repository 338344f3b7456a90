// What a recorded result came to. Live and after a restart it is derived here, so that both decide by the same digests.
import { LoomError } from './errors.ts';
import type { CallOutcome } from './run.ts';
import type { ActionCall, Step } from './step.ts';

/** History keeps the beginning of a summary; the whole is in the transcript. */
const MAX_SUMMARY = 1_000;

/** A step as far as it counts for what happens next. */
export type RecordedStep = Pick<Step, 'runId' | 'step' | 'content' | 'checkpoint'>;

/** A short hash of a text: the same text gives the same one, in every process. */
export type Hash = (text: string) => string;

/** @throws CONFLICT when the step is not a result: the run numbered it twice. */
export function callOutcome(recorded: RecordedStep, call: ActionCall, hash: Hash): CallOutcome {
  const { runId, step, content, checkpoint } = recorded;
  if (content.kind !== 'result') throw misnumbered(recorded, 'a result');
  if (content.callId !== call.id) {
    throw new LoomError(
      'CONFLICT',
      `Step ${step} of ${runId} answers call ${content.callId}, not ${call.id}`,
      'Look at the transcript: the run numbered a step twice.',
    );
  }
  return {
    step,
    status: content.status,
    ...(content.code === undefined ? {} : { code: content.code }),
    digest: hash([call.action, JSON.stringify(call.arguments), content.status, content.text].join('\0')),
    checkpoint,
    ...(content.end === undefined
      ? {}
      : { end: { ...content.end, summary: content.end.summary.slice(0, MAX_SUMMARY) } }),
  };
}

/** A step that holds something else than its number says. */
export const misnumbered = ({ runId, step, content }: RecordedStep, expected: string): LoomError =>
  new LoomError(
    'CONFLICT',
    `Step ${step} of ${runId} holds a ${content.kind}, not ${expected}`,
    'Look at the transcript: the run numbered a step twice.',
  );
