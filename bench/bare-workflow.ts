// What Loom is compared with: a workflow that does nothing but call activities that do nothing, one after the other.
import { proxyActivities } from '@temporalio/workflow';

export interface BareActivities {
  nothing(): Promise<void>;
}

export interface BareInput {
  readonly activities: number;
  /** Queue of the activities; the workflow's own where absent. */
  readonly taskQueue?: string;
}

export async function bareWorkflow({ activities, taskQueue }: BareInput): Promise<void> {
  const { nothing } = proxyActivities<BareActivities>({
    startToCloseTimeout: '1 minute',
    ...(taskQueue === undefined ? {} : { taskQueue }),
  });
  for (let done = 0; done < activities; done++) await nothing();
}
