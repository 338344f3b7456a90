// The protocol of `beadWorkflow`: what may be said to a bead from outside.
import { defineQuery, defineUpdate } from '@temporalio/workflow';
import type { LeaseAcquired } from '../domain/activities.ts';
import type { BeadStatus } from '../domain/bead.ts';

/** Workflow type `beadWorkflow`, workflow id `bead-<id>`. */
export interface BeadWorkflowInput {
  readonly beadId: string;
  readonly instance: string;
  readonly leaseHeartbeatTimeoutMs: number;
  /** Absent in executions from before it could be set; so are the next two. */
  readonly maxTurns?: number;
  /** Events of history after which a run continues as new. */
  readonly continueAfterEvents?: number;
  /** How long a run keeps a host that it has no use for. */
  readonly giveBackAfterMs?: number;
  /** The execution takes the bead over from its row, whatever has become of the one before. */
  readonly restart?: boolean;
}

export interface BeadState {
  readonly beadId: string;
  readonly status: BeadStatus;
  readonly version: number;
  readonly attempt: number;
  readonly reason: string | null;
  readonly runId: string | null;
  readonly hostId: string | null;
  readonly landedCommit: string | null;
}

/** Ends the bead as `cancelled`; its run is stopped and its lease ends. Rejected where the status does not allow it. */
export const cancel = defineUpdate<BeadState, [{ readonly reason: string }]>('cancel');

/** A host says that it picked the lease up. Rejected for any fence but the one that the bead is waiting for. */
export const leaseAcquired = defineUpdate<void, [LeaseAcquired]>('leaseAcquired');

export const beadState = defineQuery<BeadState>('beadState');
