// What works when everything else hangs: it has a queue and slots of its own.
import type { HostControlActivities } from '../domain/activities.ts';
import type { HostAnswer, HostCommandActivities } from '../domain/host.ts';
import type { HeldRuns } from '../host/held-runs.ts';

export interface ControlDependencies {
  readonly runs: HeldRuns;
  readonly fleets: { drain(): void; resume(): void; now(): HostAnswer };
  /** Resolves when the hub has been told how the host is now, or could not be. */
  report(): Promise<void>;
}

export const createControlActivities = ({ runs, fleets, report }: ControlDependencies) =>
  ({
    async interrupt({ runId }) {
      return { killed: runs.find(runId)?.interrupt() ?? false };
    },

    async obeyCommand({ command }) {
      fleets[command]();
      // Whoever gave the command looks at the host next.
      await report();
      return fleets.now();
    },
  }) satisfies HostControlActivities & HostCommandActivities;
