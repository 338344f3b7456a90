// A service is ready when it answers what its users will ask, not when its port is open.
import { setTimeout as delay } from 'node:timers/promises';

const PAUSE_MS = 25;

/** Asks again until there is an answer; the caller's signal carries the deadline. */
export async function awaitAnswer<T>(signal: AbortSignal, ask: () => Promise<T>): Promise<T> {
  for (;;) {
    signal.throwIfAborted();
    try {
      return await ask();
    } catch {
      // Not there yet. If it never is, the deadline says so, and the log of the service says why.
      await delay(PAUSE_MS, undefined, { signal });
    }
  }
}
