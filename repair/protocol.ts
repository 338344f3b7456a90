// The contract between the repairer and whoever starts it: one JSON request in, JSON lines out, the last of them the result.
// The workspace is never changed: a repair travels as edits and as a unified diff, and the caller applies it.
import type { Evidence } from './confidence.ts';
import type { Edit } from './edits.ts';

/**
 * A repair whose confidence reaches this may be landed without asking; below it a person (or one more test) decides.
 * Chosen on bugs of which a third of the tests were hidden from the search: about one repair in twenty-five above it was wrong.
 */
export const LAND_AT = 0.5;

/** A test as its runner names it. `file` is relative to the project; an empty string means that the file is unknown. */
export interface TestName {
  readonly file: string;
  readonly name: string;
}

/** What to repair. Everything except `testCommand` has a default. */
export interface RepairRequest {
  /** Run by `sh -c` in the project folder. */
  readonly testCommand: string;
  /** The tests that have to turn green; empty: whatever fails now. */
  readonly failingTests: readonly TestName[];
  /** Limits the search to these files or globs, relative to the project; absent: every source file that the tests reach. */
  readonly files?: readonly string[];
  /** Globs that are never edited. */
  readonly protected: readonly string[];
  /** Limit of one run of the test command. @default 60_000 */
  readonly testTimeoutMs: number;
  /** Candidates evaluated in process; the normal end of a search. @default 12_000 */
  readonly maxEvaluations: number;
  /** A safety end for the whole call, not the normal one. @default 300 */
  readonly maxSeconds: number;
}

export type Outcome = 'repaired' | 'not_found' | 'already_green' | 'cannot_run' | 'out_of_depth';

export interface Suspect {
  readonly file: string;
  readonly line: number;
  /** 0..1, relative to the most suspicious place. */
  readonly score: number;
}

export interface Alternative {
  readonly operator: string;
  readonly file: string;
  readonly line: number;
  readonly diff: string;
}

export interface RepairResult {
  readonly event: 'result';
  readonly outcome: Outcome;
  /** Edits in UTF-16 offsets of the files as they stand, and the same change as a unified diff. */
  readonly patch?: { readonly edits: readonly Edit[]; readonly diff: string; readonly operator: string };
  /** Other patches that turn the tests green and behave differently, best first. */
  readonly alternatives: readonly Alternative[];
  /** 0..1: how likely the patch is what the author meant; compare with {@link LAND_AT}. */
  readonly confidence: number;
  /** What the confidence was computed from. */
  readonly evidence?: Evidence;
  readonly candidates: number;
  /** Candidates tried in process. */
  readonly evaluations: number;
  /** Runs of the real test command. */
  readonly confirmations: number;
  readonly suspects: readonly Suspect[];
  /** For a person: what happened, why, and what could be done next. */
  readonly reason: string;
  readonly ms: number;
}

export type RepairEvent =
  | { readonly event: 'phase'; readonly phase: 'baseline' | 'search' | 'confirm'; readonly detail: string }
  | { readonly event: 'progress'; readonly evaluations: number; readonly green: number; readonly weight: number }
  | RepairResult;

const strings = (value: unknown, field: string): string[] => {
  if (!Array.isArray(value) || !value.every((item) => typeof item === 'string')) {
    throw new TypeError(`repair request: "${field}" must be a list of strings`);
  }
  return value as string[];
};

const count = (value: unknown, field: string, fallback: number): number => {
  if (value === undefined) return fallback;
  if (typeof value !== 'number' || !Number.isFinite(value) || value <= 0) {
    throw new TypeError(`repair request: "${field}" must be a positive number`);
  }
  return value;
};

/** Checks a parsed JSON value and fills in the defaults. @throws TypeError naming the field that is wrong. */
export function parseRequest(value: unknown): RepairRequest {
  if (typeof value !== 'object' || value === null) throw new TypeError('repair request: a JSON object is expected');
  const given = value as Record<string, unknown>;
  if (typeof given.testCommand !== 'string' || given.testCommand.trim() === '') {
    throw new TypeError('repair request: "testCommand" must be a command, for example "npm test"');
  }
  const failing = (given.failingTests ?? []) as unknown[];
  if (!Array.isArray(failing)) throw new TypeError('repair request: "failingTests" must be a list of {file, name}');
  return {
    testCommand: given.testCommand,
    failingTests: failing.map((test) => {
      const { file, name } = (test ?? {}) as Record<string, unknown>;
      if (typeof name !== 'string') throw new TypeError('repair request: each failing test needs a "name"');
      return { file: typeof file === 'string' ? file : '', name };
    }),
    ...(given.files === undefined ? {} : { files: strings(given.files, 'files') }),
    protected: strings(given.protected ?? [], 'protected'),
    testTimeoutMs: count(given.testTimeoutMs, 'testTimeoutMs', 60_000),
    maxEvaluations: count(given.maxEvaluations, 'maxEvaluations', 12_000),
    maxSeconds: count(given.maxSeconds, 'maxSeconds', 300),
  };
}
