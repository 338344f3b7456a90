// What runs on this machine, as far as it shows in command lines.
import { readFile, readdir } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

const WITHIN_MS = 5_000;
const STARTED_WITHIN_MS = 30_000;

/** @throws naming the processes that still have the text in their command line after five seconds. */
export async function untilNoProcessHas(text: string): Promise<void> {
  const giveUpAt = Date.now() + WITHIN_MS;
  for (;;) {
    const left = await processesWith(text);
    if (left.length === 0) return;
    if (Date.now() > giveUpAt) throw new Error(`still running: ${left.join('; ')}`);
    await delay(20);
  }
}

/** @throws when none has the text in its command line within 30 seconds. */
export async function untilAProcessHas(text: string): Promise<void> {
  const giveUpAt = Date.now() + STARTED_WITHIN_MS;
  while ((await processesWith(text)).length === 0) {
    if (Date.now() > giveUpAt) throw new Error(`no process has ${text} in its command line`);
    await delay(20);
  }
}

async function processesWith(text: string): Promise<string[]> {
  const found: string[] = [];
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const line = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => ''); // it may have ended meanwhile
    if (line.includes(text)) found.push(`${pid} ${line.replaceAll('\0', ' ').slice(0, 200)}`);
  }
  return found;
}
