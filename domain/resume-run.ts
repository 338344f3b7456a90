// Where a run stands, from its transcript alone. Invariant: it agrees with the state that the run's workflow folded live, up to
// the last turn whose results are all recorded; a turn in the middle is repeated, and finds what it has recorded already.
import { type Hash, type RecordedStep, callOutcome } from './call-outcome.ts';
import { type RunLimits, type RunState, foldTurn, startRun } from './run.ts';
import type { ActionCall } from './step.ts';

export interface ResumedRun {
  readonly state: RunState;
  /** The answer whose calls have not all been recorded; its number is the next one of the state. Null between two turns. */
  readonly unfinished: number | null;
}

interface OpenTurn {
  readonly step: number;
  readonly calls: readonly ActionCall[];
  /** Results by their call, because calls that run together may be recorded in any order. */
  readonly results: Map<string, RecordedStep>;
}

/** @param steps the whole transcript, in order. @throws CONFLICT when it is not one that a run could have written. */
export function resumeRun(steps: Iterable<RecordedStep>, limits: RunLimits, hash: Hash): ResumedRun {
  let state = startRun(0);
  let turn: OpenTurn | null = null;
  for (const recorded of steps) {
    const { step, content } = recorded;
    switch (content.kind) {
      case 'message':
        state = { ...state, lastStep: step };
        break;
      case 'assistant':
        turn = { step, calls: content.calls, results: new Map() };
        break;
      case 'result':
        turn?.results.set(content.callId, recorded);
        break;
      default:
        return content satisfies never;
    }
    if (turn === null || turn.results.size < turn.calls.length) continue;
    const outcomes = turn.calls.flatMap((call) => {
      const result = turn?.results.get(call.id);
      return result === undefined ? [] : [callOutcome(result, call, hash)];
    });
    if (outcomes.length < turn.calls.length) continue;
    state = foldTurn(state, turn.step, outcomes, limits);
    turn = null;
  }
  return { state, unfinished: turn?.step ?? null };
}
