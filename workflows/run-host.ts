// The host as its run sees it: granted, lost, given back while the run waits, asked for again. Invariant: work that a host did not
// finish is repeated on the next one, and a run that waits for long keeps no host from others.
import {
  ActivityCancellationType,
  ActivityFailure,
  ApplicationFailure,
  CancellationScope,
  TimeoutFailure,
  condition,
  getExternalWorkflowHandle,
  isCancellation,
  log,
  proxyActivities,
  setHandler,
} from '@temporalio/workflow';
import type { HostActivities } from '../domain/activities.ts';
import { beadWorkflowId } from '../domain/ids.ts';
import {
  type AgentRunInput,
  type RunLease,
  hostGivenBack,
  hostWanted,
  leaseBroken,
  leaseGranted,
  leaseLost,
} from './run-messages.ts';

/** Hosts may be lost so often during one piece of work; then the trouble is not the hosts'. */
const MAX_HOST_CHANGES = 20;

const GIVE_BACK_AFTER_MS = 30_000;

export interface RunHost {
  /** Null while the run has none. */
  lease(): RunLease | null;
  /** True where the run waits without a host; it goes on by asking for one. */
  isGivenBack(): boolean;
  /** Whether the host that the run has, or had last, thinks the turns of this provider itself. */
  thinks(provider: string): boolean;
  /** Runs `work` under the lease; when the host is lost, waits for the next one and runs it again there. */
  during<Result>(summary: string, work: (host: HostActivities, lease: RunLease) => Promise<Result>): Promise<Result>;
  /** How long the run keeps a host that it has no use for. */
  readonly patienceMs: number;
  /** Lets others have the host until the run needs one again. `reason` says what the run waits for, and who can help. */
  giveBack(reason: string): Promise<void>;
  /**
   * Waits until `over`, or for `atMostMs` where that is known. The host is given back as soon as the wait is long, or is known to
   * become so; `waitedMs` have been waited for the same thing before.
   */
  giveBackWhile(
    reason: string,
    over: () => boolean,
    known?: { readonly waitedMs?: number; readonly atMostMs?: number },
  ): Promise<void>;
}

/** Registers the messages of the bead's workflow; call it before the first await of the run. */
export function createRunHost(input: AgentRunInput): RunHost {
  const giveBackAfterMs = input.giveBackAfterMs ?? GIVE_BACK_AFTER_MS;
  const bead = getExternalWorkflowHandle(beadWorkflowId(input.beadId));
  let lease = input.lease;
  let last = input.lease;
  let givenBack = input.soFar?.hostGivenBack ?? false;
  let working: CancellationScope | null = null;

  setHandler(leaseGranted, (granted) => {
    lease = granted;
    last = granted;
  });
  setHandler(leaseLost, ({ fence }) => {
    if (lease?.fence !== fence) return;
    lease = null;
    working?.cancel();
  });

  async function granted(): Promise<RunLease> {
    if (givenBack) {
      await bead.signal(hostWanted);
      givenBack = false;
    }
    await condition(() => lease !== null);
    return lease as RunLease;
  }

  async function giveBack(reason: string): Promise<void> {
    if (givenBack) return;
    const fence = lease?.fence ?? null;
    lease = null;
    givenBack = true;
    await bead.signal(hostGivenBack, { fence, reason });
  }

  return {
    patienceMs: giveBackAfterMs,
    lease: () => lease,
    isGivenBack: () => givenBack,
    thinks: (provider) => last?.providers?.includes(provider) === true,
    giveBack,
    async giveBackWhile(reason, over, { waitedMs = 0, atMostMs } = {}) {
      const patienceMs = Math.max(1, giveBackAfterMs - waitedMs);
      if (atMostMs === undefined) {
        if (await condition(over, patienceMs)) return;
        await giveBack(reason);
        await condition(over);
        return;
      }
      if (atMostMs > patienceMs) await giveBack(reason);
      await condition(over, atMostMs);
    },
    async during(summary, work) {
      for (let changes = 0; changes < MAX_HOST_CHANGES; changes++) {
        const held = await granted();
        const scope = new CancellationScope();
        working = scope;
        try {
          return await scope.run(() =>
            work(proxyActivities<HostActivities>(activityOptions(held, summary, input.heartbeatTimeoutMs)), held),
          );
        } catch (error) {
          if (CancellationScope.current().consideredCancelled || !isHostLoss(error)) throw error;
          log.info('host lost during an action', { hostId: held.hostId, fence: held.fence });
          if (lease?.fence === held.fence) {
            lease = null;
            await bead.signal(leaseBroken, {
              fence: held.fence,
              reason: String(error instanceof Error ? error.message : error),
            });
          }
        } finally {
          working = null;
        }
      }
      throw ApplicationFailure.nonRetryable(`The run changed hosts ${MAX_HOST_CHANGES} times`, 'HOST_TROUBLE');
    },
  };
}

/** One attempt at a host: whether to repeat on the next one is decided here, by what is recorded. */
const activityOptions = (held: RunLease, summary: string, heartbeatTimeoutMs: number) => ({
  taskQueue: held.hostQueue,
  scheduleToStartTimeout: '10 seconds' as const,
  startToCloseTimeout: '2 hours' as const,
  heartbeatTimeout: heartbeatTimeoutMs,
  retry: { maximumAttempts: 1 },
  cancellationType: ActivityCancellationType.TRY_CANCEL,
  summary,
});

/** The host died, froze, was fenced off, or its lease was cancelled from under the action. */
function isHostLoss(error: unknown): boolean {
  if (isCancellation(error)) return true;
  if (!(error instanceof ActivityFailure)) return false;
  const { cause } = error;
  return cause instanceof TimeoutFailure || (cause instanceof ApplicationFailure && cause.type === 'LEASE_LOST');
}
