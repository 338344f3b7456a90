import { describe, expect, test } from '@jest/globals';
import { type ComparedBead, type ComparedStep, differencesOf, withoutTimes } from './run-comparison.ts';

const STEP: ComparedStep = {
  step: 3,
  kind: 'result',
  action: 'run_command',
  status: 'ok',
  text: 'exit code 0',
  tree: 'a1',
};
const bead = (steps: readonly ComparedStep[], more: Partial<ComparedBead> = {}): ComparedBead => ({
  status: 'closed',
  attempt: 1,
  landedTree: 't1',
  runs: [{ number: 1, status: 'ended', exit: 'done', turns: 2, lastStep: 5, steps }],
  ...more,
});

describe('two beads', () => {
  test('that came to the same end in the same way have no difference', () => {
    expect(differencesOf(bead([STEP]), bead([{ ...STEP }]))).toEqual([]);
  });

  test.each([
    ['another tree after a step', { tree: 'a2' }, 'tree: expected "a1", found "a2"'],
    ['no change where there was one', { tree: null }, 'tree: expected "a1", found null'],
    ['another text', { text: 'exit code 1' }, 'text: expected "exit code 0", found "exit code 1"'],
    ['a code that was not there', { code: 'TIMED_OUT' }, 'code: expected nothing, found "TIMED_OUT"'],
    [
      'a call that was not there',
      { calls: [{ id: '2.1', action: 'done', arguments: {} }] },
      'calls: expected nothing, found [{"id":"2.1","action":"done","arguments":{}}]',
    ],
  ] as const)('differ by %s', (_, change, line) => {
    expect(differencesOf(bead([STEP]), bead([{ ...STEP, ...change }]))).toEqual([`runs.0.steps.0.${line}`]);
  });

  test('differ by a step too many and by one that is missing', () => {
    expect(differencesOf(bead([STEP]), bead([STEP, STEP]))).toEqual([
      expect.stringMatching(/^runs\.0\.steps\.1: expected nothing/),
    ]);
    expect(differencesOf(bead([STEP]), bead([]))).toEqual([
      expect.stringMatching(/^runs\.0\.steps\.0: .*found nothing$/),
    ]);
  });

  test('differ by what landed, and by a further attempt', () => {
    const [run] = bead([]).runs;
    if (run === undefined) throw new Error('the sample has no run');
    expect(
      differencesOf(bead([]), bead([], { landedTree: 't2', attempt: 2, runs: [run, { ...run, number: 2 }] })),
    ).toEqual([
      'attempt: expected 1, found 2',
      'landedTree: expected "t1", found "t2"',
      expect.stringMatching(/^runs\.1: expected nothing/),
    ]);
  });
});

test('how long something took is no difference, any other number is', () => {
  expect(withoutTimes('5 of 7 tried, 812 ms; duration_ms: 3.25; 12ms')).toBe('5 of 7 tried, * ms; duration_ms: *; *ms');
});
