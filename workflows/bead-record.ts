// Invariant: a bead's status changes only through `write`, one change at a time, so that history, row and query agree.
import { defineSearchAttributeKey } from '@temporalio/common';
import { proxyLocalActivities, setCurrentDetails, upsertSearchAttributes } from '@temporalio/workflow';
import type { BeadChange, BeadFacts, RecordActivities } from '../domain/activities.ts';
import type { BeadStatus } from '../domain/bead.ts';
import type { BeadState } from './bead-messages.ts';

const BEAD_STATUS = defineSearchAttributeKey('BeadStatus', 'KEYWORD');

const { recordBead } = proxyLocalActivities<RecordActivities>({
  startToCloseTimeout: '10 seconds',
  retry: {
    initialInterval: '200 milliseconds',
    maximumInterval: '30 seconds',
    nonRetryableErrorTypes: ['VERSION_GAP', 'NOT_FOUND'],
  },
});

export interface BeadRecord {
  readonly state: BeadState;
  /** Writes row, run, lease and event in one transaction, then takes the change over into the state. */
  write(
    status: BeadStatus,
    change?: Omit<Partial<BeadChange>, 'beadId' | 'version' | 'status' | 'event' | 'execution'> & {
      readonly data?: Readonly<Record<string, unknown>>;
    },
  ): Promise<void>;
}

/** @param execution under which a restarted bead is written; undefined for one that was never restarted. */
export function createBeadRecord(facts: BeadFacts, execution?: string): BeadRecord {
  let state: BeadState = {
    beadId: facts.beadId,
    status: facts.status,
    version: facts.version,
    attempt: facts.attempt,
    reason: null,
    runId: null,
    hostId: null,
    landedCommit: null,
  };
  return {
    get state() {
      return state;
    },
    async write(status, { data, ...change } = {}) {
      const version = state.version + 1;
      await recordBead({
        beadId: facts.beadId,
        version,
        status,
        ...change,
        ...(execution === undefined ? {} : { execution }),
        event: {
          type: `bead.${status}`,
          data: { ...data, ...(change.reason === undefined ? {} : { reason: change.reason }) },
        },
      });
      state = {
        ...state,
        status,
        version,
        attempt: change.attempt ?? state.attempt,
        reason: change.reason === undefined ? state.reason : change.reason,
        runId: change.run?.runId ?? state.runId,
        hostId: change.lease === undefined ? state.hostId : change.lease.hostId,
        landedCommit: change.landedCommit ?? state.landedCommit,
      };
      upsertSearchAttributes([{ key: BEAD_STATUS, value: status }]);
      setCurrentDetails(details(facts, state));
    },
  };
}

const details = (facts: BeadFacts, state: BeadState): string =>
  [
    `**${state.status}** - ${facts.title}`,
    '',
    `- project: ${facts.projectName}, ${facts.type}, P${facts.priority}`,
    `- attempt: ${state.attempt} of ${facts.maxAttempts}`,
    ...(state.runId === null ? [] : [`- run: \`${state.runId}\` on ${state.hostId ?? 'no host'}`]),
    ...(state.landedCommit === null ? [] : [`- landed: \`${state.landedCommit}\``]),
    ...(state.reason === null ? [] : [`- reason: ${state.reason}`]),
  ].join('\n');
