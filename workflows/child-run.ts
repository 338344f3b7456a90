// The run as its bead's workflow sees it: a child that is started under the first lease, told of every further one, and stopped
// through an external handle, which also reaches it after it has continued as new.
import {
  CancellationScope,
  ChildWorkflowCancellationType,
  type ExternalWorkflowHandle,
  condition,
  getExternalWorkflowHandle,
  isCancellation,
  startChild,
} from '@temporalio/workflow';
import { agentRunWorkflow } from './agent-run-workflow.ts';
import { type AgentRunInput, type RunLease, type RunOutcome, leaseGranted, leaseLost } from './run-messages.ts';

export interface ChildRun {
  /** Null until it has ended. A workflow that failed is an outcome as well. */
  outcome(): RunOutcome | null;
  /** Starts it under its first lease; hands it every later one. */
  goOnUnder(lease: RunLease): Promise<void>;
  /** Its host is gone: what it waits for there will not come. */
  loseLease(fence: number): Promise<void>;
  /** Cancels it and waits for its end, for half a minute at most. */
  stop(): Promise<void>;
}

export function createChildRun(input: Omit<AgentRunInput, 'lease'>, title: string): ChildRun {
  const end: { outcome: RunOutcome | null } = { outcome: null };
  let started = false;
  const ended = () => end.outcome !== null;

  async function start(lease: RunLease): Promise<void> {
    const child = await startChild(agentRunWorkflow, {
      workflowId: input.runId,
      // How soon another orchestrator takes over from one that died in the middle of a decision.
      workflowTaskTimeout: '5 seconds',
      args: [{ ...input, lease }],
      cancellationType: ChildWorkflowCancellationType.ABANDON,
      staticSummary: title.slice(0, 100),
    });
    started = true;
    child.result().then(
      (outcome) => (end.outcome = outcome),
      (error: unknown) => {
        const why = error instanceof Error ? error.message : 'no reason given';
        end.outcome = failedRun(`the run's workflow failed: ${why}`);
      },
    );
  }

  /** The run may have ended a moment ago, with the news of it still under way. */
  async function tell(what: (run: ExternalWorkflowHandle) => Promise<void>): Promise<void> {
    if (!started || ended()) return;
    try {
      await what(getExternalWorkflowHandle(input.runId));
    } catch (error) {
      if (isCancellation(error) || !(await condition(ended, '1 minute'))) throw error;
    }
  }

  return {
    outcome: () => end.outcome,
    goOnUnder: (lease) => (started ? tell((run) => run.signal(leaseGranted, lease)) : start(lease)),
    loseLease: (fence) => tell((run) => run.signal(leaseLost, { fence })),
    stop: () =>
      CancellationScope.nonCancellable(async () => {
        await tell((run) => run.cancel());
        if (started) await condition(ended, '30 seconds');
      }),
  };
}

/** The outcome of a run that the platform could not carry through. */
export const failedRun = (summary: string): RunOutcome => ({
  exit: 'host_trouble',
  summary,
  confidence: null,
  turns: 0,
  lastStep: 0,
  checkpoint: null,
});
