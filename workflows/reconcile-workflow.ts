// The only thing in Loom that looks instead of being told: once a minute, by a Temporal Schedule.
import { proxyActivities } from '@temporalio/workflow';
import type { ReconcileActivities } from '../domain/activities.ts';

const { reconcile } = proxyActivities<ReconcileActivities>({
  startToCloseTimeout: '50 seconds',
  retry: { maximumAttempts: 2 },
});

/** Returns how many repairs were needed; healthy is 0. The pass itself is a row of `reconciliation`. */
export async function reconcileWorkflow(): ReturnType<ReconcileActivities['reconcile']> {
  return reconcile();
}
