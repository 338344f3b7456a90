// The key is made at the first start and never changed by Loom: an installation without a key does not exist.
import { randomBytes } from 'node:crypto';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { LoomError } from '../domain/errors.ts';

/**
 * Reads the key, making the file (owner only) where it is missing. Safe against two starters: the file appears with its content.
 * @throws CONFIG_INVALID when the file holds no usable key.
 */
export async function apiKey(path: string): Promise<string> {
  const found = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
    return undefined;
  });
  if (found === undefined) {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const draft = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`;
    await writeFile(draft, `${randomBytes(32).toString('base64url')}\n`, { flag: 'wx', mode: 0o600 });
    await link(draft, path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
    await rm(draft);
    return apiKey(path);
  }
  const key = found.trim();
  if (!/^[!-~]{16,}$/.test(key)) {
    throw new LoomError(
      'CONFIG_INVALID',
      `${path} holds no usable API key: it takes one line of at least 16 printable characters`,
      'Write a long random key into it, or remove it and start again to have one made.',
    );
  }
  return key;
}
