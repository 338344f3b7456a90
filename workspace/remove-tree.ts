// Removes whatever an agent has left: trees deeper than a path may be long, folders without permissions.
import { execFile } from 'node:child_process';
import { lstat } from 'node:fs/promises';
import { promisify } from 'node:util';
import { LoomError } from '../domain/errors.ts';

const run = promisify(execFile);
const DEADLINE = { timeout: 120_000, killSignal: 'SIGKILL' } as const;

/** rm and chmod walk by descriptors, so that depth is no limit to them, and follow no link. Nothing there is no error. */
export async function removeTree(path: string): Promise<void> {
  const first = await attempt(path);
  if (first === null) return;
  await makeAccessible(path);
  const second = await attempt(path);
  if (second === null) return;
  throw new LoomError(
    'UNAVAILABLE',
    `${path} cannot be removed: ${second}`,
    'Remove it by hand; it is no longer used.',
  );
}

/** Gives the owner back what a folder or file of his has lost; content that is not his stays as it is. */
export async function makeAccessible(path: string): Promise<void> {
  await run('chmod', ['-R', 'u+rwX', '--', path], DEADLINE).catch(() => undefined); // what remains shows at the next use
}

async function attempt(path: string): Promise<string | null> {
  try {
    await run('rm', ['-rf', '--one-file-system', '--', path], DEADLINE);
    return null;
  } catch (error) {
    const left = await lstat(path).catch(() => null);
    return left === null ? null : error instanceof Error ? error.message : String(error);
  }
}
