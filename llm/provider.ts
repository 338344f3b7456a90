// The port to whatever thinks. A provider answers one turn; it neither records nor executes anything.
import { LoomError } from '../domain/errors.ts';
import type { ActionCall, AssistantStep, StepContent } from '../domain/step.ts';

export interface TurnRequest {
  readonly runId: string;
  /** An earlier run of this bead came to an end that the gate refused. */
  readonly refusedBefore: boolean;
  /** The transcript so far, oldest first. It only grows from turn to turn. */
  readonly transcript: readonly StepContent[];
  readonly failingTests: readonly { readonly file: string; readonly name: string }[];
  readonly signal: AbortSignal;
}

export interface TurnAnswer {
  readonly text: string;
  readonly calls: readonly Omit<ActionCall, 'id'>[];
  readonly model: string;
  readonly usage: { readonly inputTokens: number; readonly outputTokens: number };
}

export interface Provider {
  readonly name: string;
  /** @throws ProviderUnavailable when another try later may succeed */
  nextTurn(request: TurnRequest): Promise<TurnAnswer>;
}

/** The provider is away: down, over its quota, or limiting us. The run waits, and no attempt of the agent is spent. */
export class ProviderUnavailable extends LoomError {
  /** When it has said itself how long to wait. */
  readonly retryAfterMs: number | null;

  constructor(message: string, options: { readonly retryAfterMs?: number; readonly cause?: unknown } = {}) {
    super('PROVIDER_UNAVAILABLE', message, 'Nothing to do: the run waits for it. Otherwise name another provider.', {
      cause: options.cause,
    });
    this.retryAfterMs = options.retryAfterMs ?? null;
  }
}

/** An answer as it is recorded: under its number, which makes the ids of its calls unique within the run. */
export const answerStep = (provider: string, step: number, answer: TurnAnswer): AssistantStep => ({
  kind: 'assistant',
  text: answer.text,
  calls: answer.calls.map((call, index) => ({ ...call, id: `${step}.${index + 1}` })),
  provider,
  model: answer.model,
  usage: answer.usage,
});
