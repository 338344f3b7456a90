import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { findDataDir, findInstallation } from './installation.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'loom-cli-'));
  mkdirSync(join(folder, '.loom', 'run'), { recursive: true });
  mkdirSync(join(folder, 'repository', 'src'), { recursive: true });
  writeFileSync(join(folder, '.loom', 'api-key'), 'key-of-the-folder\n');
});
afterEach(() => rmSync(folder, { recursive: true }));

const stackAt = (api: string): void =>
  writeFileSync(
    join(folder, '.loom', 'run', 'stack.json'),
    JSON.stringify({
      supervisor: { pid: 1, identity: 'x' },
      state: 'ready',
      startedAt: '2026-01-01T00:00:00.000Z',
      endpoints: { api },
      apiKeyFile: join(folder, '.loom', 'api-key'),
      parts: {},
    }),
  );

describe('the Loom that a command speaks to', () => {
  test('is that of the nearest data folder upwards, with its address and its key', () => {
    stackAt('http://127.0.0.1:5555');
    expect(findInstallation({}, {}, join(folder, 'repository', 'src'))).toEqual({
      url: 'http://127.0.0.1:5555',
      key: 'key-of-the-folder',
    });
  });

  test("is not taken from the .loom folder of a repository, which holds the project's own settings", () => {
    mkdirSync(join(folder, 'repository', '.loom'));
    writeFileSync(join(folder, 'repository', '.loom', 'project.yaml'), '');
    expect(findDataDir({}, join(folder, 'repository'))).toBe(join(folder, '.loom'));
  });

  test('is the one that the environment names, and before that the one that an option names', () => {
    const env = { LOOM_API_URL: 'http://10.0.0.1:1/', LOOM_API_KEY: 'from the environment' };
    expect(findInstallation({}, env, folder)).toEqual({ url: 'http://10.0.0.1:1', key: 'from the environment' });
    expect(findInstallation({ url: 'http://10.0.0.2:2', apiKey: 'given' }, env, folder)).toEqual({
      url: 'http://10.0.0.2:2',
      key: 'given',
    });
  });

  test('is never shown the key of another one', () => {
    expect(() => findInstallation({ url: 'https://loom.example.com' }, {}, folder)).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID' }),
    );
    expect(() => findInstallation({ url: 'http://127.0.0.1.example.com' }, {}, folder)).not.toThrow(TypeError);
    expect(findInstallation({ url: 'http://127.0.0.1:9999' }, {}, folder).key).toBe('key-of-the-folder');
  });

  test('is told to be started where there is none', () => {
    rmSync(join(folder, '.loom', 'api-key'));
    const env = { LOOM_DATA_DIR: join(folder, '.loom') };
    expect(() => findInstallation({}, env, folder)).toThrow(
      expect.objectContaining({ code: 'UNAVAILABLE', next: expect.stringContaining('npm start') }),
    );
  });

  test.each(['nonsense', 'ftp://127.0.0.1'])('cannot be at "%s"', (url) => {
    expect(() => findInstallation({ url }, {}, folder)).toThrow(expect.objectContaining({ code: 'BAD_INPUT' }));
  });
});
