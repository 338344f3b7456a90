// Think and act in one, on a host that serves the provider. Invariant: the answer is recorded before any of its calls is executed,
// so a host that takes over goes on with it and never asks for another.
import type { TurnInput, TurnOutcome } from '../domain/activities.ts';
import { LoomError } from '../domain/errors.ts';
import type { Step } from '../domain/step.ts';
import { answerOf, numberedCalls, thinkOutcome } from '../domain/turn.ts';
import type { HeldRun } from '../host/held-runs.ts';
import { type Provider, answerStep } from '../llm/provider.ts';
import { type ActDependencies, executeCalls } from './execute-calls.ts';
import { outageFailure } from './outage-failure.ts';

interface FusedTurnDependencies extends ActDependencies {
  readonly providers: ReadonlyMap<string, Provider>;
}

export function createFusedTurn(deps: FusedTurnDependencies) {
  /** The transcript as of the last turn, for as long as the lease lives: nobody else writes it meanwhile. */
  const transcripts = new WeakMap<HeldRun, readonly Step[]>();

  return async (held: HeldRun, input: TurnInput, signal: AbortSignal): Promise<TurnOutcome> => {
    const { runId, baseCommit, checkpoint, assistantStep } = input;
    const known = transcripts.get(held) ?? [];
    const last = known.at(-1)?.step ?? 0;
    const steps =
      last === assistantStep - 1 ? known : [...known, ...(await deps.hub.stepsAfter(runId, last, held.token))];
    const before = steps.filter(({ step }) => step < assistantStep);
    const recorded = new Map(steps.slice(before.length).map((step) => [step.step, step]));
    const asked = recorded.get(assistantStep) ?? (await ask(deps, held, input, before, signal));
    const answer = answerOf(asked);
    const calls = numberedCalls(assistantStep, answer.calls);
    const done = await executeCalls(deps, held, { baseCommit, checkpoint, calls, recorded }, signal);
    transcripts.set(held, [...before, asked, ...done.steps]);
    return { ...thinkOutcome(answer), results: done.outcomes };
  };
}

async function ask(
  { hub, workspaces, providers }: FusedTurnDependencies,
  held: HeldRun,
  { runId, baseCommit, checkpoint, assistantStep, provider: name }: TurnInput,
  transcript: readonly Step[],
  signal: AbortSignal,
): Promise<Step> {
  const provider = providers.get(name);
  if (provider === undefined)
    throw new LoomError('NOT_FOUND', `This host serves no provider ${name}`, 'Nothing to do: an llm worker is asked.');
  const { brief } = await workspaces.at(held, baseCommit, checkpoint ?? baseCommit, signal);
  const answer = await provider
    .nextTurn({
      runId,
      refusedBefore: brief.bead.refusedBefore,
      transcript: transcript.map(({ content }) => content),
      failingTests: brief.bead.failingTests,
      signal,
    })
    .catch((error: unknown) => {
      throw outageFailure(error) ?? error;
    });
  signal.throwIfAborted();
  return hub.appendStep(
    { runId, step: assistantStep, checkpoint: null },
    answerStep(name, assistantStep, answer),
    held.token,
  );
}
