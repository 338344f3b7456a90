// One agent's attempt, folded from recorded outcomes. Pure, so that a restart arrives at the same decision.
import type { RunEnd } from './step.ts';

/** What a call came to: references, never contents. */
export interface CallOutcome {
  readonly step: number;
  readonly status: 'ok' | 'error';
  readonly code?: string;
  /** Same action with the same arguments and the same result gives the same digest: stuck detection compares them. */
  readonly digest: string;
  readonly checkpoint: string | null;
  readonly end?: RunEnd;
}

/** How a run ended. Only `done` goes on to the gate. */
export const RUN_EXITS = [
  'done',
  'escalated',
  'stopped',
  'no_progress',
  'turn_limit',
  'setup_failed',
  'host_trouble',
  'provider_down',
] as const;
export type RunExit = (typeof RUN_EXITS)[number];

/** An agent's own failure counts against the bead's attempts; trouble of the platform does not. */
export function countsAsAttempt(exit: RunExit): boolean {
  return exit !== 'stopped' && exit !== 'host_trouble' && exit !== 'provider_down';
}

export interface RunLimits {
  readonly maxTurns: number;
  /** Turns without a call, or with the same calls and results, before the run ends. */
  readonly maxIdleTurns: number;
}

export const DEFAULT_RUN_LIMITS: RunLimits = { maxTurns: 60, maxIdleTurns: 4 };

/** @param maxTurns undefined for a run from before it could be set. */
export const runLimits = (maxTurns: number | undefined): RunLimits =>
  maxTurns === undefined ? DEFAULT_RUN_LIMITS : { ...DEFAULT_RUN_LIMITS, maxTurns };

export interface RunState {
  readonly turns: number;
  /** Number of the last recorded step; 0 before the first. */
  readonly lastStep: number;
  readonly checkpoint: string | null;
  /** Consecutive turns that brought nothing new. */
  readonly idleTurns: number;
  readonly lastDigest: string | null;
  readonly exit: RunExit | null;
  readonly summary: string | null;
  readonly confidence: number | null;
}

export const startRun = (lastStep: number): RunState => ({
  turns: 0,
  lastStep,
  checkpoint: null,
  idleTurns: 0,
  lastDigest: null,
  exit: null,
  summary: null,
  confidence: null,
});

/** Folds one turn: the assistant step and the outcomes of its calls, in order. */
export function foldTurn(
  state: RunState,
  assistantStep: number,
  outcomes: readonly CallOutcome[],
  limits: RunLimits,
): RunState {
  const digest = outcomes.map((outcome) => outcome.digest).join(' ');
  const idle = outcomes.length === 0 || digest === state.lastDigest;
  const idleTurns = idle ? state.idleTurns + 1 : 0;
  const turns = state.turns + 1;
  const checkpoint = outcomes.reduce<string | null>((last, outcome) => outcome.checkpoint ?? last, state.checkpoint);
  const lastStep = outcomes.at(-1)?.step ?? assistantStep;
  const end = outcomes.find((outcome) => outcome.end !== undefined)?.end;
  const next = { turns, lastStep, checkpoint, idleTurns, lastDigest: digest };
  if (end !== undefined) {
    return {
      ...next,
      exit: end.kind === 'done' ? 'done' : 'escalated',
      summary: end.summary,
      confidence: end.confidence ?? null,
    };
  }
  if (idleTurns >= limits.maxIdleTurns) {
    const what = outcomes.length === 0 ? 'no action' : 'the same action with the same result';
    return { ...next, exit: 'no_progress', summary: `${idleTurns} turns in a row brought ${what}`, confidence: null };
  }
  if (turns >= limits.maxTurns) {
    return {
      ...next,
      exit: 'turn_limit',
      summary: `the limit of ${limits.maxTurns} turns is reached`,
      confidence: null,
    };
  }
  return { ...next, exit: null, summary: null, confidence: null };
}
