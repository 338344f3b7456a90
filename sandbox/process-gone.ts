// Waits until a process is no more. The first process of a pid namespace ends last: when it is gone, so is everything in it.
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { LoomError } from '../domain/errors.ts';

const DEADLINE_MS = 10_000;
const STEP_MS = 2;

/** Identifies a process beyond the reuse of its number: its start time as the kernel gives it, or null where it is gone. */
export async function startTimeOf(pid: number): Promise<string | null> {
  try {
    // The name in parentheses may hold spaces; what follows the last one starts with the state, field 3.
    const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).replace(/^.*\) /s, '').split(' ');
    const ended = fields[0] === 'Z' || fields[0] === 'X';
    return ended ? null : (fields[19] ?? null);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ESRCH') return null;
    throw error;
  }
}

/** @throws LoomError SANDBOX_UNAVAILABLE where it lives on, which only a process stuck in the kernel can do. */
export async function processGone(pid: number, startTime: string): Promise<void> {
  for (let waited = 0; waited < DEADLINE_MS; waited += STEP_MS) {
    if ((await startTimeOf(pid)) !== startTime) return;
    await delay(STEP_MS);
  }
  throw new LoomError(
    'SANDBOX_UNAVAILABLE',
    `Process ${pid} of a sandbox is still there ${DEADLINE_MS / 1000} s after it was killed.`,
    'A process that cannot die waits in the kernel, mostly for a disk or a network filesystem: see its state with ps.',
  );
}
