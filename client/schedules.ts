// The one schedule of an installation: the reconciler, each minute, never twice at a time.
import { ScheduleAlreadyRunning, ScheduleOverlapPolicy } from '@temporalio/client';
import { orchestratorQueue } from '../domain/task-queues.ts';
import type { TemporalClient } from './temporal.ts';

/** Safe to call at every start. @throws UNAVAILABLE */
export async function ensureReconciler(temporal: TemporalClient, instance: string): Promise<void> {
  const scheduleId = `${instance}-reconciler`;
  try {
    await temporal.call((client) =>
      client.schedule.create({
        scheduleId,
        spec: { intervals: [{ every: '1 minute' }] },
        action: {
          type: 'startWorkflow',
          workflowType: 'reconcileWorkflow',
          workflowId: scheduleId,
          taskQueue: orchestratorQueue(instance),
          args: [],
        },
        policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: '1 minute' },
      }),
    );
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
  }
}
