// An agent's actions on its host. Invariant: the recorded step is what counts. A call whose step is recorded is not executed
// again; one whose step is not is executed on the checkpoint before it, so each effect is in the workspace exactly once.
import { createHash } from 'node:crypto';
import { Context } from '@temporalio/activity';
import { type ActionResult, failed } from '../actions/action.ts';
import type { ActionRegistry } from '../actions/registry.ts';
import type { ActInput, CallReference, HostActivities } from '../domain/activities.ts';
import { LoomError } from '../domain/errors.ts';
import { checkpointRef } from '../domain/ids.ts';
import type { CallOutcome } from '../domain/run.ts';
import type { ActionCall, ResultStep, Step } from '../domain/step.ts';
import type { HeldRun, HeldRuns } from '../host/held-runs.ts';
import { type RunWorkspaces, lostDuring } from '../host/run-workspaces.ts';
import type { HubClient } from '../hub/client.ts';
import type { Sandbox } from '../sandbox/sandbox.ts';
import type { CommitDetails, Workspace } from '../workspace/workspace.ts';

/** History keeps the beginning of a summary; the whole is in the transcript. */
const MAX_SUMMARY = 1_000;

/** Below a fifth of the shortest lease that can be configured. */
const HEARTBEAT_EVERY_MS = 500;

export interface ActDependencies {
  readonly runs: HeldRuns;
  readonly workspaces: RunWorkspaces;
  readonly hub: HubClient;
  readonly sandbox: Sandbox;
  readonly actions: ActionRegistry;
}

export const createHostActivities = (deps: ActDependencies) =>
  ({
    async prepareWorkspace({ runId, fence, baseCommit, checkpoint }) {
      const held = deps.runs.get(runId, fence);
      await underLease(held, async (signal) => {
        await deps.workspaces.at(held, baseCommit, checkpoint ?? baseCommit, signal);
      });
    },

    async act(input) {
      const held = deps.runs.get(input.runId, input.fence);
      return underLease(held, async (signal) => ({
        results: await executeCalls(deps, held, input, signal),
      }));
    },
  }) satisfies HostActivities;

async function executeCalls(
  deps: ActDependencies,
  held: HeldRun,
  input: ActInput,
  signal: AbortSignal,
): Promise<CallOutcome[]> {
  const recorded = await deps.hub.stepsAfter(input.runId, input.assistantStep - 1, held.token);
  const asked = callsOf(recorded.find((step) => step.step === input.assistantStep));
  const outcomes: CallOutcome[] = [];
  let parent = input.checkpoint ?? input.baseCommit;
  let ended = false;
  for (const reference of input.calls) {
    const call = asked.get(reference.callId);
    if (call === undefined)
      throw new LoomError(
        'NOT_FOUND',
        `Step ${input.assistantStep} of ${input.runId} has no call ${reference.callId}`,
        'Look at the transcript.',
      );
    let step = recorded.find((entry) => entry.step === reference.step);
    if (step === undefined) {
      step = ended
        ? await record(deps, held, input, reference, null, skipped(call))
        : await executeCall(deps, held, input, reference, call, parent, signal);
    }
    const outcome = outcomeOf(step, call);
    ended ||= outcome.end !== undefined;
    parent = outcome.checkpoint ?? parent;
    outcomes.push(outcome);
  }
  return outcomes;
}

async function executeCall(
  deps: ActDependencies,
  held: HeldRun,
  input: ActInput,
  reference: CallReference,
  call: ActionCall,
  parent: string,
  signal: AbortSignal,
): Promise<Step> {
  const { workspaces, hub, sandbox, actions } = deps;
  const { workspace, brief } = await workspaces.at(held, input.baseCommit, parent, signal);
  const started = Date.now();
  // Until the step is recorded, nobody may take the workspace for being at any checkpoint.
  workspaces.moved(input.runId, null);
  const result = await actions.execute(call.action, call.arguments, {
    workspace,
    sandbox,
    project: brief.project,
    bead: brief.bead,
    signal,
    note: (message) => Context.current().heartbeat({ action: call.action, message }),
  });
  signal.throwIfAborted();
  const changes = actions.classOf(call.action) === 'change';
  const message = `${call.action}\n\nLoom-Run: ${input.runId}\nLoom-Step: ${reference.step}\n`;
  const kept = changes
    ? await checkpointOf(workspace, parent, { message, date: Math.floor(started / 1000) })
    : { checkpoint: null };
  if ('refusal' in kept) {
    // The workspace goes back to where it was; nothing of the action remains but what it says.
    await workspace.restore(parent);
    const step = await record(deps, held, input, reference, null, resultStep(call, kept.refusal, Date.now() - started));
    workspaces.moved(input.runId, step.checkpoint === null ? parent : null);
    return step;
  }
  const { checkpoint } = kept;
  if (checkpoint !== null) {
    await workspace.push(checkpoint, checkpointRef(input.runId, reference.step)).catch(async (error: unknown) => {
      // Git only knows that it was refused; the hub knows whether the lease is the reason.
      await hub.checkLease(held.token);
      throw error;
    });
  }
  const step = await record(deps, held, input, reference, checkpoint, resultStep(call, result, Date.now() - started));
  // An earlier holder may have recorded this step before it was shut out; then that is what happened.
  workspaces.moved(input.runId, step.checkpoint === checkpoint ? (checkpoint ?? (changes ? null : parent)) : null);
  return step;
}

/** A workspace that cannot be kept (files too large, names that git refuses) is the agent's to mend. */
async function checkpointOf(
  workspace: Workspace,
  parent: string,
  details: CommitDetails,
): Promise<{ readonly checkpoint: string | null } | { readonly refusal: ActionResult }> {
  try {
    return { checkpoint: await workspace.checkpoint(parent, details) };
  } catch (error) {
    if (!(error instanceof LoomError) || (error.code !== 'TOO_LARGE' && error.code !== 'BAD_INPUT')) throw error;
    const text = `The workspace could not be kept, so the action was undone: ${error.message} ${error.next}`;
    return { refusal: failed(error.code === 'TOO_LARGE' ? 'TOO_LARGE' : 'FAILED', text) };
  }
}

const record = (
  { hub }: ActDependencies,
  held: HeldRun,
  { runId }: ActInput,
  { step }: CallReference,
  checkpoint: string | null,
  content: ResultStep,
): Promise<Step> => hub.appendStep({ runId, step, checkpoint }, content, held.token);

const resultStep = (call: ActionCall, result: ActionResult, durationMs: number): ResultStep => ({
  kind: 'result',
  callId: call.id,
  action: call.action,
  status: result.status,
  ...(result.code === undefined ? {} : { code: result.code }),
  text: result.text,
  ...(result.data === undefined ? {} : { data: result.data }),
  durationMs,
  ...(result.end === undefined ? {} : { end: result.end }),
});

const skipped = (call: ActionCall): ResultStep => ({
  kind: 'result',
  callId: call.id,
  action: call.action,
  status: 'error',
  code: 'RUN_ENDED',
  text: 'Not executed: an action before it ended the run.',
  durationMs: 0,
});

function callsOf(step: Step | undefined): ReadonlyMap<string, ActionCall> {
  const calls = step?.content.kind === 'assistant' ? step.content.calls : [];
  return new Map(calls.map((call) => [call.id, call]));
}

function outcomeOf(step: Step, call: ActionCall): CallOutcome {
  const { content } = step;
  if (content.kind !== 'result')
    throw new LoomError(
      'CONFLICT',
      `Step ${step.step} of ${step.runId} holds a ${content.kind}, not a result`,
      'Look at the transcript: the run numbered a step twice.',
    );
  const seen = [call.action, JSON.stringify(call.arguments), content.status, content.text];
  return {
    step: step.step,
    status: content.status,
    ...(content.code === undefined ? {} : { code: content.code }),
    digest: createHash('sha256').update(seen.join('\0')).digest('base64url').slice(0, 16),
    checkpoint: step.checkpoint,
    ...(content.end === undefined
      ? {}
      : { end: { ...content.end, summary: content.end.summary.slice(0, MAX_SUMMARY) } }),
  };
}

/** Heartbeats while it works, and turns an abort by the lease's end into LEASE_LOST. */
async function underLease<Result>(held: HeldRun, work: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
  const context = Context.current();
  context.heartbeat();
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
