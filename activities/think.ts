// One model turn. Idempotent per (run, step): an answer that was recorded is returned and never asked for again.
import { Context } from '@temporalio/activity';
import type { ThinkActivities } from '../domain/activities.ts';
import { LoomError } from '../domain/errors.ts';
import { answerOf, thinkOutcome } from '../domain/turn.ts';
import { type Provider, answerStep } from '../llm/provider.ts';
import type { Database } from '../store/database.ts';
import { turnFacts } from '../store/runs.ts';
import { appendStep } from '../store/steps.ts';
import { outageFailure } from './outage-failure.ts';
import { keepTranscripts } from './transcripts.ts';

const HEARTBEAT_EVERY_MS = 1_000;

export const createThinkActivities = ({
  database,
  providers,
}: {
  readonly database: Database;
  readonly providers: ReadonlyMap<string, Provider>;
}) => {
  const transcripts = keepTranscripts(database);
  return {
    async think({ beadId, runId, step, provider: name }) {
      const [steps, facts] = await Promise.all([transcripts.of(runId), turnFacts(database, runId)]);
      const recorded = steps.find((entry) => entry.step === step);
      if (recorded !== undefined) return thinkOutcome(answerOf(recorded));
      const provider = providers.get(name);
      if (provider === undefined) {
        throw new LoomError(
          'NOT_FOUND',
          `There is no provider ${name} here`,
          `Use one of: ${[...providers.keys()].join(', ')}.`,
        );
      }
      if (facts.ended)
        throw new LoomError('RUN_CLOSED', `Run ${runId} has ended`, 'Nothing to do: a late turn is dropped.');

      const context = Context.current();
      // The start of an activity counts as its first heartbeat, and each one costs the server a transaction.
      const beat = setInterval(() => context.heartbeat(), HEARTBEAT_EVERY_MS);
      try {
        const answer = await provider
          .nextTurn({
            runId,
            refusedBefore: facts.refusedBefore,
            transcript: steps.filter((entry) => entry.step < step).map((entry) => entry.content),
            failingTests: facts.failingTests,
            signal: context.cancellationSignal,
          })
          .catch((error: unknown) => {
            throw outageFailure(error, context.info.attempt) ?? error;
          });
        const content = answerStep(name, step, answer);
        const { projectId } = facts;
        return thinkOutcome(
          answerOf(await appendStep(database, { projectId, beadId, runId, step, content, checkpoint: null })),
        );
      } finally {
        clearInterval(beat);
      }
    },
  } satisfies ThinkActivities;
};
