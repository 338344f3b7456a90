// How a service commands a host, which it cannot reach itself: through the queue that the host listens on.
import { WorkflowFailedError } from '@temporalio/client';
import { randomBytes } from 'node:crypto';
import { LoomError, errorCode } from '../domain/errors.ts';
import type { HostAnswer, HostCommand } from '../domain/host.ts';
import { hostControlQueue, orchestratorQueue } from '../domain/task-queues.ts';
import type { HostCommandInput } from '../workflows/host-command-workflow.ts';
import type { TemporalClient } from './temporal.ts';

/** A host that lives answers in a fraction of this. */
const ANSWER_WITHIN_MS = 5_000;
const DEADLINE_MS = ANSWER_WITHIN_MS + 2_000;

/**
 * Has the host obey, and tells where it stands then. Idempotent. A command that was not answered in time is not obeyed later.
 * @throws UNAVAILABLE when the host, an orchestrator or Temporal does not answer.
 */
export async function commandHost(
  temporal: TemporalClient,
  order: { readonly instance: string; readonly hostId: string; readonly command: HostCommand },
): Promise<HostAnswer> {
  const { instance, hostId, command } = order;
  const input: HostCommandInput = {
    controlQueue: hostControlQueue(instance, hostId),
    command,
    withinMs: ANSWER_WITHIN_MS,
  };
  let answer: HostAnswer | null;
  try {
    answer = await temporal.call(
      (client) =>
        client.workflow.execute('hostCommandWorkflow', {
          workflowId: `host-${hostId}-${command}-${randomBytes(4).toString('hex')}`,
          taskQueue: orchestratorQueue(instance),
          workflowExecutionTimeout: DEADLINE_MS,
          args: [input],
        }) as Promise<HostAnswer | null>,
      { deadlineMs: DEADLINE_MS + 500 },
    );
  } catch (error) {
    if (!(error instanceof WorkflowFailedError) && errorCode(error) !== 'UNAVAILABLE') throw error;
    throw new LoomError(
      'UNAVAILABLE',
      `The command to ${command} did not get to host ${hostId}: no orchestrator passed it on within ${DEADLINE_MS / 1_000} s`,
      'Check that Temporal and an orchestrator run (loomctl status), then try again.',
      { cause: error },
    );
  }
  if (answer !== null) return answer;
  throw new LoomError(
    'UNAVAILABLE',
    `Host ${hostId} did not answer the command to ${command} within ${ANSWER_WITHIN_MS / 1_000} s`,
    'Look at its log and at "loomctl host list": a host that has died or hangs loses its runs to others by itself.',
  );
}
