// Waits until something can be seen that nobody announces: a file, a process, a row.
import { setTimeout as delay } from 'node:timers/promises';

/** @throws naming `what` when `look` has found nothing in time */
export async function seen<Found>(
  what: string,
  look: () => Promise<Found | undefined>,
  { withinMs, everyMs = 5 }: { readonly withinMs: number; readonly everyMs?: number },
): Promise<Found> {
  const giveUpAt = Date.now() + withinMs;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > giveUpAt) throw new Error(`${what} was not seen within ${withinMs} ms`);
    await delay(everyMs);
  }
}
