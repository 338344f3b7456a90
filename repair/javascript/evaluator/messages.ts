// What the engine and its evaluator child say to each other over IPC (structured clone).
import type { Edit } from '../../edits.ts';
import type { Effort, Verdict } from '../../engine.ts';
import type { Kind } from '../scope.ts';

/** Edits of one candidate. */
export type EditSet = readonly Edit[];

export interface CaseResult {
  readonly file: string;
  /** Full name: suites and test, joined by " > ". */
  readonly name: string;
  readonly ok: boolean;
  readonly error: string;
  /** Names of subtests that failed within the test. */
  readonly failedSubtests: readonly string[];
}

export type Request =
  | { readonly type: 'baseline'; readonly root: string; readonly testFiles: readonly string[]; readonly fuel: number }
  | {
      readonly type: 'prepare';
      readonly root: string;
      readonly plan: readonly FilePlan[];
      readonly testFiles: readonly string[];
      /** Steps per test before it counts as endless. */
      readonly fuel: number;
      /** Steps for loading a test file with what it imports: tables that are built once can need more than any test. */
      readonly loadFuel: number;
      /** Milliseconds of computing per test. */
      readonly stepsMs: number;
      /** Milliseconds per test that waits for something. */
      readonly patienceMs: number;
    }
  | { readonly type: 'evaluate'; readonly effort: Effort; readonly batch: readonly EditSet[] }
  | { readonly type: 'probe'; readonly batch: readonly EditSet[] };

/** One test file: which of its tests must turn green, which must stay green, and which sources it loads. */
export interface FilePlan {
  readonly file: string;
  readonly failing: readonly number[];
  readonly passing: readonly number[];
  readonly sources: readonly string[];
}

export interface LoadedSource {
  readonly file: string;
  /** Number of the file's first unit in the reach tables. */
  readonly base: number;
}

export interface BaselineReport {
  readonly type: 'baseline';
  readonly cases: readonly (CaseResult & { readonly index: number; readonly steps: number; readonly ms: number })[];
  readonly sources: readonly LoadedSource[];
  readonly sourcesOf: Readonly<Record<string, readonly string[]>>;
  readonly failing: Int32Array;
  readonly passing: Int32Array;
  /** Kinds of value that the variables of a unit held: unit, position in the unit's variables, kinds. */
  readonly kinds: readonly (readonly [unit: number, variable: number, kinds: readonly Kind[]])[];
  /** Test files that could not be loaded, with the reason. */
  readonly problems: readonly { readonly file: string; readonly message: string }[];
  /** What it took to load a test file with all that it imports, in the middle. */
  readonly loadMs: number;
  /** Steps of the test file that needs most of them to load. */
  readonly loadSteps: number;
  readonly ms: number;
}

export type Reply =
  | BaselineReport
  | { readonly type: 'prepared' }
  /** A candidate has got as far as another test file; one that passes many of them may be long in coming to an end. */
  | { readonly type: 'alive' }
  | ({ readonly type: 'verdict' } & Verdict)
  | {
      readonly type: 'behaviour';
      readonly results: readonly string[];
      readonly agreed: number;
      readonly disagreed: number;
    }
  | { readonly type: 'done' };
