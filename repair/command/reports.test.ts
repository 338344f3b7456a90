import { describe, expect, test } from '@jest/globals';
import { parsePytest, parseReport, parseTap, parseUnittest, sameTest } from './reports.ts';

const names = (set: ReadonlySet<string> | undefined): string[] => [...(set ?? [])].sort();

describe('parseTap', () => {
  test('joins subtests to their parents', () => {
    const report = parseTap(
      'TAP version 13\n# Subtest: suite\n    # Subtest: one\n    ok 1 - one\n    # Subtest: two\n    not ok 2 - two\n    1..2\nnot ok 1 - suite\n1..1\n',
    );
    expect(names(report?.passed)).toEqual(['suite > one']);
    expect(names(report?.failed)).toEqual(['suite', 'suite > two']);
  });
  test('counts bare assertions under the comment before them', () => {
    const report = parseTap(
      'TAP version 13\n# parses\nok 1 should be equal\nnot ok 2 should be equal\n# prints\nok 3 (unnamed assert)\n\n1..3\n# tests 3\n# pass  2\n# fail  1\n',
    );
    expect(names(report?.failed)).toEqual(['parses']);
    expect(names(report?.passed)).toEqual(['prints']);
  });
  test('takes a test that is to do for no failure', () => {
    expect(names(parseTap('TAP version 13\nnot ok 1 - later # TODO\n1..1\n')?.failed)).toEqual([]);
  });
  test('is undefined for what is no TAP', () => expect(parseTap('all fine')).toBeUndefined());
});

test('parseUnittest names failures and errors', () => {
  const report = parseUnittest(
    '.F\nFAIL: test_a (tests.test_x.TestX.test_a)\n---\nERROR: test_b (tests.test_x.TestX)\nRan 3 tests in 0.001s\n\nFAILED (failures=1, errors=1)\n',
  );
  expect(names(report?.failed)).toEqual(['test_a', 'test_b']);
});

test('parsePytest names failures', () => {
  expect(
    names(
      parsePytest('FAILED tests/test_a.py::TestA::test_x - assert 1 == 2\n=== 1 failed, 3 passed in 0.02s ===\n')
        ?.failed,
    ),
  ).toEqual(['test_x']);
});

test('parseReport gives up on output of no known form', () => expect(parseReport('done in 3 s')).toBeUndefined());

describe('sameTest', () => {
  test('takes full names, other separators and the last part alone', () => {
    expect(sameTest('suite > one', 'suite one')).toBe(true);
    expect(sameTest('suite > one', 'one')).toBe(true);
    expect(sameTest('test_a', 'tests.TestX.test_a')).toBe(true);
  });
  test('does not take a name that only ends alike', () => expect(sameTest('no one', 'one')).toBe(false));
});
