// One agent's attempt. Invariant: every step is numbered here and recorded once, whatever dies in between.
import {
  ActivityFailure,
  ApplicationFailure,
  CancellationScope,
  allHandlersFinished,
  condition,
  continueAsNew,
  createEventGroup,
  isCancellation,
  log,
  proxyActivities,
  proxyLocalActivities,
  setCurrentDetails,
  workflowInfo,
} from '@temporalio/workflow';
import type {
  ActOutcome,
  HostControlActivities,
  RecordActivities,
  ThinkActivities,
  ThinkOutcome,
} from '../domain/activities.ts';
import { type RunState, foldTurn, startRun } from '../domain/run.ts';
import { llmQueue } from '../domain/task-queues.ts';
import { PROVIDER_DOWN, outlastOutage } from './provider-outage.ts';
import { createRunHost } from './run-host.ts';
import type { AgentRunInput, RunLease, RunOutcome } from './run-messages.ts';

const { recordBrief } = proxyLocalActivities<RecordActivities>({
  startToCloseTimeout: '10 seconds',
  retry: { maximumAttempts: 10 },
});

export async function agentRunWorkflow(input: AgentRunInput): Promise<RunOutcome> {
  const { provider } = input;
  const host = createRunHost(input);
  let state: RunState = input.soFar?.state ?? startRun(0);

  // A model's answer costs money and is recorded under its step, so a retry finds it: it may be retried freely.
  const { think } = proxyActivities<ThinkActivities>({
    taskQueue: llmQueue(input.instance, provider),
    startToCloseTimeout: '10 minutes',
    heartbeatTimeout: input.heartbeatTimeoutMs,
    retry: { initialInterval: '1 second', maximumInterval: '30 seconds', maximumAttempts: 20 },
  });

  const place = () => ({
    beadId: input.beadId,
    runId: input.runId,
    projectId: input.projectId,
    baseCommit: input.baseCommit,
    checkpoint: state.checkpoint,
  });

  const describe = (now: string) =>
    setCurrentDetails(
      `**${input.runId}** on ${host.lease()?.hostId ?? 'no host'} - turn ${state.turns + 1}, step ${state.lastStep}: ${now}`,
    );

  /** Where the host serves the provider as well, one activity does it all; a host that does not, answers with null. */
  async function fusedTurn(assistantStep: number): Promise<ActOutcome | null> {
    if (!host.thinks(provider)) return null;
    describe('thinking and acting');
    return outlastOutage(provider, host, () =>
      host.during(`turn ${state.turns + 1}`, async ({ turn }, { fence, providers }) =>
        providers?.includes(provider) === true ? turn({ ...place(), fence, assistantStep, provider }) : null,
      ),
    );
  }

  async function thinkThenAct(assistantStep: number): Promise<ActOutcome> {
    describe('thinking');
    const summary = `turn ${state.turns + 1}`;
    const answer: ThinkOutcome = await outlastOutage(provider, host, (scheduleToStartTimeout) =>
      think.executeWithOptions({ summary, scheduleToStartTimeout }, [
        { beadId: input.beadId, runId: input.runId, step: assistantStep, provider },
      ]),
    );
    const calls = answer.calls.map((call, index) => ({ ...call, step: assistantStep + 1 + index }));
    const names = calls.map((call) => call.action).join(', ');
    describe(names);
    return calls.length === 0
      ? { results: [] }
      : host.during(names, ({ act }, { fence }) => act({ ...place(), fence, assistantStep, calls }));
  }

  async function turn(): Promise<RunState> {
    const assistantStep = state.lastStep + 1;
    const { results } = (await fusedTurn(assistantStep)) ?? (await thinkThenAct(assistantStep));
    return foldTurn(state, assistantStep, results, input.limits);
  }

  /** Everything that is known goes along; a message that comes meanwhile makes Temporal repeat the decision with it. */
  async function continueWhereLong(): Promise<void> {
    const { continueAfterEvents } = input;
    const { historyLength, continueAsNewSuggested } = workflowInfo();
    if (continueAfterEvents === undefined) return;
    if (!continueAsNewSuggested && historyLength <= continueAfterEvents) return;
    await condition(allHandlersFinished);
    if (CancellationScope.current().consideredCancelled) return;
    await continueAsNew<typeof agentRunWorkflow>({
      ...input,
      lease: host.lease(),
      soFar: { state, hostGivenBack: host.isGivenBack() },
    });
  }

  try {
    if (state.lastStep === 0) {
      await recordBrief({ runId: input.runId, step: 1, beadId: input.beadId });
      state = startRun(1);
    }
    if (state.turns === 0) {
      describe('preparing the workspace');
      await host.during('clone and set up', ({ prepareWorkspace }, { fence }) =>
        prepareWorkspace({ ...place(), fence }),
      );
    }
    while (state.exit === null) {
      await continueWhereLong();
      // Events of one turn are folded together in the Web UI.
      state = await createEventGroup(`turn ${state.turns + 1}`).withScope(turn);
    }
    describe(state.exit);
    return outcome(state);
  } catch (error) {
    if (isCancellation(error)) {
      await CancellationScope.nonCancellable(() => interrupt(host.lease(), input));
      return outcome({ ...state, exit: 'stopped', summary: 'stopped on request' });
    }
    const failure = applicationFailure(error);
    const summary = failure?.message ?? String(error);
    if (failure?.type === 'SETUP_FAILED') return outcome({ ...state, exit: 'setup_failed', summary });
    if (failure?.type === PROVIDER_DOWN) return outcome({ ...state, exit: 'provider_down', summary });
    if (error instanceof ActivityFailure || failure !== undefined) {
      return outcome({ ...state, exit: 'host_trouble', summary });
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

function applicationFailure(error: unknown): ApplicationFailure | undefined {
  if (error instanceof ApplicationFailure) return error;
  return error instanceof ActivityFailure && error.cause instanceof ApplicationFailure ? error.cause : undefined;
}
