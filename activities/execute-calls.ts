// The calls of one turn on their host. Invariant: the recorded step is what counts. A call whose step is recorded is not executed
// again; one whose step is not is executed on the checkpoint before it, so each effect is in the workspace exactly once.
import { Context } from '@temporalio/activity';
import { type ActionResult, failed } from '../actions/action.ts';
import type { ActionRegistry } from '../actions/registry.ts';
import { callOutcome } from '../domain/call-outcome.ts';
import { LoomError } from '../domain/errors.ts';
import { checkpointRef } from '../domain/ids.ts';
import type { CallOutcome } from '../domain/run.ts';
import type { ActionCall, ResultStep, Step } from '../domain/step.ts';
import type { HeldRun, HeldRuns } from '../host/held-runs.ts';
import type { RunWorkspaces } from '../host/run-workspaces.ts';
import type { HubClient } from '../hub/client.ts';
import type { Sandbox } from '../sandbox/sandbox.ts';
import type { CommitDetails, Workspace } from '../workspace/workspace.ts';
import { shortHash } from './short-hash.ts';

export interface ActDependencies {
  readonly runs: HeldRuns;
  readonly workspaces: RunWorkspaces;
  readonly hub: HubClient;
  readonly sandbox: Sandbox;
  readonly actions: ActionRegistry;
}

export interface CallsOfTurn {
  readonly baseCommit: string;
  /** Where the workspace has to stand before the first call; null is the base commit. */
  readonly checkpoint: string | null;
  /** In order, each with the number of its result. */
  readonly calls: readonly { readonly step: number; readonly call: ActionCall }[];
  /** Results that stand in the transcript already, by number. */
  readonly recorded: ReadonlyMap<number, Step>;
}

/** Executes what is not recorded, in order. Returns the steps as they stand in the transcript, with what they came to. */
export async function executeCalls(
  deps: ActDependencies,
  held: HeldRun,
  turn: CallsOfTurn,
  signal: AbortSignal,
): Promise<{ readonly steps: readonly Step[]; readonly outcomes: readonly CallOutcome[] }> {
  const steps: Step[] = [];
  const outcomes: CallOutcome[] = [];
  let parent = turn.checkpoint ?? turn.baseCommit;
  let ended = false;
  for (const { step: number, call } of turn.calls) {
    const step =
      turn.recorded.get(number) ??
      (ended
        ? await record(deps, held, number, null, skipped(call))
        : await executeCall(deps, held, { base: turn.baseCommit, parent, number, call }, signal));
    const outcome = callOutcome(step, call, shortHash);
    ended ||= outcome.end !== undefined;
    parent = outcome.checkpoint ?? parent;
    steps.push(step);
    outcomes.push(outcome);
  }
  return { steps, outcomes };
}

async function executeCall(
  deps: ActDependencies,
  held: HeldRun,
  at: { readonly base: string; readonly parent: string; readonly number: number; readonly call: ActionCall },
  signal: AbortSignal,
): Promise<Step> {
  const { workspaces, hub, sandbox, actions } = deps;
  const { runId } = held;
  const { parent, number, call } = at;
  const { workspace, brief } = await workspaces.at(held, at.base, parent, signal);
  const started = Date.now();
  // Until the step is recorded, nobody may take the workspace for being at any checkpoint.
  workspaces.moved(held, null);
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
  const message = `${call.action}\n\nLoom-Run: ${runId}\nLoom-Step: ${number}\n`;
  const kept = changes
    ? await checkpointOf(workspace, parent, { message, date: Math.floor(started / 1000) })
    : { checkpoint: null };
  if ('refusal' in kept) {
    // The workspace goes back to where it was; nothing of the action remains but what it says.
    await workspace.restore(parent);
    const step = await record(deps, held, number, null, resultStep(call, kept.refusal, Date.now() - started));
    workspaces.moved(held, step.checkpoint === null ? parent : null);
    return step;
  }
  const { checkpoint } = kept;
  if (checkpoint !== null) {
    await workspace.push(checkpoint, checkpointRef(runId, number)).catch(async (error: unknown) => {
      // Git only knows that it was refused; the hub knows whether the lease is the reason.
      await hub.checkLease(held.token);
      throw error;
    });
  }
  const step = await record(deps, held, number, checkpoint, resultStep(call, result, Date.now() - started));
  // An earlier holder may have recorded this step before it was shut out; then that is what happened.
  workspaces.moved(held, step.checkpoint === checkpoint ? (checkpoint ?? (changes ? null : parent)) : null);
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
  { runId, token }: HeldRun,
  step: number,
  checkpoint: string | null,
  content: ResultStep,
): Promise<Step> => hub.appendStep({ runId, step, checkpoint }, content, token);

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
