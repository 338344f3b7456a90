// Repairs what a death between two writes has left. Healthy is 0.
import type { ReconcileActivities } from '../domain/activities.ts';
import { type Bead, unstartedBeads } from '../store/beads.ts';
import type { Database } from '../store/database.ts';

/** A row younger than this is still being started by whoever inserted it. */
const UNSTARTED_AGE_SECONDS = 10;
const BATCH = 500;

export interface ReconcileDependencies {
  readonly database: Database;
  /** Starts the bead's workflow; says false where it runs already. */
  startBead(bead: Bead): Promise<boolean>;
}

export const createReconcileActivities = ({ database, startBead }: ReconcileDependencies) =>
  ({
    async reconcile() {
      let repairs = 0;
      for (const bead of await unstartedBeads(database, UNSTARTED_AGE_SECONDS, BATCH)) {
        if (await startBead(bead)) repairs += 1;
      }
      return { repairs };
    },
  }) satisfies ReconcileActivities;
