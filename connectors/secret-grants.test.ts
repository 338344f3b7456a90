import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseSecretGrants, readSecret } from './secret-grants.ts';

const env = { TOKEN: 'abc123', OTHER: 'zzz', EMPTY: '' };
let folder: string;
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'loom-secrets-'))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('a secret', () => {
  const grants = parseSecretGrants(
    'env:TOKEN@api.example.com, env:TOKEN@*.hooks.example.com,env:EMPTY@api.example.com',
  );

  test.each(['api.example.com', 'a.hooks.example.com', 'a.b.hooks.example.com'])(
    'goes to %s, as granted',
    async (host) => {
      await expect(readSecret('env:TOKEN', host, grants, env)).resolves.toBe('abc123');
    },
  );

  test.each([
    ['env:TOKEN', 'example.com'],
    ['env:TOKEN', 'api.example.com.evil.test'],
    ['env:TOKEN', 'evilhooks.example.com'],
    ['env:TOKEN', 'hooks.example.com'],
    ['env:OTHER', 'api.example.com'],
    ['file:/etc/passwd', 'api.example.com'],
  ])('%s does not go to %s, and the operator learns what would permit it', async (reference, host) => {
    await expect(readSecret(reference, host, grants, env)).rejects.toMatchObject({
      reason: 'SECRET_REFUSED',
      next: expect.stringContaining(`${reference}@${host}`),
    });
  });

  test('is read from a file anew each time, without the newline at its end', async () => {
    const path = join(folder, 'token');
    const ofFile = parseSecretGrants(`file:${path}@api.example.com`);
    for (const value of ['first', 'second']) {
      writeFileSync(path, `${value}\n`);
      await expect(readSecret(`file:${path}`, 'api.example.com', ofFile, env)).resolves.toBe(value);
    }
  });

  test.each(['env:EMPTY', 'file:/nowhere/at/all'])(
    'that is not there (%s) is reported as missing',
    async (reference) => {
      const granted = parseSecretGrants(`${reference}@api.example.com`);
      await expect(readSecret(reference, 'api.example.com', granted, env)).rejects.toMatchObject({
        reason: 'SECRET_MISSING',
      });
    },
  );

  test.each(['TOKEN@host', 'env:TOKEN', 'env:TOKEN@', 'file:relative@host', 'env:TOKEN@ho*st'])(
    'cannot be granted by "%s", which is named',
    (entry) => expect(() => parseSecretGrants(entry)).toThrow(entry),
  );
});
