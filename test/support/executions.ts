// All executions of one workflow id that followed each other by continuing as new, with what their histories weigh.
import type { TemporalClient } from '../../client/temporal.ts';

export interface Execution {
  readonly runId: string;
  readonly events: number;
  readonly bytes: number;
}

/** From the newest back to the first. */
export async function executionsOf(
  { call, client: { options } }: TemporalClient,
  workflowId: string,
): Promise<readonly Execution[]> {
  const found: Execution[] = [];
  let runId: string | undefined;
  do {
    const described = await call((client) => client.workflow.getHandle(workflowId, runId).describe());
    found.push({ runId: described.runId, events: described.historyLength, bytes: described.historySize ?? 0 });
    const execution = { workflowId, runId: described.runId };
    const { history } = await call(({ workflowService }) =>
      workflowService.getWorkflowExecutionHistory({ namespace: options.namespace, execution, maximumPageSize: 1 }),
    );
    runId = history?.events?.[0]?.workflowExecutionStartedEventAttributes?.continuedExecutionRunId ?? '';
  } while (runId !== '');
  return found;
}
