// One model turn. Idempotent per (run, step): an answer that was recorded is returned and never asked for again.
import { Context } from '@temporalio/activity';
import type { ThinkActivities, ThinkOutcome } from '../domain/activities.ts';
import { LoomError } from '../domain/errors.ts';
import type { AssistantStep, StepContent } from '../domain/step.ts';
import type { Provider } from '../llm/provider.ts';
import { getBead } from '../store/beads.ts';
import type { Database } from '../store/database.ts';
import { getRun, listRuns } from '../store/runs.ts';
import { appendStep, findStep, listSteps } from '../store/steps.ts';

const HEARTBEAT_EVERY_MS = 1_000;
const MAX_TRANSCRIPT_STEPS = 10_000;

export const createThinkActivities = ({
  database,
  providers,
}: {
  readonly database: Database;
  readonly providers: ReadonlyMap<string, Provider>;
}) =>
  ({
    async think({ beadId, runId, step, provider: name }) {
      const recorded = await findStep(database, runId, step);
      if (recorded !== undefined) return outcomeOf(recorded.content);
      const provider = providers.get(name);
      if (provider === undefined) {
        throw new LoomError(
          'NOT_FOUND',
          `There is no provider ${name} here`,
          `Use one of: ${[...providers.keys()].join(', ')}.`,
        );
      }
      const run = await getRun(database, runId);
      if (run.status === 'ended')
        throw new LoomError('RUN_CLOSED', `Run ${runId} has ended`, 'Nothing to do: a late turn is dropped.');
      const [bead, earlier] = await Promise.all([getBead(database, beadId), listRuns(database, beadId)]);
      const transcript = await listSteps(database, runId, 0, MAX_TRANSCRIPT_STEPS);

      const context = Context.current();
      context.heartbeat();
      const beat = setInterval(() => context.heartbeat(), HEARTBEAT_EVERY_MS);
      try {
        const answer = await provider.nextTurn({
          runId,
          refusedBefore: earlier.some(({ number, exit }) => number < run.number && exit === 'done'),
          transcript: transcript.filter((entry) => entry.step < step).map((entry) => entry.content),
          failingTests: bead.failingTests,
          signal: context.cancellationSignal,
        });
        const content: AssistantStep = {
          kind: 'assistant',
          text: answer.text,
          calls: answer.calls.map((call, index) => ({ ...call, id: `${step}.${index + 1}` })),
          provider: name,
          model: answer.model,
          usage: answer.usage,
        };
        const written = await database.transaction((tx) =>
          appendStep(tx, { projectId: bead.projectId, beadId, runId, step, content, checkpoint: null }),
        );
        return outcomeOf(written.content);
      } finally {
        clearInterval(beat);
      }
    },
  }) satisfies ThinkActivities;

function outcomeOf(content: StepContent): ThinkOutcome {
  if (content.kind !== 'assistant')
    throw new LoomError(
      'CONFLICT',
      `The step holds a ${content.kind}, not a model's answer`,
      'Look at the transcript: the run numbered a step twice.',
    );
  return {
    calls: content.calls.map((call) => ({ callId: call.id, action: call.action })),
    inputTokens: content.usage.inputTokens,
    outputTokens: content.usage.outputTokens,
  };
}
