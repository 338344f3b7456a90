// The protocol between a bead's workflow, which holds the lease, and its run, which works under it.
import { defineSignal } from '@temporalio/workflow';
import type { RunExit, RunLimits } from '../domain/run.ts';

/** A host's hold on the run, as the run needs it: where its actions go and under which fence. */
export interface RunLease {
  readonly fence: number;
  readonly hostId: string;
  readonly hostQueue: string;
  readonly controlQueue: string;
}

/** Workflow type `agentRunWorkflow`, workflow id `run-<bead>-<n>`. */
export interface AgentRunInput {
  readonly beadId: string;
  readonly runId: string;
  readonly projectId: string;
  readonly baseCommit: string;
  readonly provider: string;
  readonly instance: string;
  readonly lease: RunLease;
  readonly heartbeatTimeoutMs: number;
  readonly limits: RunLimits;
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

/** Run to parent: the host does not answer although its lease lives. */
export const leaseBroken = defineSignal<[{ readonly fence: number; readonly reason: string }]>('leaseBroken');
