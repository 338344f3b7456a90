// How a host says to a bead that it has picked its lease up.
import { type Client, WorkflowNotFoundError, WorkflowUpdateFailedError } from '@temporalio/client';
import type { LeaseAcquired } from '../domain/activities.ts';
import { beadWorkflowId } from '../domain/ids.ts';
import { leaseAcquired } from '../workflows/bead-messages.ts';

const DEADLINE_MS = 10_000;

/** False where the bead waits for no such lease (any more). @throws when nobody answered. */
export async function announceLease(client: Client, beadId: string, lease: LeaseAcquired): Promise<boolean> {
  try {
    await client.withDeadline(Date.now() + DEADLINE_MS, () =>
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
}
