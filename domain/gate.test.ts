import { describe, expect, test } from '@jest/globals';
import { type CheckRun, type GateFacts, type TestStatus, explain, judge, refuse } from './gate.ts';

type Check = CheckRun & { readonly named: readonly TestStatus[]; readonly passed: number | null };

const check = (over: Partial<Check> = {}): Check => ({
  exitCode: 0,
  timedOut: false,
  durationMs: 10,
  tail: '',
  named: ['pass'],
  passed: 5,
  ...over,
});
const red = (over: Partial<Check> = {}) => check({ exitCode: 1, named: ['fail'], passed: 4, ...over });

const facts = (over: Partial<GateFacts> = {}): GateFacts => ({
  bead: { isBug: true, failingTests: [{ file: 'test/a.js', name: 'adds' }] },
  protectedTouched: [],
  before: red(),
  after: check(),
  ...over,
});

const reasons = (over: Partial<GateFacts>) => judge(facts(over)).reasons.map(({ reason }) => reason);

describe('judge', () => {
  test('passes a change after which the named test is green that was red before', () => {
    expect(judge(facts())).toMatchObject({
      pass: true,
      reasons: [],
      checks: [
        { name: 'red before', ok: true },
        { name: 'green after', ok: true },
      ],
    });
  });

  test('refuses a bug whose tests pass without the change', () => {
    expect(reasons({ before: check() })).toEqual(['already-green', 'named-test-not-red-before']);
  });

  test('refuses when the named test was green although others were red', () => {
    expect(reasons({ before: red({ named: ['pass'] }) })).toEqual(['named-test-not-red-before']);
  });

  test('refuses when the checks are red after the change, with the last lines of what they said', () => {
    const verdict = judge(facts({ after: red({ tail: 'one\ntwo\n' }) }));
    expect(verdict.pass).toBe(false);
    expect(explain(verdict)).toContain('checks-failed: one\ntwo');
  });

  test('refuses a green exit status when the named test did not run', () => {
    expect(reasons({ after: check({ named: ['absent'] }) })).toEqual(['named-test-not-green-after']);
  });

  test('refuses when fewer tests passed than before, which is how a removed test shows', () => {
    expect(reasons({ after: check({ passed: 3 }) })).toEqual(['fewer-tests-passed']);
    expect(reasons({ after: check({ passed: null }) })).toEqual(['fewer-tests-passed']);
  });

  test('refuses checks that were killed at the time limit, and never reads a missing exit status as zero', () => {
    expect(reasons({ after: check({ exitCode: null, timedOut: true, named: ['unknown'] }) })).toEqual([
      'checks-timed-out',
    ]);
    expect(reasons({ after: check({ exitCode: null, named: ['unknown'] }) })).toEqual(['checks-failed']);
  });

  test('refuses a change of a protected path', () => {
    expect(reasons({ protectedTouched: ['package.json'] })).toEqual(['protected-path-touched']);
  });

  test('judges by the exit status alone where the output of the runner cannot be read', () => {
    expect(
      reasons({
        before: red({ named: ['unknown'], passed: null }),
        after: check({ named: ['unknown'], passed: null }),
      }),
    ).toEqual([]);
  });

  test('asks no red run of a change that claims no bug', () => {
    expect(
      judge(facts({ bead: { isBug: false, failingTests: [] }, before: null, after: check({ named: [] }) })).pass,
    ).toBe(true);
  });

  test('counts an endless loop on the target branch as red', () => {
    expect(reasons({ before: check({ exitCode: null, timedOut: true, named: ['unknown'], passed: null }) })).toEqual(
      [],
    );
  });
});

test('refuse explains itself in one line', () => {
  expect(explain(refuse('empty-change', 'nothing changed'))).toBe('empty-change: nothing changed');
});
