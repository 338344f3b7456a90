// What workflows may ask of the outside world. Inputs and outputs are references and facts, never contents:
// they are kept in Temporal's history. Implementations are checked against these interfaces with `satisfies`.
import type { BeadStatus, BeadType, Priority } from './bead.ts';
import type { GateVerdict } from './gate.ts';
import type { Repairs } from './reconciliation.ts';
import type { RestartPlan } from './restart.ts';
import type { CallOutcome, RunExit, RunLimits, RunState } from './run.ts';

/** What the bead's workflow decides by. */
export interface BeadFacts {
  readonly beadId: string;
  readonly projectId: string;
  readonly projectName: string;
  readonly type: BeadType;
  readonly title: string;
  readonly priority: Priority;
  readonly status: BeadStatus;
  readonly version: number;
  readonly attempt: number;
  readonly fence: number;
  readonly provider: string;
  readonly fleet: string;
  readonly maxAttempts: number;
  /** False where the project names no check: nothing could be verified, so nothing may land. */
  readonly hasChecks: boolean;
  /** When it was filed, in seconds since the epoch. Absent in histories from before it was kept. */
  readonly filedAt?: number;
}

/** One change of a bead, written with its event in one transaction. Absent fields stay as they are. */
export interface BeadChange {
  readonly beadId: string;
  /** Previous version + 1. A repeat of a version already written is a success, a gap an error. */
  readonly version: number;
  readonly status: BeadStatus;
  readonly reason?: string | null;
  readonly attempt?: number;
  readonly landedCommit?: string;
  readonly run?: RunChange;
  readonly lease?: LeaseChange;
  /** The execution that took the bead over at a restart; every other one is refused from then on. */
  readonly execution?: string;
  readonly event: { readonly type: string; readonly data: Readonly<Record<string, unknown>> };
}

export interface RunChange {
  readonly runId: string;
  readonly number: number;
  readonly provider: string;
  readonly status: 'running' | 'ended';
  readonly baseCommit: string;
  readonly exit?: RunExit;
  readonly turns?: number;
  readonly lastStep?: number;
  readonly checkpoint?: string;
}

/** Raising the fence (no host) shuts out every earlier holder at once; granting it names the new one. */
export interface LeaseChange {
  readonly fence: number;
  readonly runId: string;
  readonly hostId: string | null;
  /** sha256 of the token that the host made for itself; the token never leaves host and hub. */
  readonly tokenHash: string | null;
}

/** Local activities of the orchestrator. All idempotent. */
export interface RecordActivities {
  loadBead(input: { readonly beadId: string }): Promise<BeadFacts>;
  /**
   * Makes this execution the only one that may write the bead, shuts out every host, and says where to go on. Idempotent per
   * execution.
   */
  takeOver(input: {
    readonly beadId: string;
    readonly execution: string;
    readonly limits: RunLimits;
  }): Promise<TakenOver>;
  /** Idempotent per (beadId, version). @throws VERSION_GAP */
  recordBead(change: BeadChange): Promise<void>;
  /** The brief of a bead as its first message. Idempotent per (runId, step). */
  recordBrief(input: { readonly runId: string; readonly step: number; readonly beadId: string }): Promise<void>;
}

export interface TakenOver {
  readonly facts: BeadFacts;
  readonly execution: string;
  readonly plan: RestartPlan;
  /** Where the plan's run stands, folded from its transcript; null where it goes on with none. */
  readonly state: RunState | null;
}

export interface ReconcileActivities {
  /** Mends what deaths have left. Returns how many repairs were needed, and of which kinds; healthy is 0. */
  reconcile(): Promise<{ readonly repairs: number; readonly byKind: Repairs }>;
}

export interface CallReference {
  readonly step: number;
  readonly callId: string;
  readonly action: string;
}

export interface ThinkInput {
  readonly beadId: string;
  readonly runId: string;
  readonly step: number;
  readonly provider: string;
}

export interface ThinkOutcome {
  readonly calls: readonly { readonly callId: string; readonly action: string }[];
  readonly inputTokens: number;
  readonly outputTokens: number;
}

export interface ThinkActivities {
  /**
   * One model turn, appended as `step`. Idempotent per (runId, step): a retry returns the recorded answer.
   * @throws RUN_CLOSED; PROVIDER_UNAVAILABLE, after a few quick tries, with how long to wait in its details
   */
  think(input: ThinkInput): Promise<ThinkOutcome>;
}

export interface LeaseInput {
  readonly beadId: string;
  readonly runId: string;
  readonly projectId: string;
  readonly fence: number;
  /** The bead gives the lease up after so long without a heartbeat; the host fences itself at two thirds of it. */
  readonly heartbeatTimeoutMs: number;
}

/** The host's answer to a lease that it picked up. */
export interface LeaseAcquired {
  readonly fence: number;
  readonly hostId: string;
  readonly hostQueue: string;
  readonly controlQueue: string;
  readonly tokenHash: string;
  /** Providers whose turns this host thinks itself. Absent in histories from before hosts did. */
  readonly providers?: readonly string[];
}

export interface ActInput {
  readonly beadId: string;
  readonly runId: string;
  readonly projectId: string;
  readonly fence: number;
  readonly baseCommit: string;
  /** Where the workspace has to stand before the first call; null is the base commit. */
  readonly checkpoint: string | null;
  /** The assistant step that holds the arguments. */
  readonly assistantStep: number;
  readonly calls: readonly CallReference[];
}

export interface ActOutcome {
  readonly results: readonly CallOutcome[];
}

export interface TurnInput extends Omit<ActInput, 'calls'> {
  readonly provider: string;
}

/** Think and act in one: the calls are numbered on from the assistant step, in order. */
export interface TurnOutcome extends ThinkOutcome, ActOutcome {}

export interface LeaseActivities {
  /** Held by the bead's workflow for as long as the host has the run. Never retried: the workflow decides what a loss means. */
  holdLease(input: LeaseInput): Promise<{ readonly drain: boolean }>;
}

export interface HostActivities {
  /** Clones, checks out and sets up. Idempotent per (runId, fence). @throws SETUP_FAILED LEASE_LOST */
  prepareWorkspace(input: {
    readonly beadId: string;
    readonly runId: string;
    readonly projectId: string;
    readonly fence: number;
    readonly baseCommit: string;
    readonly checkpoint: string | null;
  }): Promise<void>;
  /** Executes calls in order; each result is recorded once, under its step. @throws LEASE_LOST */
  act(input: ActInput): Promise<ActOutcome>;
  /**
   * A whole turn on a host that serves the provider: asks it, records the answer as `assistantStep`, executes its calls. An answer
   * that is recorded is not asked for again. @throws LEASE_LOST, PROVIDER_UNAVAILABLE
   */
  turn(input: TurnInput): Promise<TurnOutcome>;
}

export interface HostControlActivities {
  /** Kills whatever the run executes on this host, at once. */
  interrupt(input: { readonly runId: string }): Promise<{ readonly killed: boolean }>;
}

export interface GateInput {
  readonly beadId: string;
  readonly projectId: string;
  readonly commit: string;
  readonly target: string;
}

export interface GateActivities {
  /** Judges a commit in a clean checkout. Changes nothing, so it may be repeated anywhere. */
  runGate(input: GateInput): Promise<GateVerdict>;
}

export interface IntegrateInput {
  readonly projectId: string;
  readonly beadId: string;
  readonly attempt: number;
  readonly candidate: string;
  /** Where the run began, and the branch as it is now. */
  readonly base: string;
  readonly target: string;
  readonly title: string;
  /** Seconds since the epoch, from the workflow's clock. */
  readonly date: number;
}

/** `restored` are paths of the candidate that were put back, because a change may not touch them; at most 20 are named. */
export type Integration =
  | { readonly kind: 'ready'; readonly commit: string; readonly restored: readonly string[] }
  | { readonly kind: 'conflict'; readonly paths: readonly string[] }
  | { readonly kind: 'empty'; readonly restored: readonly string[] };

export interface HubActivities {
  /** The commit that the target branch is at, after following its upstream. @throws REPOSITORY_UNREADABLE */
  branchHead(input: { readonly projectId: string }): Promise<{ readonly commit: string }>;
  /** One tidy commit on top of `target` with the candidate's changes. Idempotent: the same input gives the same commit. */
  integrate(input: IntegrateInput): Promise<Integration>;
  /** Moves the branch from `expected` to `commit`, or says where it is instead. Idempotent. */
  land(input: {
    readonly projectId: string;
    readonly beadId: string;
    readonly expected: string;
    readonly commit: string;
  }): Promise<{ readonly landed: true } | { readonly landed: false; readonly head: string }>;
}
