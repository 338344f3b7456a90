// A bead's life: attempts under a lease, then the gate, then the landing. Invariant: nothing is closed that the gate has
// not passed on the very commit that landed.
import {
  ActivityFailure,
  ApplicationFailure,
  CancellationScope,
  condition,
  isCancellation,
  proxyLocalActivities,
  setHandler,
} from '@temporalio/workflow';
import type { BeadFacts, RecordActivities } from '../domain/activities.ts';
import { cancelRefusal, isTerminal } from '../domain/bead.ts';
import { countsAsAttempt } from '../domain/run.ts';
import { type BeadState, type BeadWorkflowInput, beadState, cancel } from './bead-messages.ts';
import { type BeadRecord, createBeadRecord } from './bead-record.ts';
import { createLanding } from './landing.ts';
import { createLeases } from './leased-run.ts';

const { loadBead } = proxyLocalActivities<RecordActivities>({
  startToCloseTimeout: '10 seconds',
  retry: { initialInterval: '200 milliseconds', maximumInterval: '30 seconds', nonRetryableErrorTypes: ['NOT_FOUND'] },
});

/** The platform's own trouble does not count against the agent, but it does not go on for ever either. */
const MAX_PLATFORM_FAILURES = 3;

export async function beadWorkflow(input: BeadWorkflowInput): Promise<BeadState> {
  let facts: BeadFacts | null = null;
  let record: BeadRecord | null = null;
  let cancelReason: string | null = null;
  const life = new CancellationScope();
  const loaded = () => record as BeadRecord;

  setHandler(beadState, () => record?.state ?? unloaded(input.beadId));
  setHandler(
    cancel,
    async ({ reason }) => {
      cancelReason = reason;
      life.cancel();
      await condition(() => record !== null && isTerminal(record.state.status));
      return loaded().state;
    },
    {
      validator: ({ reason }) => {
        if (reason.trim() === '') throw new Error('a cancel needs a reason');
        const refusal = record === null ? undefined : cancelRefusal(record.state.status);
        if (refusal !== undefined) throw new Error(refusal);
      },
    },
  );
  const leases = createLeases(input, () => facts as BeadFacts, loaded);

  facts = await loadBead({ beadId: input.beadId });
  record = createBeadRecord(facts);
  const { write } = record;
  const landing = createLanding(input, facts, record);
  try {
    await life.run(async () => {
      if (facts === null) return;
      if (!facts.hasChecks) {
        await write('escalated', {
          reason:
            'the project has no checks, so nothing could be verified; name them in .loom/project.yaml or with "loomctl project add --test"',
        });
        return;
      }
      let platformFailures = 0;
      for (let number = facts.attempt + 1; ; number++) {
        const baseCommit = await landing.branchHead();
        const { runId, fence, outcome } = await leases.run(number, baseCommit);
        const run = {
          runId,
          number,
          provider: facts.provider,
          baseCommit,
          status: 'ended' as const,
          exit: outcome.exit,
          turns: outcome.turns,
          lastStep: outcome.lastStep,
          ...(outcome.checkpoint === null ? {} : { checkpoint: outcome.checkpoint }),
        };
        const lease = { fence, runId, hostId: null, tokenHash: null };
        if (outcome.exit === 'done') {
          const result = await landing.land({ number, run, lease, checkpoint: outcome.checkpoint });
          if (result.landed) return;
          if (number - platformFailures >= facts.maxAttempts) {
            await write('escalated', {
              reason: `refused by the gate, attempt ${number} of ${facts.maxAttempts}: ${result.reason}`,
            });
            return;
          }
          await write('queued', { reason: `refused by the gate: ${result.reason}`, data: { refused: true } });
          continue;
        }
        const summary = outcome.summary ?? outcome.exit;
        if (!countsAsAttempt(outcome.exit)) platformFailures += 1;
        const worthAnother =
          outcome.exit === 'host_trouble'
            ? platformFailures < MAX_PLATFORM_FAILURES
            : (outcome.exit === 'no_progress' || outcome.exit === 'turn_limit') &&
              number - platformFailures < facts.maxAttempts;
        if (!worthAnother) {
          await write('escalated', {
            reason: outcome.exit === 'escalated' ? summary : `${outcome.exit}: ${summary}`,
            run,
            lease,
          });
          return;
        }
        await write('queued', { reason: `${outcome.exit}: ${summary}`, run, lease });
      }
    });
  } catch (error) {
    if (isCancellation(error) && cancelReason !== null) {
      const reason = cancelReason;
      await CancellationScope.nonCancellable(() => loaded().write('cancelled', { reason }));
    } else {
      const reason = failureText(error);
      if (reason === undefined) throw error;
      await write('escalated', { reason });
    }
  }
  return record.state;
}

const unloaded = (beadId: string): BeadState => ({
  beadId,
  status: 'open',
  version: 0,
  attempt: 0,
  reason: null,
  runId: null,
  hostId: null,
  landedCommit: null,
});

/** What an activity that has given up says of itself; undefined for anything that is not an activity's failure. */
function failureText(error: unknown): string | undefined {
  if (!(error instanceof ActivityFailure)) return undefined;
  const { cause } = error;
  return cause instanceof ApplicationFailure
    ? `${cause.type ?? 'failed'}: ${cause.message}`
    : (cause?.message ?? error.message);
}
