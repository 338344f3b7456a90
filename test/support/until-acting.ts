// Waits until a host executes an action of a run: the moment at which a test kills.
import { setTimeout as delay } from 'node:timers/promises';
import { errorCode } from '../../domain/errors.ts';
import type { TestLoom } from './loom.ts';

const WITHIN_MS = 30_000;
const PENDING_STARTED = 2;

/** Temporal tells of an activity's start only when asked, so it is asked. */
export async function untilActing(loom: TestLoom, runId: string): Promise<void> {
  const giveUpAt = Date.now() + WITHIN_MS;
  for (;;) {
    const run = await loom.temporal
      .call((client) => client.workflow.getHandle(runId).describe())
      .catch((error: unknown) => {
        // The bead's row says that it runs a moment before the run's workflow begins.
        if (errorCode(error) === 'NOT_FOUND') return undefined;
        throw error;
      });
    const acting = run?.raw.pendingActivities?.some(
      ({ activityType, state }) =>
        (activityType?.name === 'act' || activityType?.name === 'turn') && state === PENDING_STARTED,
    );
    if (acting === true) return;
    if (Date.now() > giveUpAt) throw new Error(`No host executes an action of ${runId}`);
    await delay(20);
  }
}
