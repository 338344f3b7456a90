// Brings one command to one host. A workflow, because only a worker's queue reaches a host wherever it runs; and short, because
// whoever gave the command waits for the answer.
import { ActivityFailure, log, proxyActivities } from '@temporalio/workflow';
import type { HostAnswer, HostCommand, HostCommandActivities } from '../domain/host.ts';

/** Workflow type `hostCommandWorkflow`. */
export interface HostCommandInput {
  readonly controlQueue: string;
  readonly command: HostCommand;
  /** How long the host has to answer. */
  readonly withinMs: number;
}

/** Returns null where the host did not answer in time; then it will not obey later either. */
export async function hostCommandWorkflow({
  controlQueue,
  command,
  withinMs,
}: HostCommandInput): Promise<HostAnswer | null> {
  const { obeyCommand } = proxyActivities<HostCommandActivities>({
    taskQueue: controlQueue,
    scheduleToCloseTimeout: withinMs,
    retry: { initialInterval: '200 milliseconds' },
    summary: command,
  });
  try {
    return await obeyCommand({ command });
  } catch (error) {
    if (!(error instanceof ActivityFailure)) throw error;
    log.warn('the host did not obey', { controlQueue, command, why: String(error.cause) });
    return null;
  }
}
