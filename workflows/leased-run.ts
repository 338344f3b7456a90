// Keeps one run under a lease: while the run lives, some host holds it. The lease is an activity of the bead's workflow,
// which therefore notices a dead host by its missing heartbeat and asks the fleet for the next one under a higher fence.
import {
  ActivityCancellationType,
  CancellationScope,
  condition,
  log,
  proxyActivities,
  setHandler,
} from '@temporalio/workflow';
import type { BeadFacts, LeaseAcquired, LeaseActivities } from '../domain/activities.ts';
import { backoffMs } from '../domain/backoff.ts';
import { runIdOf } from '../domain/ids.ts';
import { DEFAULT_RUN_LIMITS } from '../domain/run.ts';
import { fleetQueue } from '../domain/task-queues.ts';
import { type BeadWorkflowInput, leaseAcquired } from './bead-messages.ts';
import type { BeadRecord } from './bead-record.ts';
import { type ChildRun, createChildRun, failedRun } from './child-run.ts';
import { type RunOutcome, leaseBroken } from './run-messages.ts';

/** Dispatches of one run. Hosts that drain are no failures, so this is more than losses alone would allow. */
const MAX_DISPATCHES = 100;
const LOSS_BACKOFF = { baseMs: 250, capMs: 60_000 };

/** How long a bead waits for a host before its row says that it does. */
const SAY_NO_HOST_AFTER_MS = 15_000;

export interface LeasedRun {
  readonly runId: string;
  /** The last fence it was held under; writing the run's end without a host shuts that host out. */
  readonly fence: number;
  readonly outcome: RunOutcome;
}

export interface Leases {
  /** Runs attempt `number` to its end, over as many hosts as it takes. Cancelling the scope stops the run. */
  run(number: number, baseCommit: string): Promise<LeasedRun>;
}

/** Registers the messages of hosts and runs; call it before the first await of the bead's workflow. */
export function createLeases(input: BeadWorkflowInput, facts: () => BeadFacts, record: () => BeadRecord): Leases {
  let fence = 0;
  let awaited: number | null = null;
  let acquired: LeaseAcquired | null = null;
  let broken: number | null = null;

  setHandler(
    leaseAcquired,
    (answer) => {
      acquired = answer;
    },
    {
      validator: (answer) => {
        if (answer.fence !== awaited) throw new Error(`The lease with fence ${answer.fence} is not awaited`);
      },
    },
  );
  setHandler(leaseBroken, (report) => {
    broken = report.fence;
  });

  /** One lease from the asking to its end. Says whether the host gave it back in order. */
  async function holdOnce(run: ChildRun, number: number, baseCommit: string): Promise<{ readonly drained: boolean }> {
    const { beadId, projectId, provider, fleet, priority } = facts();
    const runId = runIdOf(beadId, number);
    const { holdLease } = proxyActivities<LeaseActivities>({
      taskQueue: fleetQueue(input.instance, fleet),
      startToCloseTimeout: '24 hours',
      heartbeatTimeout: input.leaseHeartbeatTimeoutMs,
      retry: { maximumAttempts: 1 },
      cancellationType: ActivityCancellationType.TRY_CANCEL,
      priority: { priorityKey: priority + 1, fairnessKey: projectId },
      summary: `lease of ${runId}`,
    });
    const holding = new CancellationScope();
    let held = true;
    let drained = false;
    const hold = holding
      .run(() => holdLease({ beadId, runId, projectId, fence, heartbeatTimeoutMs: input.leaseHeartbeatTimeoutMs }))
      .then(
        ({ drain }) => (drained = drain),
        (error: unknown) => log.info('lease ended', { fence, error: String(error) }),
      )
      .finally(() => (held = false));
    const over = () => !held || run.outcome() !== null;
    try {
      const answered = () => acquired !== null || over();
      if (!(await condition(answered, SAY_NO_HOST_AFTER_MS))) {
        await record().write('queued', {
          reason: `no host of fleet ${fleet} has a free slot; start one with "loomctl worker host --fleet ${fleet}"`,
        });
        await condition(answered);
      }
      if (acquired !== null && !over()) {
        const { hostId, hostQueue, controlQueue, tokenHash } = acquired;
        await record().write('running', {
          reason: null,
          run: { runId, number, provider, baseCommit, status: 'running' },
          lease: { fence, runId, hostId, tokenHash },
          data: { run: runId, host: hostId },
        });
        await run.goOnUnder({ fence, hostId, hostQueue, controlQueue });
        await condition(() => over() || broken === fence);
      }
      await run.loseLease(fence);
    } finally {
      awaited = null;
      holding.cancel();
    }
    await hold;
    return { drained };
  }

  return {
    async run(number, baseCommit) {
      const { beadId, projectId, provider, title, fence: lastFence } = facts();
      const runId = runIdOf(beadId, number);
      const run = createChildRun(
        {
          beadId,
          runId,
          projectId,
          baseCommit,
          provider,
          instance: input.instance,
          heartbeatTimeoutMs: input.leaseHeartbeatTimeoutMs,
          limits: DEFAULT_RUN_LIMITS,
        },
        title,
      );
      fence = Math.max(fence, lastFence);
      let losses = 0;
      try {
        for (let dispatch = 0; dispatch < MAX_DISPATCHES && run.outcome() === null; dispatch++) {
          if (losses > 0 && (await condition(() => run.outcome() !== null, backoffMs(losses, LOSS_BACKOFF)))) break;
          fence += 1;
          awaited = fence;
          acquired = null;
          await record().write('queued', {
            attempt: number,
            // No host yet: whoever held an older fence is shut out from here on.
            lease: { fence, runId, hostId: null, tokenHash: null },
            ...(dispatch === 0 ? {} : { reason: 'the host was lost; waiting for the next one' }),
            data: { run: runId, dispatch },
          });
          const { drained } = await holdOnce(run, number, baseCommit);
          if (!drained) losses += 1;
        }
      } finally {
        if (run.outcome() === null) await run.stop();
      }
      const outcome = run.outcome() ?? failedRun(`no host kept the run: it was given to one ${MAX_DISPATCHES} times`);
      return { runId, fence, outcome };
    },
  };
}
