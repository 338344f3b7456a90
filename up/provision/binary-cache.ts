// A folder that several checkouts share. An entry appears whole or not at all, whoever else is adding it at the same time.
import { mkdir, mkdtemp, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { LoomError } from '../../domain/errors.ts';
import { isSystemError } from '../system-error.ts';

const ABANDONED_AFTER_MS = 3_600_000;

/** `$XDG_CACHE_HOME/loom`, else `~/.cache/loom`, else (no home that can be written) `cache` in the data folder. */
export async function cacheFolder(env: Readonly<Record<string, string | undefined>>, dataDir: string): Promise<string> {
  const base = env['XDG_CACHE_HOME'] || (env['HOME'] ? join(env['HOME'], '.cache') : '');
  if (base) {
    const shared = join(base, 'loom');
    const usable = await mkdir(shared, { recursive: true }).then(
      () => true,
      () => false, // a home that is missing or read-only is no error: the data folder serves as well
    );
    if (usable) return shared;
  }
  const own = join(dataDir, 'cache');
  await mkdir(own, { recursive: true });
  return own;
}

/**
 * The path of `file` in entry `key`, which `fill` makes when it is not there: it is given an empty folder to put the file in.
 * Keys hold the hash of what they were made from. Safe against other processes; the loser of a race uses the winner's.
 */
export async function cached(
  folder: string,
  key: string,
  file: string,
  fill: (empty: string) => Promise<void>,
): Promise<{ readonly path: string; readonly hit: boolean }> {
  const entry = join(folder, key);
  const path = join(entry, file);
  if (await exists(path)) return { path, hit: true };
  await removeAbandoned(folder, key);
  const making = await mkdtemp(join(folder, `.making-${key}-`));
  try {
    await fill(making);
    await flush(join(making, file));
    await rename(making, entry).catch(async (error: unknown) => {
      if (!(await exists(path))) throw error;
    });
  } finally {
    await rm(making, { recursive: true, force: true });
  }
  if (!(await exists(path))) {
    throw new LoomError('UNAVAILABLE', `${entry} holds no ${file}`, `Remove ${dirname(path)} and start again.`);
  }
  return { path, hit: false };
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    (error: unknown) => {
      if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return false;
      throw error;
    },
  );
}

/** So that a power cut does not leave the entry with an empty file. */
async function flush(path: string): Promise<void> {
  const file = await open(path, 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

/** What a starter that was killed left half made. */
async function removeAbandoned(folder: string, key: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!name.startsWith(`.making-${key}-`)) continue;
    const path = join(folder, name);
    const made = await stat(path).catch(() => undefined); // gone meanwhile: another starter has finished it
    if (made && Date.now() - made.mtimeMs > ABANDONED_AFTER_MS) await rm(path, { recursive: true, force: true });
  }
}
