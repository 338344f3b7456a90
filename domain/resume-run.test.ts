import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type RecordedStep, callOutcome } from './call-outcome.ts';
import { resumeRun } from './resume-run.ts';
import { type RunState, foldTurn, startRun } from './run.ts';
import type { ActionCall, ResultStep } from './step.ts';

const limits = { maxTurns: 12, maxIdleTurns: 3 };
const hash = (text: string): string => createHash('sha256').update(text).digest('base64url').slice(0, 16);

/** One call of a turn and what became of it. */
interface Played {
  readonly action: string;
  readonly text: string;
  readonly changed: boolean;
  readonly end: 'done' | 'escalate' | null;
}

const anyCall: fc.Arbitrary<Played> = fc.record({
  action: fc.constantFrom('read_file', 'edit_file'),
  text: fc.constantFrom('same', 'other'),
  changed: fc.boolean(),
  end: fc.oneof(
    { weight: 8, arbitrary: fc.constant(null) },
    { weight: 1, arbitrary: fc.constantFrom('done', 'escalate') },
  ),
});
const anyTurns = fc.array(fc.array(anyCall, { maxLength: 3 }), { maxLength: 15 });

interface Live {
  readonly steps: readonly RecordedStep[];
  /** The state after each number of steps, and whether a turn was under way then. */
  readonly states: readonly { readonly state: RunState; readonly unfinished: number | null }[];
}

/** Plays turns as the run's workflow does: numbered, recorded, folded after each turn. */
function play(turns: readonly (readonly Played[])[]): Live {
  const steps: RecordedStep[] = [];
  const states: { state: RunState; unfinished: number | null }[] = [{ state: startRun(0), unfinished: null }];
  const add = (content: RecordedStep['content'], checkpoint: string | null = null): RecordedStep => {
    const recorded = { runId: 'run-bd-1', step: steps.length + 1, content, checkpoint };
    steps.push(recorded);
    return recorded;
  };
  add({ kind: 'message', from: 'loom', text: 'the brief' });
  let state = startRun(1);
  states.push({ state, unfinished: null });
  for (const turn of turns) {
    if (state.exit !== null) break;
    const assistantStep = steps.length + 1;
    const calls: ActionCall[] = turn.map(({ action }, index) => ({
      id: `${assistantStep}.${index + 1}`,
      action,
      arguments: { path: 'a' },
    }));
    add({ kind: 'assistant', text: '', calls, provider: 'p', model: 'm', usage: { inputTokens: 0, outputTokens: 0 } });
    const outcomes = turn.map((played, index) => {
      states.push({ state, unfinished: assistantStep });
      const call = calls[index] as ActionCall;
      const result: ResultStep = {
        kind: 'result',
        callId: call.id,
        action: call.action,
        status: 'ok',
        text: played.text,
        durationMs: index,
        ...(played.end === null ? {} : { end: { kind: played.end, summary: 'x'.repeat(2_000) } }),
      };
      return callOutcome(add(result, played.changed ? `commit-${steps.length}` : null), call, hash);
    });
    state = foldTurn(state, assistantStep, outcomes, limits);
    states.push({ state, unfinished: null });
  }
  return { steps, states };
}

describe('resumeRun', () => {
  test('arrives at the state of the live run, wherever the transcript was cut off', () => {
    fc.assert(
      fc.property(anyTurns, (turns) => {
        const { steps, states } = play(turns);
        expect(states).toHaveLength(steps.length + 1);
        for (const [length, expected] of states.entries()) {
          expect(resumeRun(steps.slice(0, length), limits, hash)).toEqual(expected);
        }
      }),
    );
  });

  test('waits for every result of a turn, in whichever order they were recorded', () => {
    const call = (text: string): Played => ({ action: 'read_file', text, changed: false, end: null });
    const { steps, states } = play([[call('a'), call('b')]]);
    const [brief, answer, first, second] = steps as [RecordedStep, RecordedStep, RecordedStep, RecordedStep];
    expect(resumeRun([brief, answer, second], limits, hash)).toMatchObject({ state: { lastStep: 1 }, unfinished: 2 });
    expect(resumeRun([brief, answer, second, first], limits, hash)).toEqual(states.at(-1));
  });

  test('takes over an end that was recorded and never told', () => {
    const { steps } = play([[{ action: 'edit_file', text: '', changed: true, end: 'done' }]]);
    expect(resumeRun(steps, limits, hash).state).toMatchObject({ exit: 'done', checkpoint: 'commit-2' });
  });

  test('refuses a transcript in which a result answers another call than its turn asked for', () => {
    const { steps } = play([[{ action: 'read_file', text: '', changed: false, end: null }]]);
    const result = steps[2] as RecordedStep & { content: ResultStep };
    const call = { id: '9.1', action: 'read_file', arguments: {} };
    expect(() => callOutcome(result, call, hash)).toThrow(/answers call 2\.1, not 9\.1/);
  });
});
