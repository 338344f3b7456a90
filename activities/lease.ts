// A host's hold on a run. The activity lives as long as the lease does. Invariant: once its heartbeats go unacknowledged
// for long enough that the bead may have asked another host, this host has stopped working for the run.
import { createHash, randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Context } from '@temporalio/activity';
import type { Heartbeats } from '../client/heartbeats.ts';
import type { LeaseAcquired, LeaseActivities } from '../domain/activities.ts';
import { hostControlQueue, hostQueue } from '../domain/task-queues.ts';
import type { HeldRun, HeldRuns } from '../host/held-runs.ts';

export interface LeaseDependencies {
  readonly instance: string;
  readonly hostId: string;
  readonly runs: HeldRuns;
  readonly heartbeats: Heartbeats;
  /** Providers whose turns this host thinks itself. */
  readonly providers: readonly string[];
  /** Tells the bead who has its lease; false where it waits for no such lease (any more). */
  announce(beadId: string, lease: LeaseAcquired): Promise<boolean>;
  /** Aborted when the host is to take nothing more and give back what it holds. */
  readonly draining: AbortSignal;
  /** So long an action in flight may go on then, so that it is not executed twice; a longer one is cut off and repeated. */
  readonly drainGraceMs: number;
  /** Removes what the host keeps for the run. */
  cleanUp(held: HeldRun): Promise<void>;
}

export const createLeaseActivities = (deps: LeaseDependencies) => {
  const { instance, hostId, runs, heartbeats, draining } = deps;
  const drainRequested = new Promise<'drain'>((resolve) => {
    draining.addEventListener('abort', () => resolve('drain'), { once: true });
  });
  return {
    async holdLease({ beadId, runId, projectId, fence, heartbeatTimeoutMs }) {
      // Handed out in the moment in which the queue was left.
      if (draining.aborted) return { drain: true };
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
          providers: deps.providers,
        });
        if (!awaited) return { drain: false };
        if ((await Promise.race([beat.lost, drainRequested])) !== 'drain') return { drain: false };
        // An action that does not end soon is cut off; the next host repeats it.
        await Promise.race([held.idle(), delay(deps.drainGraceMs)]);
        return { drain: true };
      } finally {
        beat.release();
        await end();
        await deps.cleanUp(held);
      }
    },
  } satisfies LeaseActivities;
};
