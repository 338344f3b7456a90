// Keeps one run under a lease: while the run lives, some host holds it. The lease is an activity of the bead's workflow,
// which therefore notices a dead host by its missing heartbeat and asks the fleet for the next one under a higher fence.
import {
  ActivityCancellationType,
  type ChildWorkflowHandle,
  type ExternalWorkflowHandle,
  CancellationScope,
  ChildWorkflowCancellationType,
  condition,
  getExternalWorkflowHandle,
  isCancellation,
  log,
  proxyActivities,
  setHandler,
  startChild,
} from '@temporalio/workflow';
import type { BeadFacts, LeaseAcquired, LeaseActivities } from '../domain/activities.ts';
import { backoffMs } from '../domain/backoff.ts';
import { runIdOf } from '../domain/ids.ts';
import { DEFAULT_RUN_LIMITS } from '../domain/run.ts';
import { fleetQueue } from '../domain/task-queues.ts';
import { agentRunWorkflow } from './agent-run-workflow.ts';
import { type BeadWorkflowInput, leaseAcquired } from './bead-messages.ts';
import type { BeadRecord } from './bead-record.ts';
import { type RunOutcome, leaseBroken, leaseGranted, leaseLost } from './run-messages.ts';

/** Dispatches of one run; reached only when host after host fails, and then more of them do not help. */
const MAX_DISPATCHES = 100;
const DISPATCH_BACKOFF = { baseMs: 250, capMs: 60_000 };

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

  return {
    async run(number, baseCommit) {
      const { beadId, projectId, provider, fleet, priority } = facts();
      fence = Math.max(fence, facts().fence);
      const runId = runIdOf(beadId, number);
      const runChange = { runId, number, provider, baseCommit };
      const { holdLease } = proxyActivities<LeaseActivities>({
        taskQueue: fleetQueue(input.instance, fleet),
        startToCloseTimeout: '24 hours',
        heartbeatTimeout: input.leaseHeartbeatTimeoutMs,
        retry: { maximumAttempts: 1 },
        cancellationType: ActivityCancellationType.TRY_CANCEL,
        priority: { priorityKey: priority + 1, fairnessKey: projectId },
        summary: `lease of ${runId}`,
      });

      let child: ChildWorkflowHandle<typeof agentRunWorkflow> | null = null;
      let outcome: RunOutcome | null = null;
      let childFailure: unknown;

      const startRun = async (lease: LeaseAcquired): Promise<void> => {
        child = await startChild(agentRunWorkflow, {
          workflowId: runId,
          workflowTaskTimeout: '5 seconds',
          args: [
            {
              beadId,
              runId,
              projectId,
              baseCommit,
              provider,
              instance: input.instance,
              lease: runLease(lease),
              heartbeatTimeoutMs: input.leaseHeartbeatTimeoutMs,
              limits: DEFAULT_RUN_LIMITS,
            },
          ],
          // Stopped through an external handle instead, which also reaches a run that has continued as new.
          cancellationType: ChildWorkflowCancellationType.ABANDON,
          staticSummary: facts().title.slice(0, 100),
        });
        child.result().then(
          (result) => (outcome = result),
          (error: unknown) => (childFailure = error),
        );
      };
      const ended = () => outcome !== null || childFailure !== undefined;

      /** The run may have ended a moment ago, with the news of it still under way. */
      const tell = async (what: (run: ExternalWorkflowHandle) => Promise<void>): Promise<void> => {
        try {
          await what(getExternalWorkflowHandle(runId));
        } catch (error) {
          if (isCancellation(error) || !(await condition(ended, '1 minute'))) throw error;
        }
      };

      try {
        let losses = 0;
        for (let dispatch = 0; dispatch < MAX_DISPATCHES && !ended(); dispatch++) {
          if (losses > 0 && (await condition(ended, backoffMs(losses, DISPATCH_BACKOFF)))) break;
          fence += 1;
          awaited = fence;
          acquired = null;
          await record().write('queued', {
            attempt: number,
            lease: { fence, runId, hostId: null, tokenHash: null },
            ...(dispatch === 0 ? {} : { reason: 'the host was lost; waiting for the next one' }),
            data: { run: runId, dispatch },
          });

          let held = true;
          let drain = false;
          const holding = new CancellationScope({ cancellable: true });
          const hold = holding
            .run(() => holdLease({ beadId, runId, projectId, fence }))
            .then(
              (end) => (drain = end.drain),
              (error: unknown) => log.info('lease ended', { fence, error: String(error) }),
            )
            .finally(() => (held = false));
          try {
            const granted = () => acquired !== null || !held || ended();
            if (!(await condition(granted, SAY_NO_HOST_AFTER_MS))) {
              await record().write('queued', {
                reason: `no host of fleet ${fleet} has a free slot; start one with "loomctl worker host --fleet ${fleet}"`,
              });
              await condition(granted);
            }
            const lease = acquired as LeaseAcquired | null;
            if (lease !== null && held && !ended()) {
              await record().write('running', {
                reason: null,
                run: { ...runChange, status: 'running' },
                lease: { fence, runId, hostId: lease.hostId, tokenHash: lease.tokenHash },
                data: { run: runId, host: lease.hostId },
              });
              if (child === null) await startRun(lease);
              else await tell((run) => run.signal(leaseGranted, runLease(lease)));
              await condition(() => !held || broken === fence || ended());
            }
            if (!ended() && child !== null) await tell((run) => run.signal(leaseLost, { fence }));
          } finally {
            awaited = null;
            holding.cancel();
          }
          await hold;
          if (!drain) losses += 1;
        }
      } finally {
        if (child !== null && !ended()) {
          await CancellationScope.nonCancellable(async () => {
            await tell((run) => run.cancel());
            await condition(ended, '30 seconds');
          });
        }
      }
      if (childFailure !== undefined) {
        return { runId, fence, outcome: failed(`the run's workflow failed: ${String(childFailure)}`) };
      }
      return {
        runId,
        fence,
        outcome: outcome ?? failed(`no host kept the run for long: ${MAX_DISPATCHES} dispatches`),
      };
    },
  };
}

const runLease = ({ fence, hostId, hostQueue, controlQueue }: LeaseAcquired) => ({
  fence,
  hostId,
  hostQueue,
  controlQueue,
});

const failed = (summary: string): RunOutcome => ({
  exit: 'host_trouble',
  summary,
  confidence: null,
  turns: 0,
  lastStep: 0,
  checkpoint: null,
});
