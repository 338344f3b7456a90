// A host's side of the lease, over Temporal: announcing itself to the bead and heartbeats that are acknowledged.
import {
  ActivityCancelledError,
  ActivityNotFoundError,
  type Client,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
} from '@temporalio/client';
import type { LeaseAcquired } from '../domain/activities.ts';
import { beadWorkflowId } from '../domain/ids.ts';
import { leaseAcquired } from '../workflows/bead-messages.ts';

/** `ended`: the lease is cancelled or gone. `unreachable`: nobody answered, which says nothing about the lease. */
export type HeartbeatAnswer = 'held' | 'ended' | 'unreachable';

export interface LeaseLine {
  /** Tells the bead which host picked its lease up. False where the bead waits for no such lease (any more). */
  announce(beadId: string, lease: LeaseAcquired): Promise<boolean>;
  heartbeat(taskToken: Uint8Array, deadlineMs: number): Promise<HeartbeatAnswer>;
}

const ANNOUNCE_DEADLINE_MS = 10_000;

export function createLeaseLine(client: Client): LeaseLine {
  return {
    async announce(beadId, lease) {
      try {
        await client.withDeadline(Date.now() + ANNOUNCE_DEADLINE_MS, () =>
          client.workflow
            .getHandle(beadWorkflowId(beadId))
            // The fence is new for every lease, so the id never meets another lease's answer.
            .executeUpdate(leaseAcquired, { args: [lease], updateId: `lease-${lease.fence}-${lease.hostId}` }),
        );
        return true;
      } catch (error) {
        if (error instanceof WorkflowUpdateFailedError || error instanceof WorkflowNotFoundError) return false;
        throw error;
      }
    },

    async heartbeat(taskToken, deadlineMs) {
      try {
        await client.withDeadline(Date.now() + deadlineMs, () => client.activity.heartbeat(taskToken));
        return 'held';
      } catch (error) {
        return error instanceof ActivityNotFoundError || error instanceof ActivityCancelledError
          ? 'ended'
          : 'unreachable';
      }
    },
  };
}
