import { describe, expect, test } from '@jest/globals';
import {
  type CallOutcome,
  DEFAULT_RUN_LIMITS,
  RUN_EXITS,
  type RunState,
  countsAsAttempt,
  foldTurn,
  startRun,
} from './run.ts';

const limits = { ...DEFAULT_RUN_LIMITS, maxTurns: 5, maxIdleTurns: 3 };

const result = (step: number, over: Partial<CallOutcome> = {}): CallOutcome => ({
  step,
  status: 'ok',
  digest: `digest of ${step}`,
  checkpoint: null,
  ...over,
});

/** Folds turns of one call each; the digest tells whether they repeat. */
function fold(digests: readonly string[]): RunState {
  return digests.reduce(
    (state, digest) => foldTurn(state, state.lastStep + 1, [result(state.lastStep + 2, { digest })], limits),
    startRun(1),
  );
}

test('what the platform or a person ended does not count as an attempt of the agent', () => {
  expect(RUN_EXITS.filter((exit) => !countsAsAttempt(exit))).toEqual(['stopped', 'host_trouble', 'provider_down']);
});

describe('foldTurn', () => {
  test('numbers on from the last call of the turn, or from the answer where there was none', () => {
    expect(foldTurn(startRun(1), 2, [result(3), result(4)], limits).lastStep).toBe(4);
    expect(foldTurn(startRun(1), 2, [], limits).lastStep).toBe(2);
  });

  test('keeps the newest checkpoint, and the one before where nothing changed', () => {
    const changed = foldTurn(startRun(1), 2, [result(3, { checkpoint: 'c1' }), result(4)], limits);
    expect(changed.checkpoint).toBe('c1');
    expect(foldTurn(changed, 5, [result(6)], limits).checkpoint).toBe('c1');
  });

  test('ends as done with the summary that the agent gave', () => {
    const end = { kind: 'done', summary: 'fixed', confidence: 0.9 } as const;
    expect(foldTurn(startRun(1), 2, [result(3, { end })], limits)).toMatchObject({
      exit: 'done',
      summary: 'fixed',
      confidence: 0.9,
    });
  });

  test('ends as escalated when the agent asks for a person', () => {
    const end = { kind: 'escalate', summary: 'no idea' } as const;
    expect(foldTurn(startRun(1), 2, [result(3, { end })], limits)).toMatchObject({
      exit: 'escalated',
      confidence: null,
    });
  });

  test('ends a run that repeats the same action with the same result', () => {
    expect(fold(['a', 'a', 'a']).exit).toBeNull();
    expect(fold(['a', 'a', 'a', 'a'])).toMatchObject({ exit: 'no_progress', turns: 4 });
  });

  test('starts counting again when something new happens', () => {
    expect(fold(['a', 'a', 'b', 'b', 'b']).idleTurns).toBe(2);
  });

  test('ends a run that only talks', () => {
    let state = startRun(1);
    while (state.exit === null) state = foldTurn(state, state.lastStep + 1, [], limits);
    expect(state).toMatchObject({ exit: 'no_progress', turns: 3 });
  });

  test('ends a run at its limit of turns', () => {
    expect(fold(['a', 'b', 'c', 'd', 'e'])).toMatchObject({ exit: 'turn_limit', turns: 5 });
  });
});
