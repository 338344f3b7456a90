// Who watches the reconciler: an orchestrator looks from time to time whether Temporal still has its schedule. Whoever loses
// Temporal's data loses the schedule with it, and then nothing else would notice the beads that are without a workflow.
import { setTimeout as delay } from 'node:timers/promises';
import { messageOf } from '../domain/errors.ts';

const EVERY_MS = 60_000;

/** Calls `ensure` each minute until it is stopped. A failure is said once, and the next minute tries again. */
export function keepScheduled(
  ensure: () => Promise<void>,
  log: (line: string) => void,
  everyMs = EVERY_MS,
): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const running = (async () => {
    let said: string | undefined;
    for (;;) {
      await delay(everyMs, undefined, { signal: stopping.signal }).catch(() => undefined);
      if (stopping.signal.aborted) return;
      try {
        await ensure();
        said = undefined;
      } catch (error) {
        const message = messageOf(error);
        if (message !== said) log(`the schedule of the reconciler could not be looked after: ${message}`);
        said = message;
      }
    }
  })();
  return {
    async stop() {
      stopping.abort();
      await running;
    },
  };
}
