// The verb that works when everything else hangs: it has a queue and slots of its own.
import type { HostControlActivities } from '../domain/activities.ts';
import type { HeldRuns } from '../host/held-runs.ts';

export const createControlActivities = ({ runs }: { readonly runs: HeldRuns }) =>
  ({
    async interrupt({ runId }) {
      return { killed: runs.find(runId)?.interrupt() ?? false };
    },
  }) satisfies HostControlActivities;
