// A host's hold on a run. The activity lives as long as the lease does. Invariant: once its heartbeats go unacknowledged
// for long enough that the bead may have asked another host, this host has stopped working for the run.
import { createHash, randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Context } from '@temporalio/activity';
import type { LeaseLine } from '../client/leases.ts';
import type { LeaseActivities } from '../domain/activities.ts';
import { hostControlQueue, hostQueue } from '../domain/task-queues.ts';
import type { HeldRuns } from '../host/held-runs.ts';

const DRAIN_GRACE_MS = 8_000;

export interface LeaseDependencies {
  readonly instance: string;
  readonly hostId: string;
  readonly runs: HeldRuns;
  readonly line: LeaseLine;
  /** Aborted when the host is to take nothing more and give back what it holds. */
  readonly draining: AbortSignal;
  /** Removes what the host keeps for the run. */
  cleanUp(runId: string): Promise<void>;
}

export const createLeaseActivities = ({ instance, hostId, runs, line, draining, cleanUp }: LeaseDependencies) =>
  ({
    async holdLease({ beadId, runId, projectId, fence, heartbeatTimeoutMs }) {
      const { taskToken } = Context.current().info;
      const interval = Math.min(1_000, heartbeatTimeoutMs / 5);
      const fenceAfter = (heartbeatTimeoutMs * 2) / 3;
      const token = randomBytes(32).toString('base64url');
      const { held, end } = runs.add({ beadId, runId, projectId, fence, token });
      try {
        const awaited = await line.announce(beadId, {
          fence,
          hostId,
          hostQueue: hostQueue(instance, hostId),
          controlQueue: hostControlQueue(instance, hostId),
          tokenHash: createHash('sha256').update(token).digest('hex'),
        });
        if (!awaited) return { drain: false };
        let acknowledged = Date.now();
        for (;;) {
          const answer = await line.heartbeat(taskToken, interval * 2);
          if (answer === 'ended') return { drain: false };
          if (answer === 'held') acknowledged = Date.now();
          else if (Date.now() - acknowledged > fenceAfter) return { drain: false };
          if (draining.aborted) {
            // An action that does not end soon is cut off; the next host repeats it.
            await Promise.race([held.idle(), delay(DRAIN_GRACE_MS)]);
            return { drain: true };
          }
          await delay(interval, undefined, { signal: draining }).catch(() => undefined);
        }
      } finally {
        await end();
        await cleanUp(runId);
      }
    },
  }) satisfies LeaseActivities;
