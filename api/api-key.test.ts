import { chmod, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { apiKey } from './api-key.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'loom-key-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('the API key', () => {
  test('is made once, however many starters want it at the same time, and only its owner may read it', async () => {
    const path = join(folder, 'deep', 'api-key');
    const keys = await Promise.all(Array.from({ length: 20 }, () => apiKey(path)));
    expect(new Set(keys).size).toBe(1);
    expect(keys[0]).toMatch(/^[\w-]{43}$/);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await readdir(join(folder, 'deep'))).toEqual(['api-key']);
  });

  test('that an operator has written is used as it stands', async () => {
    const path = join(folder, 'api-key');
    await writeFile(path, '  a-key-of-the-operator  \n');
    expect(await apiKey(path)).toBe('a-key-of-the-operator');
  });

  test.each(['', 'short', 'two words of some length', 'two\nlines-of-some-length'])('"%s" is refused', async (text) => {
    const path = join(folder, 'api-key');
    await writeFile(path, text);
    await chmod(path, 0o600);
    await expect(apiKey(path)).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });
});
