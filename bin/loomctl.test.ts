// The launcher in a tree of its own, with this Node in the place of the pinned one and a command that tells how it was run.
import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

const BIN = import.meta.dirname;
let root: string;

beforeAll(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), 'loom launcher-')));
  for (const folder of ['bin', 'cli', 'links', 'node_modules/node/bin'])
    await mkdir(join(root, folder), { recursive: true });
  for (const name of ['loomctl', 'with-runtime.mjs']) await copyFile(join(BIN, name), join(root, 'bin', name));
  await symlink(process.execPath, join(root, 'node_modules/node/bin/node'));
  await writeFile(join(root, 'package.json'), '{"type":"module"}');
  // What npm writes down says that everything is installed, so that nothing is.
  for (const lock of ['package-lock.json', 'node_modules/.package-lock.json']) {
    await writeFile(join(root, lock), '{"packages":{}}');
  }
  await writeFile(
    join(root, 'cli/loomctl.ts'),
    'console.log(JSON.stringify({ cwd: process.cwd(), args: process.argv.slice(2) })); process.exitCode = 3;',
  );
});

afterAll(() => rm(root, { recursive: true }));

const launch = (command: string, args: readonly string[], cwd: string) =>
  promisify(execFile)(command, [...args], { cwd }).catch((error: { code: number; stdout: string }) => error);

describe('loomctl', () => {
  test('runs in the folder where it was typed, with its arguments as they were, and passes the exit status on', async () => {
    const result = await launch(join(root, 'bin/loomctl'), ['bead', 'create', 'a  "title"', ''], root);
    expect(result).toMatchObject({ code: 3 });
    expect(JSON.parse(result.stdout)).toEqual({ cwd: root, args: ['bead', 'create', 'a  "title"', ''] });
  });

  test('is found through links to links, relative ones as well', async () => {
    await symlink('../bin/loomctl', join(root, 'links/first'));
    await symlink(join(root, 'links/first'), join(root, 'links/second'));
    const result = await launch('./second', ['x'], join(root, 'links'));
    expect(JSON.parse(result.stdout)).toEqual({ cwd: join(root, 'links'), args: ['x'] });
  });
});
