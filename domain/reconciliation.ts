// What the reconciler mends. Healthy is no repair at all, so each kind is a fault of its own that somebody may look for;
// removing rows that have served their time is housekeeping, and counted apart.

export const REPAIR_KINDS = [
  /** Filed, and its workflow never started. */
  'unstarted_bead',
  /** Not at its end, and without a workflow: terminated by hand, or gone with Temporal's data. Started again from its row. */
  'orphaned_bead',
  /** Held in the name of a bead that is at its end, or of a host that has been gone for long. */
  'stale_lease',
  /** Still running in the name of a bead that is at its end, or of an attempt that another has followed. */
  'stale_run',
  /** Events waited for a number, and the relay did not move. It was woken. */
  'lost_wake_up',
] as const;
export type RepairKind = (typeof REPAIR_KINDS)[number];

/** Repairs by kind; what is absent is 0. */
export type Repairs = Readonly<Partial<Record<RepairKind, number>>>;

export const repairsIn = (repairs: Repairs): number => Object.values(repairs).reduce((sum, count) => sum + count, 0);

/** A bead without a workflow is started again so often at most, before a person has to look; after a day it is tried anew. */
export const MAX_RESTARTS = 5;

/** How long the reconciler leaves a bead alone after its n-th restart, in seconds: 2, 4, 8 ... minutes. */
export const restartPauseSeconds = (restarts: number): number => (restarts === 0 ? 0 : 60 * 2 ** restarts);
