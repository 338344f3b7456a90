// What a change may not touch. Such paths are taken from the target branch before a candidate is judged and landed, so an
// agent can neither weaken a test nor change the rules by which it is checked.
import picomatch from 'picomatch';

/** Never an agent's to change: how Loom checks the project. */
const ALWAYS = ['.loom/**'];

/** Existing tests, by the conventions of the common runners. New ones may be added beside them. */
const TESTS = [
  '**/{test,tests,__tests__,spec,specs}/**',
  '**/*.{test,spec}.{js,jsx,ts,tsx,mjs,cjs,mts,cts}',
  '**/test_*.py',
  '**/*_test.{py,go}',
  '**/conftest.py',
];

export interface PathChange {
  /** Added, modified, deleted, or type changed. */
  readonly status: 'A' | 'M' | 'D' | 'T';
  readonly path: string;
}

/** The changes that are taken back. @param globs the project's own protected paths */
export function protectedChanges<Change extends PathChange>(
  changes: readonly Change[],
  globs: readonly string[],
): Change[] {
  const isFixed = picomatch([...ALWAYS, ...globs], { dot: true });
  const isTest = picomatch(TESTS, { dot: true });
  return changes.filter(({ status, path }) => isFixed(path) || (status !== 'A' && isTest(path)));
}
