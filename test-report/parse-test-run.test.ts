import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { parseTestRun, statusOf } from './parse-test-run.ts';
import type { TestReport } from './report.ts';

/** A run that was captured from the real runner, over tests that pass, fail, are skipped, nested, and cannot be loaded. */
function captured(name: string): TestReport {
  const text = readFileSync(new URL(`./fixtures/${name}.txt`, import.meta.url), 'utf8');
  const [, exitCode, stdout = '', stderr = ''] =
    /^exit code (\d+)\n===== stdout =====\n([\s\S]*)===== stderr =====\n([\s\S]*)$/.exec(text) ?? [];
  return parseTestRun({ stdout, stderr, exitCode: Number(exitCode), truncated: { stdout: 0, stderr: 0 } });
}

const run = (stdout: string, exitCode: number | null = 0): TestReport =>
  parseTestRun({ stdout, stderr: '', exitCode, truncated: { stdout: 0, stderr: 0 } });

const names = (tests: TestReport['failing']): string[] => tests.map(({ name }) => name).toSorted();

const JS_FAILING = ['fails plainly', 'group > deeper > deep bad', 'group > inner bad'];
const NODE_FAILING = ['broken.test.mjs', ...JS_FAILING, 'parent', 'parent > sub bad'].toSorted();
const UNITTEST_FAILING = [
  'TestSum > test_bad',
  'TestSum > test_described_bad',
  'TestSum > test_error',
  'TestSum > test_sub',
];

describe('captured runs', () => {
  test.each([
    { name: 'node-events', runner: 'node:test', passed: 3, failed: 6, failing: NODE_FAILING, complete: true },
    { name: 'node-tap', runner: 'node:test', passed: 3, failed: 6, failing: NODE_FAILING, complete: true },
    {
      name: 'unittest',
      runner: 'unittest',
      passed: 3,
      failed: 5,
      failing: [...UNITTEST_FAILING, 'tests.test_broken'],
      complete: false,
    },
    {
      name: 'unittest-verbose',
      runner: 'unittest',
      passed: 3,
      failed: 5,
      failing: [...UNITTEST_FAILING, 'tests.test_broken'],
      complete: true,
    },
    { name: 'unittest-green', runner: 'unittest', passed: 2, failed: 0, failing: [], complete: true },
    {
      name: 'pytest',
      runner: 'pytest',
      passed: 5,
      failed: 5,
      failing: [...UNITTEST_FAILING, 'test_param[2]'],
      complete: false,
    },
    {
      name: 'pytest-summary',
      runner: 'pytest',
      passed: 5,
      failed: 5,
      failing: [...UNITTEST_FAILING, 'test_param[2]'],
      complete: true,
    },
    {
      name: 'pytest-verbose',
      runner: 'pytest',
      passed: 5,
      failed: 5,
      failing: [...UNITTEST_FAILING, 'test_param[2]'],
      complete: true,
    },
    {
      name: 'pytest-broken',
      runner: 'pytest',
      passed: 0,
      failed: 1,
      failing: ['tests/test_broken.py'],
      complete: false,
    },
    { name: 'jest', runner: 'jest', passed: 3, failed: 3, failing: ['broken.test.js', ...JS_FAILING], complete: false },
    {
      name: 'jest-verbose',
      runner: 'jest',
      passed: 3,
      failed: 3,
      failing: ['broken.test.js', ...JS_FAILING],
      complete: false,
    },
    {
      name: 'vitest',
      runner: 'vitest',
      passed: 3,
      failed: 3,
      failing: ['broken.test.js', ...JS_FAILING],
      complete: false,
    },
    {
      name: 'vitest-verbose',
      runner: 'vitest',
      passed: 3,
      failed: 3,
      failing: ['broken.test.js', ...JS_FAILING],
      complete: false,
    },
    { name: 'mocha', runner: 'mocha', passed: 2, failed: 3, failing: JS_FAILING, complete: true },
    { name: 'tape', runner: 'tap', passed: 1, failed: 1, failing: ['fails plainly'], complete: true },
  ])('$name gives counts and the names of what failed', ({ name, runner, passed, failed, failing, complete }) => {
    const report = captured(name);
    expect(report).toMatchObject({ runner, passed, failed, complete });
    expect(names(report.failing)).toEqual(failing.toSorted());
  });

  test('the listing of node:test for people is read too, with its suites left out of the count', () => {
    const report = captured('node-spec');
    expect(report).toMatchObject({ runner: 'node:test', passed: 3, failed: 6 });
    expect(names(report.failing)).toEqual(NODE_FAILING.filter((name) => name !== 'parent'));
  });

  test.each(['node-events', 'node-spec', 'node-tap', 'jest', 'jest-verbose', 'vitest', 'vitest-verbose'])(
    '%s gives file and message of a failing test',
    (name) => {
      const bad = captured(name).failing.find((failing) => failing.name === 'group > inner bad');
      expect(bad?.file).toMatch(/sum\.test\.m?js$/);
      expect(bad?.message).toContain('boom');
    },
  );

  test.each(['unittest', 'unittest-verbose', 'pytest-summary'])(
    '%s gives file and message of a failing test',
    (name) => {
      expect(captured(name).failing).toContainEqual({
        file: 'tests/test_sum.py',
        name: 'TestSum > test_bad',
        message: 'AssertionError: 1 != 2',
      });
    },
  );

  test.each(['node-events', 'node-spec', 'jest', 'jest-verbose', 'vitest-verbose'])(
    'what a test of %s prints is not taken for a test',
    (name) => {
      const all = captured(name).results.map(({ path }) => path.join(' > '));
      expect(all.filter((test) => /noise|not a test|^x$/.test(test))).toEqual([]);
    },
  );
});

describe('what cannot be read', () => {
  test('is unknown, and its numbers are not zero but missing', () => {
    expect(run('All good, trust me\n')).toMatchObject({
      runner: 'unknown',
      passed: null,
      failed: null,
      complete: false,
    });
  });

  test('an empty output with exit code 0 proves nothing', () => {
    expect(statusOf(run(''), { file: 'a.js', name: 'adds' })).toBe('unknown');
  });

  test('a run that was killed is not complete', () => {
    expect(run('TAP version 13\nok 1 - adds\n', null).complete).toBe(false);
    expect(run('TAP version 13\nok 1 - adds\n', 0).complete).toBe(true);
  });

  test('a run whose output was cut is not complete', () => {
    const cut = {
      stdout: 'TAP version 13\nok 1 - adds\n',
      stderr: '',
      exitCode: 0,
      truncated: { stdout: 9, stderr: 0 },
    };
    expect(statusOf(parseTestRun(cut), { file: '', name: 'subtracts' })).toBe('unknown');
  });

  test('a listing that names fewer tests than its totals is not complete', () => {
    const text = '✔ one (1.0ms)\nℹ tests 2\nℹ suites 0\nℹ pass 2\nℹ fail 0\nℹ cancelled 0\n';
    expect(run(text)).toMatchObject({ passed: 2, complete: false });
  });

  test('a bail out in TAP counts as a failure', () => {
    expect(run('TAP version 13\nok 1 - adds\nBail out! no database\n', 1)).toMatchObject({
      failed: 1,
      complete: false,
    });
  });
});

describe('statusOf', () => {
  const report = captured('node-events');

  test.each([
    ['sum.test.mjs', 'adds', 'pass'],
    ['sum.test.mjs', 'fails plainly', 'fail'],
    ['sum.test.mjs', 'inner bad', 'fail'],
    ['sum.test.mjs', 'group > inner bad', 'fail'],
    ['sum.test.mjs', 'group › deeper › deep bad', 'fail'],
    ['sum.test.mjs', 'group inner ok', 'pass'],
    ['', 'adds', 'pass'],
    ['sum.test.mjs', 'no such test', 'absent'],
    ['other.test.mjs', 'adds', 'absent'],
    ['sum.test.mjs', 'skipped one', 'absent'],
  ] as const)('%s "%s" is %s', (file, name, status) => {
    expect(statusOf(report, { file, name })).toBe(status);
  });

  test.each(['test_bad', 'TestSum.test_bad', 'TestSum::test_bad', 'TestSum > test_bad'])(
    'knows a Python test as %s',
    (name) => {
      expect(statusOf(captured('unittest-verbose'), { file: 'tests/test_sum.py', name })).toBe('fail');
      expect(statusOf(captured('pytest-summary'), { file: 'tests/test_sum.py', name })).toBe('fail');
    },
  );

  test('is unknown for a test that an output without the names of passing tests does not mention', () => {
    expect(statusOf(captured('unittest'), { file: 'tests/test_sum.py', name: 'test_ok' })).toBe('unknown');
  });

  test('is red where one of several tests of the name is red', () => {
    const text = 'TAP version 13\n# Subtest: a\nok 1 - same\n# Subtest: b\nnot ok 2 - same\n1..2\n';
    expect(statusOf(run(text, 1), { file: '', name: 'same' })).toBe('fail');
  });
});
