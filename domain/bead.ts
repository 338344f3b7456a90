// A bead's status changes only along TRANSITIONS. The workflow, the API's error texts and the tests read the same table.

export const BEAD_TYPES = ['task', 'bug', 'feature', 'epic', 'decision', 'chore'] as const;
export type BeadType = (typeof BEAD_TYPES)[number];

export const BEAD_STATUSES = [
  'open',
  'queued',
  'running',
  'waiting',
  'verifying',
  'landing',
  'closed',
  'cancelled',
  'escalated',
] as const;
export type BeadStatus = (typeof BEAD_STATUSES)[number];

/**
 * What may follow each status. `queued` after `running` is a lost host, `queued` after `verifying` a refused candidate;
 * `waiting` is a run that has given its host back, and asks for one again through `queued`.
 */
const TRANSITIONS: Readonly<Record<BeadStatus, readonly BeadStatus[]>> = {
  open: ['queued', 'escalated', 'cancelled'],
  queued: ['running', 'waiting', 'escalated', 'cancelled'],
  running: ['queued', 'waiting', 'verifying', 'escalated', 'cancelled'],
  waiting: ['queued', 'escalated', 'cancelled'],
  verifying: ['landing', 'queued', 'escalated', 'cancelled'],
  landing: ['verifying', 'queued', 'closed', 'escalated'],
  closed: [],
  cancelled: [],
  escalated: [],
};

export function canMove(from: BeadStatus, to: BeadStatus): boolean {
  return TRANSITIONS[from].includes(to);
}

/** A bead in one of these is at its end: its workflow has completed. */
export function isTerminal(status: BeadStatus): boolean {
  return TRANSITIONS[status].length === 0;
}

/** Why cancelling is refused, or undefined where it is allowed. */
export function cancelRefusal(status: BeadStatus): string | undefined {
  if (canMove(status, 'cancelled')) return undefined;
  return isTerminal(status) ? `the bead is already ${status}` : `a bead that is ${status} can no longer be cancelled`;
}

/** P0 is the most urgent. */
export const PRIORITIES = [0, 1, 2, 3, 4] as const;
export type Priority = (typeof PRIORITIES)[number];

/** Test that a bug report names: red now, green when the bug is gone. */
export interface FailingTest {
  /** Path from the repository's root, with forward slashes. */
  readonly file: string;
  /** Full name as the test runner prints it. */
  readonly name: string;
}
