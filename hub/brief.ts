// What a host needs to know of a bead and its project. It travels from the hub to the host and never through history.
import type { BeadType, FailingTest } from '../domain/bead.ts';

export interface Brief {
  readonly project: {
    readonly id: string;
    readonly name: string;
    readonly branch: string;
    readonly testCommand: string | null;
    readonly testTimeoutMs: number;
    readonly setupCommand: string | null;
    readonly protectedPaths: readonly string[];
  };
  readonly bead: {
    readonly id: string;
    readonly type: BeadType;
    readonly title: string;
    readonly failingTests: readonly FailingTest[];
    /** An earlier run of the bead came to an end that the gate refused. */
    readonly refusedBefore: boolean;
  };
}
