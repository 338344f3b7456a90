// What services say to a bead's workflow. Invariant: a bead has one execution; starting it again is an answer, not an error.
import {
  WorkflowExecutionAlreadyStartedError,
  WorkflowIdConflictPolicy,
  WorkflowIdReusePolicy,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import { TypedSearchAttributes, defineSearchAttributeKey } from '@temporalio/common';
import { createHash } from 'node:crypto';
import type { Config } from '../config/config.ts';
import type { BeadType, Priority } from '../domain/bead.ts';
import { LoomError, errorCode } from '../domain/errors.ts';
import { beadWorkflowId, runIdOf } from '../domain/ids.ts';
import { orchestratorQueue } from '../domain/task-queues.ts';
import { type BeadState, type BeadWorkflowInput, cancel } from '../workflows/bead-messages.ts';
import type { TemporalClient } from './temporal.ts';

/** The names under which a bead is found in the Temporal Web UI. */
const SEARCH = {
  status: defineSearchAttributeKey('BeadStatus', 'KEYWORD'),
  project: defineSearchAttributeKey('Project', 'KEYWORD'),
  persona: defineSearchAttributeKey('Persona', 'KEYWORD'),
  priority: defineSearchAttributeKey('Priority', 'INT'),
};

/** What the Web UI is told of a bead; a row of the store has it all. */
export interface BeadToStart {
  readonly id: string;
  readonly projectName: string;
  readonly type: BeadType;
  readonly title: string;
  readonly priority: Priority;
  readonly provider: string;
}

export type BeadSettings = Omit<BeadWorkflowInput, 'beadId' | 'restart'>;

/** What the configuration says to every bead that is started from here. */
export const beadSettings = ({ instance, lease, run }: Config): BeadSettings => ({
  instance,
  leaseHeartbeatTimeoutMs: lease.heartbeatTimeoutMs,
  giveBackAfterMs: lease.giveBackAfterMs,
  maxTurns: run.maxTurns,
  continueAfterEvents: run.continueAfterEvents,
});

/** Idempotent per bead, as long as Temporal keeps the closed workflow. @throws UNAVAILABLE */
export async function startBead(
  temporal: TemporalClient,
  bead: BeadToStart,
  settings: BeadSettings,
): Promise<'started' | 'already-started'> {
  try {
    await temporal.call((client) =>
      client.workflow.start('beadWorkflow', {
        ...startOptions(bead, { beadId: bead.id, ...settings }),
        workflowIdReusePolicy: WorkflowIdReusePolicy.REJECT_DUPLICATE,
      }),
    );
    return 'started';
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return 'already-started';
    throw error;
  }
}

/** A row of the store has it all. */
export interface BeadToRestart extends BeadToStart {
  /** The newest attempt. */
  readonly attempt: number;
}

/**
 * Starts a bead from its row, transcript and checkpoints, whatever has become of its workflow: an execution that runs is ended,
 * with its run. The new one shuts out whoever still works for the old one, goes on where the rows end, and does nothing for a bead
 * that is closed or cancelled. May be repeated. @throws UNAVAILABLE, and then the bead may be without a workflow: repeat it.
 */
export async function restartBead(
  temporal: TemporalClient,
  bead: BeadToRestart,
  settings: BeadSettings,
): Promise<void> {
  // The bead first: it must not take the end of its run for a failure.
  await end(temporal, beadWorkflowId(bead.id));
  if (bead.attempt > 0) await end(temporal, runIdOf(bead.id, bead.attempt));
  await temporal.call((client) =>
    client.workflow.start('beadWorkflow', {
      ...startOptions(bead, { beadId: bead.id, ...settings, restart: true }),
      workflowIdReusePolicy: WorkflowIdReusePolicy.ALLOW_DUPLICATE,
      // Two restarts at a time: the later one counts.
      workflowIdConflictPolicy: WorkflowIdConflictPolicy.TERMINATE_EXISTING,
    }),
  );
}

/** Ends an execution without asking it. One that has ended already, or is gone from Temporal, is as good. */
async function end(temporal: TemporalClient, workflowId: string): Promise<void> {
  try {
    await temporal.call((client) => client.workflow.getHandle(workflowId).terminate('the bead is restarted'));
  } catch (error) {
    if (errorCode(error) !== 'NOT_FOUND') throw error;
  }
}

const startOptions = (bead: BeadToStart, input: BeadWorkflowInput) => ({
  workflowId: beadWorkflowId(bead.id),
  taskQueue: orchestratorQueue(input.instance),
  workflowTaskTimeout: WORKFLOW_TASK_TIMEOUT,
  args: [input],
  typedSearchAttributes: new TypedSearchAttributes([
    { key: SEARCH.status, value: 'open' },
    { key: SEARCH.project, value: bead.projectName },
    { key: SEARCH.persona, value: bead.provider },
    { key: SEARCH.priority, value: bead.priority },
  ]),
  staticSummary: shortened(`**P${bead.priority}** ${escaped(bead.title)}`, 200),
  staticDetails: `${bead.type} \`${bead.id}\` of project **${escaped(bead.projectName)}**`,
});

/**
 * Cancels a bead and answers when its run has been stopped. Idempotent per (bead, reason).
 * @throws CONFLICT when the bead's state does not allow it, NOT_FOUND when it has no open workflow, UNAVAILABLE when no
 * orchestrator answered in time (the request may still take effect).
 */
export async function cancelBead(
  temporal: TemporalClient,
  request: { readonly beadId: string; readonly reason: string },
): Promise<BeadState> {
  const { beadId, reason } = request;
  try {
    return await temporal.call(
      (client) =>
        client.workflow.getHandle(beadWorkflowId(beadId)).executeUpdate(cancel, {
          args: [{ reason }],
          // The same id with other arguments would be answered with the first result.
          updateId: `cancel-${createHash('sha256').update(reason).digest('hex').slice(0, 32)}`,
        }),
      { deadlineMs: CANCEL_DEADLINE_MS },
    );
  } catch (error) {
    if (error instanceof WorkflowUpdateFailedError) {
      const why = error.cause?.message ?? error.message;
      throw new LoomError(
        'CONFLICT',
        `Bead ${beadId} was not cancelled: ${why}`,
        'Look at it with `loomctl bead show`.',
        {
          cause: error,
        },
      );
    }
    if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError || errorCode(error) === 'UNAVAILABLE') {
      throw new LoomError(
        'UNAVAILABLE',
        `No orchestrator confirmed within ${CANCEL_DEADLINE_MS / 1_000} s that bead ${beadId} is cancelled`,
        'Look at the bead; the request may still take effect. Otherwise check that an orchestrator runs and try again.',
        { cause: error },
      );
    }
    throw error;
  }
}

/** How soon another orchestrator takes over from one that died in the middle of a decision. */
const WORKFLOW_TASK_TIMEOUT = '5 seconds' as const;

/** Stopping a run waits for its host to kill what it executes. */
const CANCEL_DEADLINE_MS = 8_000;

const shortened = (text: string, limit: number): string =>
  text.length <= limit ? text : `${text.slice(0, limit - 1)}…`;

/** The Web UI renders markdown, and a title is anybody's text. */
const escaped = (text: string): string => text.replaceAll(/[\\`*_{}[\]<>()#+!|~-]/g, '\\$&');
