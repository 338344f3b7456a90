// What an action is: one name, one schema, one implementation. A model's mistake is a result that it can read; only trouble of
// the platform is thrown.
import type { z } from 'zod';
import type { FailingTest } from '../domain/bead.ts';
import type { Json, RunEnd } from '../domain/step.ts';
import type { Sandbox } from '../sandbox/sandbox.ts';
import type { Workspace } from '../workspace/workspace.ts';

/** What an action may touch: nothing, the workspace, the world outside, or the run itself. It decides retries and checkpoints. */
export type ActionClass = 'read' | 'change' | 'outside' | 'end';

export interface ActionContext {
  readonly workspace: Workspace;
  readonly sandbox: Sandbox;
  readonly project: {
    readonly testCommand: string | null;
    readonly testTimeoutMs: number;
    /** Globs of files that an agent may not change. */
    readonly protectedPaths: readonly string[];
  };
  readonly bead: { readonly failingTests: readonly FailingTest[] };
  /** Ends the action at once; `execute` then rejects with its reason. */
  readonly signal: AbortSignal;
  /** Says how far a long action has come. */
  note(message: string): void;
  /** Keeps content that is too long for a model and returns its sha256; absent where nothing keeps it. */
  putArtifact?(content: Uint8Array, mediaType: string): Promise<string>;
}

export interface ActionResult {
  readonly status: 'ok' | 'error';
  /** Stable reason of an error: {@link ActionErrorCode}. */
  readonly code?: ActionErrorCode;
  /** What the model reads, at most {@link TEXT_LIMIT_BYTES}. */
  readonly text: string;
  /** The same for programs; its shape is the action's. */
  readonly data?: Json;
  readonly end?: RunEnd & { readonly evidence?: Json };
}

export type ActionErrorCode =
  | 'UNKNOWN_ACTION'
  | 'BAD_ARGUMENTS'
  | 'NOT_FOUND'
  | 'OUTSIDE_WORKSPACE'
  | 'NOT_A_FILE'
  | 'NOT_A_FOLDER'
  | 'NOT_PERMITTED'
  | 'PROTECTED_PATH'
  | 'TOO_LARGE'
  | 'NOT_TEXT'
  | 'AMBIGUOUS'
  | 'NO_MATCH'
  | 'TIMED_OUT'
  | 'FAILED'
  | 'NOT_CONFIGURED';

/** About 8,000 tokens: enough for a long file or a failing suite, and not the whole of a model's attention. */
export const TEXT_LIMIT_BYTES = 32 * 1024;

export interface Action<Input> {
  readonly name: string;
  /** One or two sentences for the model: what it does, when to use it. */
  readonly summary: string;
  readonly class: ActionClass;
  readonly input: z.ZodType<Input>;
  run(input: Input, context: ActionContext): Promise<ActionResult>;
}

export function ok(text: string, data?: Json): ActionResult {
  return { status: 'ok', text, ...(data === undefined ? {} : { data }) };
}

export function failed(code: ActionErrorCode, text: string, data?: Json): ActionResult {
  return { status: 'error', code, text, ...(data === undefined ? {} : { data }) };
}
