// The port to whatever thinks. A provider answers one turn; it neither records nor executes anything.
import type { ActionCall, StepContent } from '../domain/step.ts';

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
  /** @throws LoomError UNAVAILABLE when another try later may succeed */
  nextTurn(request: TurnRequest): Promise<TurnAnswer>;
}
