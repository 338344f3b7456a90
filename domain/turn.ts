// One turn in the transcript: an answer, then the results of its calls, numbered on from it in order.
import { type RecordedStep, misnumbered } from './call-outcome.ts';
import type { ThinkOutcome } from './activities.ts';
import type { ActionCall, AssistantStep } from './step.ts';

/** @throws CONFLICT when the step is no answer: the run numbered it twice. */
export function answerOf(recorded: RecordedStep): AssistantStep {
  if (recorded.content.kind !== 'assistant') throw misnumbered(recorded, "a model's answer");
  return recorded.content;
}

/** The calls of an answer under the numbers that their results get. */
export const numberedCalls = (
  assistantStep: number,
  calls: readonly ActionCall[],
): readonly { readonly step: number; readonly call: ActionCall }[] =>
  calls.map((call, index) => ({ step: assistantStep + 1 + index, call }));

/** What history keeps of an answer. */
export const thinkOutcome = ({ calls, usage }: AssistantStep): ThinkOutcome => ({
  calls: calls.map(({ id, action }) => ({ callId: id, action })),
  inputTokens: usage.inputTokens,
  outputTokens: usage.outputTokens,
});
