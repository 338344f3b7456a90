// From a candidate to a moved branch. Invariant: the commit that the branch is moved to is the commit that the gate passed,
// judged against the very head that it replaces.
import { proxyActivities, workflowInfo } from '@temporalio/workflow';
import type { BeadFacts, GateActivities, HubActivities, LeaseChange, RunChange } from '../domain/activities.ts';
import { type GateVerdict, explain, refuse } from '../domain/gate.ts';
import { fleetQueue, hubQueue } from '../domain/task-queues.ts';
import type { BeadWorkflowInput } from './bead-messages.ts';
import type { BeadRecord } from './bead-record.ts';

/** The branch may move under us so often before a person should look. */
const MAX_RACES = 10;

export interface Landing {
  /** The commit at which the next attempt starts. */
  branchHead(): Promise<string>;
  /** Verifies and lands what a run left. Writes the bead's rows on the way; refused means that the gate said no. */
  land(candidate: {
    readonly number: number;
    readonly run: RunChange;
    readonly lease: LeaseChange;
    readonly checkpoint: string | null;
  }): Promise<{ readonly landed: true } | { readonly landed: false; readonly reason: string }>;
}

export function createLanding(input: BeadWorkflowInput, facts: BeadFacts, record: BeadRecord): Landing {
  const { beadId, projectId, title } = facts;
  const hub = proxyActivities<HubActivities>({
    taskQueue: hubQueue(input.instance),
    startToCloseTimeout: '2 minutes',
    retry: { initialInterval: '500 milliseconds', maximumInterval: '30 seconds', maximumAttempts: 20 },
  });
  // The gate changes nothing, so a lost verifier is simply replaced.
  const { runGate } = proxyActivities<GateActivities>({
    taskQueue: fleetQueue(input.instance, 'verifier'),
    startToCloseTimeout: '2 hours',
    heartbeatTimeout: input.leaseHeartbeatTimeoutMs,
    retry: { initialInterval: '500 milliseconds', maximumInterval: '30 seconds', maximumAttempts: 5 },
    priority: { priorityKey: facts.priority + 1, fairnessKey: projectId },
  });

  return {
    async branchHead() {
      return (await hub.branchHead({ projectId })).commit;
    },

    async land({ number, run, lease, checkpoint }) {
      const refused = (verdict: GateVerdict) => ({ landed: false as const, reason: explain(verdict) });
      await record.write('verifying', {
        reason: null,
        run,
        lease,
        data: { run: run.runId },
      });
      if (checkpoint === null) return refused(refuse('empty-change', 'the run changed no file'));
      let target = run.baseCommit;
      for (let race = 0; race < MAX_RACES; race++) {
        const candidate = await hub.integrate({
          projectId,
          beadId,
          attempt: number,
          candidate: checkpoint,
          base: run.baseCommit,
          target,
          title,
          // Of the bead and not of an execution: a restarted one makes the very same commit again.
          date: facts.filedAt ?? Math.floor(workflowInfo().startTime.getTime() / 1000),
        });
        if (candidate.kind === 'empty')
          return refused(refuse('empty-change', 'the branch already has every line of it'));
        if (candidate.kind === 'conflict') {
          return refused(refuse('not-mergeable', `conflicts with the branch in ${candidate.paths.join(', ')}`));
        }
        const verdict = await runGate({ beadId, projectId, commit: candidate.commit, target });
        if (!verdict.pass) return refused(verdict);
        await record.write('landing', {
          data: { commit: candidate.commit, checks: verdict.checks, restored: candidate.restored },
        });
        const moved = await hub.land({ projectId, beadId, expected: target, commit: candidate.commit });
        if (moved.landed) {
          await record.write('closed', { landedCommit: candidate.commit, data: { commit: candidate.commit } });
          return { landed: true };
        }
        target = moved.head;
        await record.write('verifying', { data: { branchMovedTo: target } });
      }
      return { landed: false, reason: `the branch moved ${MAX_RACES} times while the change was being checked` };
    },
  };
}
