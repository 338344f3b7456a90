// The key by which a host may read what the hub has. Writing needs a lease's token, which only that lease's host knows.
import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Reads the key, making it at first use. Safe against two starters: the file is created exclusively. */
export async function hostKey(dataDir: string): Promise<string> {
  const path = join(dataDir, 'host-key');
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await writeFile(path, `${randomBytes(32).toString('base64url')}\n`, { flag: 'wx', mode: 0o600 }).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    },
  );
  return (await readFile(path, 'utf8')).trim();
}
