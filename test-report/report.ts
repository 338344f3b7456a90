// The shapes of a test run: what a runner's parser finds, and what is told to the rest of Loom.

export type Runner = 'node:test' | 'tap' | 'unittest' | 'pytest' | 'jest' | 'vitest' | 'mocha';

export interface TestResult {
  /** Suites and test, outermost first: `['group', 'deeper', 'deep bad']`. */
  readonly path: readonly string[];
  /** As the runner prints it; absent where it does not. */
  readonly file?: string;
  readonly status: 'pass' | 'fail' | 'skip';
  readonly message?: string;
  /** A suite, whose tests are listed on their own, so it does not count. */
  readonly suite?: boolean;
}

/** What one runner's parser found. Null from a parser: not the output of this runner. */
export interface ParsedRun {
  readonly runner: Runner;
  readonly tests: readonly TestResult[];
  /** The runner's own totals, where it prints them. */
  readonly totals?: { readonly passed: number; readonly failed: number };
  /** Something failed outside of any test, or the run was broken off. */
  readonly broken?: boolean;
}

export interface NamedTest {
  readonly file?: string;
  /** Suites and test joined by " > ". */
  readonly name: string;
  readonly message?: string;
}

export interface TestReport {
  readonly runner: Runner | 'unknown';
  /** The runner's totals; null where the output cannot be read. */
  readonly passed: number | null;
  readonly failed: number | null;
  readonly failing: readonly NamedTest[];
  /** Empty where the runner names only those that fail. */
  readonly passing: readonly NamedTest[];
  /** Every test of the run is in `results`: one that is not there has not run. */
  readonly complete: boolean;
  readonly results: readonly TestResult[];
}
