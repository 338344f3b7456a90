// The protocol between a bead's workflow, which holds the lease, and its run, which works under it.
import { defineSignal } from '@temporalio/workflow';
import type { RunExit, RunLimits, RunState } from '../domain/run.ts';

/** A host's hold on the run, as the run needs it: where its actions go and under which fence. */
export interface RunLease {
  readonly fence: number;
  readonly hostId: string;
  readonly hostQueue: string;
  readonly controlQueue: string;
  /** Providers whose turns the host thinks itself. */
  readonly providers?: readonly string[];
}

/** What a run hands to its next execution, and what a restart gives it from its transcript. */
export interface RunSoFar {
  readonly state: RunState;
  /** It has given its host back and asks for one before it goes on. */
  readonly hostGivenBack: boolean;
}

/** Workflow type `agentRunWorkflow`, workflow id `run-<bead>-<n>`. */
export interface AgentRunInput {
  readonly beadId: string;
  readonly runId: string;
  readonly projectId: string;
  readonly baseCommit: string;
  readonly provider: string;
  readonly instance: string;
  /** Null while it has no host. */
  readonly lease: RunLease | null;
  readonly heartbeatTimeoutMs: number;
  readonly limits: RunLimits;
  /** Absent at the beginning of a run. */
  readonly soFar?: RunSoFar;
  /** Events of history after which it continues as new, between two turns. Absent in executions from before it did. */
  readonly continueAfterEvents?: number;
  /** How long it keeps a host that it has no use for. */
  readonly giveBackAfterMs?: number;
}

export interface RunOutcome {
  readonly exit: RunExit;
  readonly summary: string | null;
  readonly confidence: number | null;
  readonly turns: number;
  readonly lastStep: number;
  readonly checkpoint: string | null;
}

/** Parent to run: a host has taken over. */
export const leaseGranted = defineSignal<[RunLease]>('leaseGranted');

/** Parent to run: the host is gone. What it executes is given up, and repeated by the next one. */
export const leaseLost = defineSignal<[{ readonly fence: number }]>('leaseLost');

/** Run to parent: it cannot go on for now, and gives its host back, if it has one. The reason is for people. */
export const hostGivenBack =
  defineSignal<[{ readonly fence: number | null; readonly reason: string }]>('hostGivenBack');

/** Run to parent: it can go on, and needs a host again. */
export const hostWanted = defineSignal('hostWanted');

/** Run to parent: the host does not answer although its lease lives. */
export const leaseBroken = defineSignal<[{ readonly fence: number; readonly reason: string }]>('leaseBroken');
