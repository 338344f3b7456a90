// Waits until a host executes an action of a run: the moment at which a test kills.
import { setTimeout as delay } from 'node:timers/promises';
import type { TestLoom } from './loom.ts';

const WITHIN_MS = 30_000;
const PENDING_STARTED = 2;

/** Temporal tells of an activity's start only when asked, so it is asked. */
export async function untilActing(loom: TestLoom, runId: string): Promise<void> {
  const giveUpAt = Date.now() + WITHIN_MS;
  for (;;) {
    const { raw } = await loom.temporal.call((client) => client.workflow.getHandle(runId).describe());
    const acting = raw.pendingActivities?.some(
      ({ activityType, state }) => activityType?.name === 'act' && state === PENDING_STARTED,
    );
    if (acting === true) return;
    if (Date.now() > giveUpAt) throw new Error(`No host executes an action of ${runId}`);
    await delay(20);
  }
}
