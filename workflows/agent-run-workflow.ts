// One agent's attempt. Invariant: every step is numbered here and recorded once, whatever dies in between.
import {
  ActivityCancellationType,
  ApplicationFailure,
  CancellationScope,
  TimeoutFailure,
  ActivityFailure,
  condition,
  createEventGroup,
  getExternalWorkflowHandle,
  isCancellation,
  log,
  proxyActivities,
  proxyLocalActivities,
  setCurrentDetails,
  setHandler,
} from '@temporalio/workflow';
import type {
  ActOutcome,
  HostActivities,
  HostControlActivities,
  RecordActivities,
  ThinkActivities,
} from '../domain/activities.ts';
import { beadWorkflowId } from '../domain/ids.ts';
import { type RunState, foldTurn, startRun } from '../domain/run.ts';
import { llmQueue } from '../domain/task-queues.ts';
import {
  type AgentRunInput,
  type RunLease,
  type RunOutcome,
  leaseBroken,
  leaseGranted,
  leaseLost,
} from './run-messages.ts';

/** A run changes hosts at most so often; then the trouble is not the hosts'. */
const MAX_HOST_CHANGES = 20;

const { recordBrief } = proxyLocalActivities<RecordActivities>({
  startToCloseTimeout: '10 seconds',
  retry: { maximumAttempts: 10 },
});

export async function agentRunWorkflow(input: AgentRunInput): Promise<RunOutcome> {
  let lease: RunLease | null = input.lease;
  let onHostScope: CancellationScope | null = null;
  let state: RunState = startRun(0);

  setHandler(leaseGranted, (granted) => {
    lease = granted;
  });
  setHandler(leaseLost, ({ fence }) => {
    if (lease?.fence !== fence) return;
    lease = null;
    onHostScope?.cancel();
  });

  // A model's answer costs money and is recorded under its step, so a retry finds it: it may be retried freely.
  const { think } = proxyActivities<ThinkActivities>({
    taskQueue: llmQueue(input.instance, input.provider),
    startToCloseTimeout: '10 minutes',
    heartbeatTimeout: input.heartbeatTimeoutMs,
    retry: { initialInterval: '1 second', maximumInterval: '30 seconds', maximumAttempts: 20 },
  });

  /** One attempt at a host: whether to repeat on the next one is decided here, by what is recorded. */
  const hostOptions = (held: RunLease, summary: string) => ({
    taskQueue: held.hostQueue,
    scheduleToStartTimeout: '10 seconds' as const,
    startToCloseTimeout: '2 hours' as const,
    heartbeatTimeout: input.heartbeatTimeoutMs,
    retry: { maximumAttempts: 1 },
    cancellationType: ActivityCancellationType.TRY_CANCEL,
    summary,
  });

  /** Runs `work` under the lease; when the host is lost, waits for the next one and runs it again there. */
  async function onHost<Result>(
    summary: string,
    work: (host: HostActivities, fence: number) => Promise<Result>,
  ): Promise<Result> {
    for (let changes = 0; changes < MAX_HOST_CHANGES; changes++) {
      await condition(() => lease !== null);
      const held = lease as RunLease;
      const scope = new CancellationScope();
      onHostScope = scope;
      try {
        return await scope.run(() => work(proxyActivities<HostActivities>(hostOptions(held, summary)), held.fence));
      } catch (error) {
        if (CancellationScope.current().consideredCancelled) throw error;
        if (!isHostLoss(error)) throw error;
        log.info('host lost during an action', { hostId: held.hostId, fence: held.fence });
        if (lease?.fence === held.fence) {
          lease = null;
          await getExternalWorkflowHandle(beadWorkflowId(input.beadId)).signal(leaseBroken, {
            fence: held.fence,
            reason: String(error instanceof Error ? error.message : error),
          });
        }
      } finally {
        onHostScope = null;
      }
    }
    throw ApplicationFailure.nonRetryable(`The run changed hosts ${MAX_HOST_CHANGES} times`, 'HOST_TROUBLE');
  }

  const place = () => ({
    beadId: input.beadId,
    runId: input.runId,
    projectId: input.projectId,
    baseCommit: input.baseCommit,
    checkpoint: state.checkpoint,
  });

  const describe = (now: string) =>
    setCurrentDetails(
      `**${input.runId}** on ${lease?.hostId ?? 'no host'} - turn ${state.turns + 1}, step ${state.lastStep}: ${now}`,
    );

  async function turn(): Promise<RunState> {
    const assistantStep = state.lastStep + 1;
    describe('thinking');
    const answer = await think.executeWithOptions({ summary: `turn ${state.turns + 1}` }, [
      { beadId: input.beadId, runId: input.runId, step: assistantStep, provider: input.provider },
    ]);
    const calls = answer.calls.map((call, index) => ({ ...call, step: assistantStep + 1 + index }));
    const names = calls.map((call) => call.action).join(', ');
    describe(names);
    const { results }: ActOutcome =
      calls.length === 0
        ? { results: [] }
        : await onHost(names, (host, fence) => host.act({ ...place(), fence, assistantStep, calls }));
    return foldTurn(state, assistantStep, results, input.limits);
  }

  try {
    await recordBrief({ runId: input.runId, step: 1, beadId: input.beadId });
    state = startRun(1);
    describe('preparing the workspace');
    await onHost('clone and set up', (host, fence) => host.prepareWorkspace({ ...place(), fence }));
    while (state.exit === null) {
      // Events of one turn are folded together in the Web UI.
      state = await createEventGroup(`turn ${state.turns + 1}`).withScope(turn);
    }
    describe(state.exit);
    return outcome(state);
  } catch (error) {
    if (isCancellation(error)) {
      await CancellationScope.nonCancellable(() => interrupt(lease, input));
      return outcome({ ...state, exit: 'stopped', summary: 'stopped on request' });
    }
    const failure = applicationFailure(error);
    if (failure?.type === 'SETUP_FAILED') return outcome({ ...state, exit: 'setup_failed', summary: failure.message });
    if (error instanceof ActivityFailure || failure !== undefined) {
      return outcome({ ...state, exit: 'host_trouble', summary: failure?.message ?? String(error) });
    }
    throw error;
  }
}

/** Kills what the run executes. Its host may be gone: the heartbeat then has killed it already. */
async function interrupt(lease: RunLease | null, { runId }: AgentRunInput): Promise<void> {
  if (lease === null) return;
  const control = proxyActivities<HostControlActivities>({
    taskQueue: lease.controlQueue,
    scheduleToCloseTimeout: '10 seconds',
    retry: { maximumAttempts: 3 },
    summary: 'stop',
  });
  try {
    await control.interrupt({ runId });
  } catch (error) {
    if (!(error instanceof ActivityFailure)) throw error;
    log.warn('the host did not answer the stop', { hostId: lease.hostId });
  }
}

const outcome = (state: RunState): RunOutcome => ({
  exit: state.exit ?? 'host_trouble',
  summary: state.summary,
  confidence: state.confidence,
  turns: state.turns,
  lastStep: state.lastStep,
  checkpoint: state.checkpoint,
});

/** The host died, froze, was fenced off, or its lease was cancelled from under the action. */
function isHostLoss(error: unknown): boolean {
  if (isCancellation(error)) return true;
  if (!(error instanceof ActivityFailure)) return false;
  return error.cause instanceof TimeoutFailure || applicationFailure(error)?.type === 'LEASE_LOST';
}

function applicationFailure(error: unknown): ApplicationFailure | undefined {
  if (error instanceof ApplicationFailure) return error;
  return error instanceof ActivityFailure && error.cause instanceof ApplicationFailure ? error.cause : undefined;
}
