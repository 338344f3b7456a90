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
  workflowInfo,
} from '@temporalio/workflow';
import type { BeadFacts, RecordActivities, RunChange, TakenOver } from '../domain/activities.ts';
import { cancelRefusal, isTerminal } from '../domain/bead.ts';
import type { RecordedRun } from '../domain/restart.ts';
import { countsAsAttempt, runLimits } from '../domain/run.ts';
import { type BeadState, type BeadWorkflowInput, beadState, cancel } from './bead-messages.ts';
import { type BeadRecord, createBeadRecord } from './bead-record.ts';
import { type Landing, createLanding } from './landing.ts';
import { type Leases, createLeases } from './leased-run.ts';

const { loadBead, takeOver } = proxyLocalActivities<RecordActivities>({
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

  const taken = input.restart === true ? await takeOverBead(input) : null;
  facts = taken === null ? await loadBead({ beadId: input.beadId }) : taken.facts;
  record = createBeadRecord(facts, taken?.execution);
  if (taken?.plan.kind === 'over') return record.state;
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
      await attempts(facts, loaded(), leases, landing, taken);
    });
  } catch (error) {
    const broken = leases.brokenOff() ?? {};
    if (isCancellation(error) && cancelReason !== null) {
      const reason = cancelReason;
      await CancellationScope.nonCancellable(() => loaded().write('cancelled', { reason, ...broken }));
    } else {
      const reason = failureText(error);
      if (reason === undefined) throw error;
      await write('escalated', { reason, ...broken });
    }
  }
  return record.state;
}

/** One attempt after the other, until something has landed or a person is asked. A restart goes on where the rows end. */
async function attempts(
  facts: BeadFacts,
  { write }: BeadRecord,
  leases: Leases,
  landing: Landing,
  taken: TakenOver | null,
): Promise<void> {
  const { provider, maxAttempts } = facts;
  const plan = taken?.plan ?? {
    kind: 'attempt',
    number: facts.attempt + 1,
    run: null,
    failures: 0,
    platformFailures: 0,
  };
  let { failures, platformFailures } = plan;

  /** Says whether the bead is at its end: landed, or refused for the last time. */
  async function landed(number: number, run: RunChange, fence: number): Promise<boolean> {
    const lease = { fence, runId: run.runId, hostId: null, tokenHash: null };
    const result = await landing.land({ number, run, lease, checkpoint: run.checkpoint ?? null });
    if (result.landed) return true;
    failures += 1;
    if (failures >= maxAttempts) {
      const reason = `refused by the gate, attempt ${failures} of ${maxAttempts}: ${result.reason}`;
      await write('escalated', { reason });
      return true;
    }
    await write('queued', { reason: `refused by the gate: ${result.reason}`, data: { refused: true } });
    return false;
  }

  let resumed = plan.run;
  for (let number = plan.number; ; number++, resumed = null) {
    if (resumed !== null && plan.kind === 'land') {
      if (await landed(number, endedRun(resumed), facts.fence)) return;
      continue;
    }
    const baseCommit = resumed?.baseCommit ?? (await landing.branchHead());
    const state = resumed === null ? undefined : (taken?.state ?? undefined);
    const { runId, fence, outcome } = await leases.run(number, baseCommit, state);
    const run = {
      runId,
      number,
      provider,
      baseCommit,
      status: 'ended' as const,
      exit: outcome.exit,
      turns: outcome.turns,
      lastStep: outcome.lastStep,
      ...(outcome.checkpoint === null ? {} : { checkpoint: outcome.checkpoint }),
    };
    if (outcome.exit === 'done') {
      if (await landed(number, run, fence)) return;
      continue;
    }
    const lease = { fence, runId, hostId: null, tokenHash: null };
    const summary = outcome.summary ?? outcome.exit;
    if (countsAsAttempt(outcome.exit)) failures += 1;
    else platformFailures += 1;
    const worthAnother =
      outcome.exit === 'host_trouble'
        ? platformFailures < MAX_PLATFORM_FAILURES
        : (outcome.exit === 'no_progress' || outcome.exit === 'turn_limit') && failures < maxAttempts;
    if (!worthAnother) {
      const reason = outcome.exit === 'escalated' ? summary : `${outcome.exit}: ${summary}`;
      await write('escalated', { reason, run, lease });
      return;
    }
    await write('queued', { reason: `${outcome.exit}: ${summary}`, run, lease });
  }
}

const takeOverBead = ({ beadId, maxTurns }: BeadWorkflowInput): Promise<TakenOver> =>
  takeOver({ beadId, execution: workflowInfo().runId, limits: runLimits(maxTurns) });

const endedRun = ({ id, number, provider, baseCommit, checkpoint }: RecordedRun): RunChange => ({
  runId: id,
  number,
  provider,
  baseCommit,
  status: 'ended',
  exit: 'done',
  ...(checkpoint === null ? {} : { checkpoint }),
});

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
