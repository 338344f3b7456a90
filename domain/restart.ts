// Where a bead goes on when only its rows are left. Invariant: what is recorded is not done again. A run that had not ended goes
// on, a change that was on its way to the branch goes on from there, and only otherwise is there a next attempt.
import type { BeadStatus } from './bead.ts';
import { type RunExit, countsAsAttempt } from './run.ts';

/** A run as its row has it. */
export interface RecordedRun {
  readonly id: string;
  readonly number: number;
  readonly status: 'running' | 'ended';
  readonly exit: RunExit | null;
  readonly provider: string;
  readonly baseCommit: string;
  readonly checkpoint: string | null;
}

export interface RestartPlan {
  /** `run`: go on with the run of this number; `land`: verify and land what it left; `attempt`: begin the next one. */
  readonly kind: 'run' | 'land' | 'attempt' | 'over';
  readonly number: number;
  /** The run that goes on; null for a new attempt. */
  readonly run: RecordedRun | null;
  /** Attempts that have failed already, the agent's own and those that were the platform's fault. */
  readonly failures: number;
  readonly platformFailures: number;
}

/** Why a restart is refused, or undefined where it is allowed. */
export function restartRefusal(status: BeadStatus): string | undefined {
  return status === 'closed' || status === 'cancelled' ? `the bead is ${status}` : undefined;
}

/**
 * @param runs of the bead, in order.
 * @param attemptBase attempts up to this one belong to an earlier life: a person has restarted the bead after its escalation,
 * and attempts count anew.
 */
export function planRestart(status: BeadStatus, attemptBase: number, runs: readonly RecordedRun[]): RestartPlan {
  const newest = runs.at(-1);
  const ended = runs.filter((run) => run.number > attemptBase && run.status === 'ended');
  const failed = (own: boolean, among: readonly RecordedRun[]) =>
    among.filter(({ exit }) => exit !== null && countsAsAttempt(exit) === own).length;
  const plan = (kind: RestartPlan['kind'], number: number, run: RecordedRun | null): RestartPlan => {
    const before = ended.filter((each) => each.number < number);
    return { kind, number, run, failures: failed(true, before), platformFailures: failed(false, before) };
  };
  if (restartRefusal(status) !== undefined) return plan('over', newest?.number ?? 0, null);
  if (newest === undefined) return plan('attempt', 1, null);
  if (newest.status === 'running') return plan('run', newest.number, newest);
  const onItsWay = status === 'verifying' || status === 'landing';
  if (onItsWay && newest.exit === 'done') return plan('land', newest.number, newest);
  return plan('attempt', newest.number + 1, null);
}
