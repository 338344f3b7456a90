// A host's hold on a run. The activity lives as long as the lease does. Invariant: once its heartbeats go unacknowledged
// for long enough that the bead may have asked another host, this host has stopped working for the run.
import { createHash, randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Context } from '@temporalio/activity';
import type { Heartbeats } from '../client/heartbeats.ts';
import type { LeaseAcquired, LeaseActivities } from '../domain/activities.ts';
import { hostControlQueue, hostQueue } from '../domain/task-queues.ts';
import type { HeldRuns } from '../host/held-runs.ts';

const DRAIN_GRACE_MS = 8_000;

export interface LeaseDependencies {
  readonly instance: string;
  readonly hostId: string;
  readonly runs: HeldRuns;
  readonly heartbeats: Heartbeats;
  /** Tells the bead who has its lease; false where it waits for no such lease (any more). */
  announce(beadId: string, lease: LeaseAcquired): Promise<boolean>;
  /** Aborted when the host is to take nothing more and give back what it holds. */
  readonly draining: AbortSignal;
  /** Removes what the host keeps for the run. */
  cleanUp(runId: string): Promise<void>;
}

export const createLeaseActivities = (deps: LeaseDependencies) => {
  const { instance, hostId, runs, heartbeats, draining } = deps;
  const drainRequested = new Promise<'drain'>((resolve) => {
    draining.addEventListener('abort', () => resolve('drain'), { once: true });
  });
  return {
    async holdLease({ beadId, runId, projectId, fence, heartbeatTimeoutMs }) {
      const token = randomBytes(32).toString('base64url');
      const { held, end } = runs.add({ beadId, runId, projectId, fence, token });
      const beat = heartbeats.hold(Context.current().info.taskToken, {
        intervalMs: Math.min(1_000, heartbeatTimeoutMs / 5),
        fenceAfterMs: (heartbeatTimeoutMs * 2) / 3,
      });
      try {
        const awaited = await deps.announce(beadId, {
          fence,
          hostId,
          hostQueue: hostQueue(instance, hostId),
          controlQueue: hostControlQueue(instance, hostId),
          tokenHash: createHash('sha256').update(token).digest('hex'),
        });
        if (!awaited) return { drain: false };
        if ((await Promise.race([beat.lost, drainRequested])) !== 'drain') return { drain: false };
        // An action that does not end soon is cut off; the next host repeats it.
        await Promise.race([held.idle(), delay(DRAIN_GRACE_MS)]);
        return { drain: true };
      } finally {
        beat.release();
        await end();
        await deps.cleanUp(runId);
      }
    },
  } satisfies LeaseActivities;
};
