// What a host does for the runs that it holds, under their leases.
import { Context } from '@temporalio/activity';
import type { HostActivities } from '../domain/activities.ts';
import { LoomError } from '../domain/errors.ts';
import { answerOf } from '../domain/turn.ts';
import type { HeldRun } from '../host/held-runs.ts';
import { lostDuring } from '../host/run-workspaces.ts';
import type { Provider } from '../llm/provider.ts';
import { type ActDependencies, executeCalls } from './execute-calls.ts';
import { createFusedTurn } from './fused-turn.ts';

/** Below a fifth of the shortest lease that can be configured. */
const HEARTBEAT_EVERY_MS = 500;

export interface HostDependencies extends ActDependencies {
  /** Those whose turns this host thinks itself, by name. */
  readonly providers: ReadonlyMap<string, Provider>;
}

export const createHostActivities = (deps: HostDependencies) => {
  const fusedTurn = createFusedTurn(deps);
  return {
    async prepareWorkspace({ runId, fence, baseCommit, checkpoint }) {
      const held = deps.runs.get(runId, fence);
      await underLease(held, async (signal) => {
        await deps.workspaces.at(held, baseCommit, checkpoint ?? baseCommit, signal);
      });
    },

    async act({ runId, fence, baseCommit, checkpoint, assistantStep, calls: references }) {
      const held = deps.runs.get(runId, fence);
      return underLease(held, async (signal) => {
        const steps = await deps.hub.stepsAfter(runId, assistantStep - 1, held.token);
        const recorded = new Map(steps.map((step) => [step.step, step]));
        const asked = recorded.get(assistantStep);
        const known = new Map((asked === undefined ? [] : answerOf(asked).calls).map((call) => [call.id, call]));
        const calls = references.map(({ step, callId }) => {
          const call = known.get(callId);
          if (call !== undefined) return { step, call };
          throw new LoomError(
            'NOT_FOUND',
            `Step ${assistantStep} of ${runId} has no call ${callId}`,
            'Look at the transcript.',
          );
        });
        const { outcomes } = await executeCalls(deps, held, { baseCommit, checkpoint, calls, recorded }, signal);
        return { results: outcomes };
      });
    },

    async turn(input) {
      const held = deps.runs.get(input.runId, input.fence);
      return underLease(held, (signal) => fusedTurn(held, input, signal));
    },
  } satisfies HostActivities;
};

/** Heartbeats while it works (its start counts as the first), and turns an abort by the lease's end into LEASE_LOST. */
async function underLease<Result>(held: HeldRun, work: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
  const context = Context.current();
  const beat = setInterval(() => context.heartbeat(), HEARTBEAT_EVERY_MS);
  try {
    return await held.during(work);
  } catch (error) {
    if (held.ended.aborted) throw lostDuring(held.runId, error);
    throw error;
  } finally {
    clearInterval(beat);
  }
}
