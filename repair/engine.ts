// What a language brings to the search. An engine knows a project's sources and tests; the search knows only weights and verdicts.
import type { Edit } from './edits.ts';
import type { Suspect, TestName } from './protocol.ts';

/** One small change. `weight` is comparable between operators and places: prior of the operator times suspicion. */
export interface Candidate {
  readonly edits: readonly Edit[];
  readonly operator: string;
  readonly weight: number;
  readonly line: number;
}

export interface Baseline {
  /** Present when the engine can evaluate this project; otherwise `problem` says why not. */
  readonly ok: boolean;
  readonly problem: string;
  readonly failing: readonly TestName[];
  readonly passing: readonly TestName[];
  readonly suspects: readonly Suspect[];
}

/**
 * `quick` ends a candidate at its first red test; `patient` does too and allows many more steps; `thorough` runs every failing test, and
 * the passing ones where that fixed something, to tell near misses from the rest.
 */
export type Effort = 'quick' | 'patient' | 'thorough';

export interface Verdict {
  readonly green: boolean;
  /** Failing tests that the candidate turned green: before the first that it did not, or, when thorough, in all. */
  readonly fixed: number;
  /** It ran out of steps; with more of them it might still be green. An engine that cannot tell leaves it out. */
  readonly starved?: boolean;
  /** A test that passed before is red. Only told when thorough. */
  readonly broke?: boolean;
}

export interface Behaviour {
  /** Results for inputs near those of the tests, comparable position by position; empty when nothing could be probed. */
  readonly results: readonly string[];
  /** Documented examples with which the candidate agrees, and with which it does not. */
  readonly agreed: number;
  readonly disagreed: number;
}

export interface Engine {
  /** Runs the tests once as the project stands and localises. */
  baseline(): Promise<Baseline>;
  /** Candidates in falling order of weight; call after `baseline`. */
  candidates(): AsyncIterable<Candidate> | Iterable<Candidate>;
  /** Verdicts in the order of the candidates. An engine without the effort asked for answers as for `quick`. @default 'quick' */
  evaluate(batch: readonly Candidate[], effort?: Effort): Promise<readonly Verdict[]>;
  /** What green candidates compute where the tests do not look, one answer per candidate. */
  probe(candidates: readonly Candidate[]): Promise<readonly Behaviour[]>;
  /** Too many candidates hung or crashed the evaluation for it to go on. */
  readonly exhausted: boolean;
  /** How many candidates one batch should hold. */
  readonly batchSize: number;
  close(): Promise<void>;
}
