// The transcript of a run: an append-only list of steps, numbered by the workflow. History and events only refer to it.

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** An action that the model asked for. */
export interface ActionCall {
  /** Unique within its run; the result refers to it. */
  readonly id: string;
  readonly action: string;
  readonly arguments: Json;
}

/** What a provider answered. */
export interface AssistantStep {
  readonly kind: 'assistant';
  readonly text: string;
  readonly calls: readonly ActionCall[];
  readonly provider: string;
  readonly model: string;
  readonly usage: { readonly inputTokens: number; readonly outputTokens: number };
}

/** What an action gave back. `end` is set where the action ended the run. */
export interface ResultStep {
  readonly kind: 'result';
  readonly callId: string;
  readonly action: string;
  readonly status: 'ok' | 'error';
  /** Stable reason of an error, for example `NOT_FOUND`. */
  readonly code?: string;
  /** What the model reads. */
  readonly text: string;
  readonly data?: Json;
  readonly durationMs: number;
  readonly end?: RunEnd;
}

/** A message from the platform or a person to the agent: the brief of the bead, evidence of a refused attempt. */
export interface MessageStep {
  readonly kind: 'message';
  readonly from: 'loom' | 'person';
  readonly text: string;
}

export type StepContent = AssistantStep | ResultStep | MessageStep;

/** A recorded step. `checkpoint` is the commit of the workspace after it, where it changed the workspace. */
export interface Step {
  readonly runId: string;
  readonly step: number;
  readonly content: StepContent;
  readonly checkpoint: string | null;
  readonly at: string;
}

/** How an agent asked to end its run. `confidence` (0 to 1) is how sure the agent's tools are of the change. */
export interface RunEnd {
  readonly kind: 'done' | 'escalate';
  readonly summary: string;
  readonly confidence?: number;
}
