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
import type { BeadFacts, LeaseAcquired, LeaseActivities, LeaseChange, RunChange } from '../domain/activities.ts';
import { backoffMs } from '../domain/backoff.ts';
import { runIdOf } from '../domain/ids.ts';
import { type RunState, runLimits } from '../domain/run.ts';
import { fleetQueue } from '../domain/task-queues.ts';
import { type BeadWorkflowInput, leaseAcquired } from './bead-messages.ts';
import type { BeadRecord } from './bead-record.ts';
import { type ChildRun, createChildRun, failedRun } from './child-run.ts';
import { type RunOutcome, hostGivenBack, hostWanted, leaseBroken } from './run-messages.ts';

/** Hosts that a run loses. Those that drain are no failures, so this is more than losses alone would allow. */
const MAX_CHANGES = 100;
/** Times that a run is given a host, those counted that it gives back by itself. */
const MAX_DISPATCHES = 1_000;
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
  /**
   * Runs attempt `number` to its end, over as many hosts as it takes. Cancelling the scope stops the run.
   * @param state where its transcript ends, when it is restarted.
   */
  run(number: number, baseCommit: string, state?: RunState): Promise<LeasedRun>;
  /** How a run that was broken off is recorded; null where there is none. */
  brokenOff(): { readonly run: RunChange; readonly lease: LeaseChange } | null;
}

/** How a run has lost its host, with the fence that it was held under. */
interface Over {
  readonly fence: number;
  readonly how: 'lost' | 'drained' | 'given-back';
}

/** Why a bead asks the fleet again. */
const REQUEUED: Readonly<Record<Over['how'], string>> = {
  lost: 'the host was lost; waiting for the next one',
  drained: 'the host drains; waiting for the next one',
  'given-back': 'what the run waited for is there; waiting for a host',
};

/** Registers the messages of hosts and runs; call it before the first await of the bead's workflow. */
export function createLeases(input: BeadWorkflowInput, facts: () => BeadFacts, record: () => BeadRecord): Leases {
  let fence = 0;
  let awaited: number | null = null;
  let acquired: LeaseAcquired | null = null;
  let over: Over | null = null;
  /** What the run waits for without a host; null while it needs one. */
  let waitsFor: string | null = null;
  let begun: (Pick<RunChange, 'runId' | 'number' | 'provider' | 'baseCommit'> & { readonly run: ChildRun }) | null =
    null;

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
    over = { fence: report.fence, how: 'lost' };
  });
  setHandler(hostGivenBack, (report) => {
    waitsFor = report.reason;
    if (report.fence !== null) over = { fence: report.fence, how: 'given-back' };
  });
  setHandler(hostWanted, () => {
    waitsFor = null;
  });

  /** One lease from the asking to its end, and how it ended. */
  async function holdOnce(run: ChildRun, number: number, baseCommit: string): Promise<Over['how']> {
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
    const ended = () => !held || run.outcome() !== null || waitsFor !== null;
    try {
      const answered = () => acquired !== null || ended();
      if (!(await condition(answered, SAY_NO_HOST_AFTER_MS))) {
        await record().write('queued', {
          reason: `no host of fleet ${fleet} has a free slot; start one with "loomctl worker host --fleet ${fleet}"`,
        });
        await condition(answered);
      }
      if (acquired !== null && !ended()) {
        const { hostId, hostQueue, controlQueue, tokenHash, providers } = acquired;
        begun = { runId, number, provider, baseCommit, run };
        await record().write('running', {
          reason: null,
          run: { runId, number, provider, baseCommit, status: 'running' },
          lease: { fence, runId, hostId, tokenHash },
          data: { run: runId, host: hostId },
        });
        await run.goOnUnder({
          fence,
          hostId,
          hostQueue,
          controlQueue,
          ...(providers === undefined ? {} : { providers }),
        });
        await condition(() => ended() || over?.fence === fence);
      }
      await run.loseLease(fence);
    } finally {
      awaited = null;
      holding.cancel();
    }
    await hold;
    if (drained) return 'drained';
    return waitsFor !== null ? 'given-back' : over?.fence === fence ? over.how : 'lost';
  }

  /** The run has no use for a host: the bead says why, until the run wants one again or ends. */
  async function waitWithoutHost(run: ChildRun, runId: string): Promise<void> {
    while (waitsFor !== null && run.outcome() === null) {
      const reason: string = waitsFor;
      await record().write('waiting', {
        reason,
        lease: { fence, runId, hostId: null, tokenHash: null },
        data: { run: runId },
      });
      await condition(() => waitsFor !== reason || run.outcome() !== null);
    }
  }

  return {
    brokenOff() {
      if (begun === null) return null;
      const { run, ...change } = begun;
      const { turns, lastStep, checkpoint } = run.outcome() ?? failedRun('');
      return {
        run: {
          ...change,
          status: 'ended',
          exit: 'stopped',
          ...(lastStep === 0 ? {} : { turns, lastStep }),
          ...(checkpoint === null ? {} : { checkpoint }),
        },
        lease: { fence, runId: change.runId, hostId: null, tokenHash: null },
      };
    },
    async run(number, baseCommit, state) {
      const { beadId, projectId, provider, title, fence: lastFence } = facts();
      const { maxTurns, continueAfterEvents, giveBackAfterMs } = input;
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
          limits: runLimits(maxTurns),
          ...(continueAfterEvents === undefined ? {} : { continueAfterEvents }),
          ...(giveBackAfterMs === undefined ? {} : { giveBackAfterMs }),
          ...(state === undefined ? {} : { soFar: { state, hostGivenBack: false } }),
        },
        title,
      );
      fence = Math.max(fence, lastFence);
      waitsFor = null;
      let losses = 0;
      let changes = 0;
      let before: Over['how'] | null = null;
      if (state !== undefined) begun = { runId, number, provider, baseCommit, run };
      try {
        for (let dispatch = 0; dispatch < MAX_DISPATCHES && run.outcome() === null; dispatch++) {
          if (losses > 0 && (await condition(() => run.outcome() !== null, backoffMs(losses, LOSS_BACKOFF)))) break;
          await waitWithoutHost(run, runId);
          if (run.outcome() !== null) break;
          fence += 1;
          awaited = fence;
          acquired = null;
          await record().write('queued', {
            attempt: number,
            // No host yet: whoever held an older fence is shut out from here on.
            lease: { fence, runId, hostId: null, tokenHash: null },
            ...(before === null ? {} : { reason: REQUEUED[before] }),
            data: { run: runId, dispatch },
          });
          before = await holdOnce(run, number, baseCommit);
          if (before === 'lost') losses += 1;
          if (before !== 'given-back' && ++changes >= MAX_CHANGES) break;
        }
      } finally {
        if (run.outcome() === null) await run.stop();
      }
      const outcome = run.outcome() ?? failedRun(`no host kept the run: ${changes} had it and lost it or drained`);
      begun = null;
      return { runId, fence, outcome };
    },
  };
}
