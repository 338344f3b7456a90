// What loomctl reads of the API's answers; there may be more. `/api/v1/openapi.json` describes them in full.
import type { BeadStatus, BeadType } from '../domain/bead.ts';
import type { RunExit } from '../domain/run.ts';
import type { HostAnswer, HostPresence } from '../domain/host.ts';
import type { Repairs } from '../domain/reconciliation.ts';
import type { Step } from '../domain/step.ts';

export interface Project {
  readonly id: string;
  readonly name: string;
  readonly repository: string;
  readonly branch: string;
  readonly checks: { readonly test: string; readonly timeoutMs: number } | null;
  readonly setupCommand: string | null;
  readonly protectedPaths: readonly string[];
  readonly landing: string;
  readonly createdAt: string;
}

export interface Bead {
  readonly id: string;
  readonly projectName: string;
  readonly type: BeadType;
  readonly title: string;
  readonly description: string;
  readonly priority: number;
  readonly failingTests: readonly { readonly file: string; readonly name: string }[];
  readonly provider: string;
  readonly fleet: string;
  readonly maxAttempts: number;
  readonly status: BeadStatus;
  readonly attempt: number;
  readonly reason: string | null;
  readonly landedCommit: string | null;
  readonly createdAt: string;
  readonly updatedAt: string;
}

export interface Run {
  readonly id: string;
  readonly beadId: string;
  readonly provider: string;
  readonly hostId: string | null;
  readonly status: 'running' | 'ended';
  readonly exit: RunExit | null;
  readonly turns: number;
  readonly lastStep: number;
  readonly baseCommit: string;
  readonly checkpoint: string | null;
  readonly startedAt: string;
  readonly endedAt: string | null;
}

export interface BeadDetails extends Bead {
  readonly runs: readonly Run[];
  readonly where: { readonly runId: string; readonly hostId: string | null } | null;
  readonly workflow: { readonly id: string; readonly url: string };
}

export interface StepPage {
  readonly steps: readonly Step[];
  readonly next: number | null;
}

export interface System {
  readonly version: string;
  readonly instance: string;
  readonly temporal: { readonly address: string; readonly namespace: string; readonly uiUrl: string };
  readonly hub: { readonly url: string };
  readonly hostKey: string;
}

export interface Host {
  readonly id: string;
  readonly name: string;
  readonly state: HostPresence;
  readonly fleets: readonly string[];
  readonly slots: number;
  readonly leases: number;
  readonly gates: number;
  readonly runs: readonly { readonly beadId: string; readonly runId: string; readonly title: string }[];
  readonly confined: boolean;
  readonly note: string | null;
  readonly lastSeenAt: string;
}

export interface CommandedHost extends HostAnswer {
  readonly id: string;
  readonly name: string;
}

export interface Status {
  readonly beads: Readonly<Record<BeadStatus, number>>;
  readonly hosts: Readonly<Record<HostPresence, number>>;
  readonly leases: number;
  readonly outbox: { readonly unpublished: number; readonly oldestSeconds: number };
  readonly reconciler: {
    readonly lastPass: { readonly at: string; readonly stuck: number; readonly failure: string | null } | null;
    readonly repairs: { readonly lastHour: number; readonly total: number; readonly byKind: Repairs };
  };
}

export interface Readiness {
  readonly ready: boolean;
  readonly parts: Readonly<Record<string, { readonly ok: boolean; readonly reason: string | null }>>;
}

export interface BeadEvent {
  readonly type: string;
  readonly time: string;
  readonly seq: number;
  readonly data: Readonly<Record<string, unknown>>;
}
