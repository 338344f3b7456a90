// A run's checkout: content goes in and out exactly, and nothing that lies in the tree gets hold of the platform's git or files.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, lstatSync, mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AddressInfo } from 'node:net';
import { FileError } from '../../workspace/file-error.ts';
import { deleteFileIn, listFolderIn, readFileIn, writeFileIn } from '../../workspace/files.ts';
import { openWorkspace } from '../../workspace/workspace.ts';
import type { Workspace } from '../../workspace/workspace.ts';

let folder: string;
let remote: string;
let base: string;
let workspace: Workspace;

const shell = (cwd: string, script: string): string =>
  execFileSync('/bin/bash', ['--norc', '-ec', script], {
    cwd,
    encoding: 'utf8',
    env: { PATH: process.env.PATH, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' },
  }).trim();

const inTree = (script: string): string => shell(workspace.tree, script);
const DETAILS = { message: 'step\n\nLoom-Step: 1\n', date: 1_700_000_000 };
const paths = (changes: readonly { status: string; path: string }[]): string[] =>
  changes.map(({ status, path }) => `${status} ${path}`);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'loom-workspace-test-'));
  remote = join(folder, 'remote');
  mkdirSync(remote);
  base = shell(
    remote,
    `git init -q; git config user.email a@b; git config user.name n
     mkdir src; echo one > a.txt; echo two > src/b.js; printf '#!/bin/sh\\n' > run.sh; chmod +x run.sh
     printf 'node_modules/\\n*.log\\n' > .gitignore; git add -A; git commit -qm first; git rev-parse HEAD`,
  );
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

beforeEach(async () => {
  workspace = await openWorkspace({ dir: await mkdtemp(join(folder, 'run-')), remoteUrl: remote, baseCommit: base });
});

describe('opening', () => {
  test('gives exactly the content of the commit, with no trace of git in the tree', () => {
    expect(readdirSync(workspace.tree).toSorted()).toEqual(['.gitignore', 'a.txt', 'run.sh', 'src']);
    expect(lstatSync(join(workspace.tree, 'run.sh')).mode & 0o111).toBe(0o111);
  });

  test('again brings the content back, and leaves what git ignores', async () => {
    inTree(
      'echo changed > a.txt; rm -r src; echo new > new.txt; mkdir -p node_modules/x; echo set-up > node_modules/x/y',
    );
    const again = await openWorkspace({ dir: workspace.dir, remoteUrl: remote, baseCommit: base });
    expect(await again.status()).toEqual([]);
    expect(existsSync(join(workspace.tree, 'new.txt'))).toBe(false);
    expect(readFileSync(join(workspace.tree, 'node_modules/x/y'), 'utf8')).toBe('set-up\n');
  });

  test('after a crash in the middle of a git call is not stopped by its locks', async () => {
    writeFileSync(join(workspace.dir, 'git', 'index.lock'), '');
    const again = await openWorkspace({ dir: workspace.dir, remoteUrl: remote, baseCommit: base });
    expect(await again.status()).toEqual([]);
  });

  test('at a commit that the remote does not have says so', async () => {
    const opening = openWorkspace({ dir: join(folder, 'missing'), remoteUrl: remote, baseCommit: 'f'.repeat(40) });
    await expect(opening).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  test('of anything but http, https and a path is refused', async () => {
    for (const remoteUrl of ['ext::sh -c id', 'ssh://host/x', 'file:///x', '--upload-pack=id']) {
      const opening = openWorkspace({ dir: join(folder, 'bad'), remoteUrl, baseCommit: base });
      await expect(opening).rejects.toMatchObject({ code: 'BAD_INPUT' });
    }
  });

  test('stops when its lease ends', async () => {
    const signal = AbortSignal.abort(new Error('lease lost'));
    const opening = openWorkspace({ dir: join(folder, 'lost'), remoteUrl: remote, baseCommit: base }, signal);
    await expect(opening).rejects.toThrow('lease lost');
  });
});

describe('a checkpoint', () => {
  test('holds what was added, changed, deleted and turned into a link, and no more', async () => {
    inTree(
      'echo more >> a.txt; rm src/b.js; mkdir d; echo n > d/new; ln -s /etc/passwd link; rm run.sh; ln -s a.txt run.sh; echo l > x.log',
    );
    const commit = await workspace.checkpoint(base, DETAILS);
    expect(paths(await workspace.changedPaths(base, commit ?? ''))).toEqual([
      'M a.txt',
      'A d/new',
      'A link',
      'T run.sh',
      'D src/b.js',
    ]);
    await workspace.restore(base);
    await workspace.restore(commit ?? '');
    expect(inTree('cat a.txt d/new; readlink link run.sh; ls; cat x.log')).toBe(
      'one\nmore\nn\n/etc/passwd\na.txt\na.txt\nd\nlink\nrun.sh\nx.log\nl',
    );
  });

  test('of an unchanged tree is none', async () => {
    expect(await workspace.checkpoint(base, DETAILS)).toBeNull();
    inTree('touch a.txt; echo log > x.log; mkdir empty');
    expect(await workspace.checkpoint(base, DETAILS)).toBeNull();
  });

  test('notices a change that hides its time and size', async () => {
    inTree('echo six > a.txt; touch -d 2001-01-01 a.txt');
    expect(await workspace.checkpoint(base, DETAILS)).not.toBeNull();
  });

  test('with the same content, parent, message and date is the same commit', async () => {
    inTree('echo x > x');
    const first = await workspace.checkpoint(base, DETAILS);
    await workspace.restore(base);
    inTree('echo x > x');
    expect(await workspace.checkpoint(base, DETAILS)).toBe(first);
  });

  test('does not follow a folder that was replaced by a link', async () => {
    inTree('rm -r src; ln -s /etc src');
    const commit = await workspace.checkpoint(base, DETAILS);
    expect(paths(await workspace.changedPaths(base, commit ?? ''))).toEqual(['A src', 'D src/b.js']);
    await workspace.restore(base);
    expect(inTree('cat src/b.js')).toBe('two');
  });

  test('runs no filter, hook, monitor or nested configuration that lies in the tree', async () => {
    const trap = join(folder, 'sprung');
    inTree(`
      printf '* filter=trap diff=trap\\n' > .gitattributes
      mkdir -p .git/hooks nested; printf '[core]\\n\\tfsmonitor = touch ${trap}\\n[filter "trap"]\\n\\tclean = touch ${trap}\\n\\tsmudge = touch ${trap}\\n' > .git/config
      printf '#!/bin/sh\\ntouch ${trap}\\n' > .git/hooks/post-checkout; chmod +x .git/hooks/post-checkout
      cd nested; git init -q; cp ../.git/config .git/config.new; cat .git/config.new >> .git/config; echo x > x; git -c core.fsmonitor= add x || true`);
    await rm(trap, { force: true });
    await workspace.checkpoint(base, DETAILS);
    await workspace.status();
    await workspace.diff();
    await workspace.restore(base);
    expect(existsSync(trap)).toBe(false);
  });

  test('leaves nested repositories out, with and without commits', async () => {
    inTree(
      `mkdir one two; (cd one; git init -q; echo 1 > 1); (cd two; git init -q; echo 2 > 2; git add -A; git -c user.name=n -c user.email=e commit -qm x); echo x > x`,
    );
    const commit = await workspace.checkpoint(base, DETAILS);
    expect(paths(await workspace.changedPaths(base, commit ?? ''))).toEqual(['A x']);
    await workspace.restore(commit ?? '');
    expect(readdirSync(workspace.tree)).not.toContain('one');
  });

  test('takes names with blanks, quotes, line ends and other alphabets as they are', async () => {
    const names = ['a b', 'q"uote', 'new\nline', 'ünïcode', '-dash', '*'];
    for (const name of names) writeFileSync(join(workspace.tree, name), name);
    const commit = await workspace.checkpoint(base, DETAILS);
    expect((await workspace.changedPaths(base, commit ?? '')).map(({ path }) => path).toSorted()).toEqual(
      names.toSorted(),
    );
    await workspace.restore(base);
    await workspace.restore(commit ?? '');
    expect(readFileSync(join(workspace.tree, 'new\nline'), 'utf8')).toBe('new\nline');
  });

  test('refuses a file that is too large, before it is stored', async () => {
    inTree('truncate -s 200M big.bin');
    await expect(workspace.checkpoint(base, DETAILS)).rejects.toMatchObject({ code: 'TOO_LARGE' });
    inTree('mv big.bin big.log');
    expect(await workspace.checkpoint(base, DETAILS)).toBeNull();
  });

  test('leaves out what git takes for its own in disguise', async () => {
    inTree('mkdir .GIT; echo x > git~1; echo x > .GIT/x; echo x > x');
    const commit = await workspace.checkpoint(base, DETAILS);
    expect(paths(await workspace.changedPaths(base, commit ?? ''))).not.toContain('A git~1');
  });

  test('and everything else goes on where the owner has locked a folder or a file', async () => {
    inTree('mkdir locked; echo x > locked/f; chmod 000 locked/f locked; chmod 000 src');
    const commit = await workspace.checkpoint(base, DETAILS);
    expect(paths(await workspace.changedPaths(base, commit ?? ''))).toEqual(['A locked/f']);
    inTree('chmod 000 locked src');
    await workspace.restore(base);
    expect(readdirSync(workspace.tree)).not.toContain('locked');
  });

  test('is unaffected by a FIFO and a socket', async () => {
    inTree(`mkfifo pipe; python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("sock")'; echo x > x`);
    const commit = await workspace.checkpoint(base, DETAILS);
    expect(paths(await workspace.changedPaths(base, commit ?? ''))).toEqual(['A x']);
  });
});

describe('restoring and closing', () => {
  const DEEP = `python3 -c '
import os
for _ in range(300):
    os.mkdir("d" * 40)
    os.chdir("d" * 40)'`;

  test('cope with a tree that is deeper than a path may be long', async () => {
    inTree(`${DEEP}; mkdir src/x; cd src/x; ${DEEP}`);
    await workspace.restore(base);
    expect(readdirSync(workspace.tree).toSorted()).toEqual(['.gitignore', 'a.txt', 'run.sh', 'src']);
    expect(readdirSync(join(workspace.tree, 'src'))).toEqual(['b.js']);
    inTree(`mkdir node_modules; cd node_modules; ${DEEP}; chmod 000 d*`);
    await workspace.close();
    expect(existsSync(workspace.dir)).toBe(false);
  });

  test('calls of one workspace at the same time wait for each other', async () => {
    inTree('echo x > x');
    const [status, diff, commit] = await Promise.all([
      workspace.status(),
      workspace.diff(),
      workspace.checkpoint(base, DETAILS),
    ]);
    expect(paths(status)).toEqual(['A x']);
    expect(diff).toContain('+x');
    expect(commit).not.toBeNull();
  });
});

describe('pushing and fetching', () => {
  test('move a checkpoint to the remote and into another workspace', async () => {
    inTree('echo far > far.txt');
    const commit = (await workspace.checkpoint(base, DETAILS)) ?? '';
    await workspace.push(commit, 'refs/loom/runs/r1/1');
    const other = await openWorkspace({ dir: join(folder, 'other'), remoteUrl: remote, baseCommit: base });
    expect(await other.fetch('refs/loom/runs/r1/1')).toBe(commit);
    await other.restore(commit);
    expect(paths(await other.status())).toEqual(['A far.txt']);
    await expect(other.fetch('refs/loom/runs/none/1')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  test('a push that the remote refuses is a conflict, with what it said', async () => {
    const strict = join(folder, 'strict');
    shell(
      folder,
      `git clone -q --bare remote strict; printf '#!/bin/sh\\necho "fence 3 is over" >&2; exit 1\\n' > strict/hooks/pre-receive; chmod +x strict/hooks/pre-receive`,
    );
    const guarded = await openWorkspace({ dir: join(folder, 'guarded'), remoteUrl: strict, baseCommit: base });
    await expect(guarded.push(base, 'refs/loom/runs/r1/1')).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringContaining('fence 3 is over'),
    });
  });

  test('the token goes to the remote, and a refusal of it is told as such', async () => {
    const seen: (string | undefined)[] = [];
    const server = createServer((request, response) => {
      seen.push(request.headers.authorization);
      response.writeHead(403).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const remoteUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/x.git`;
    const opening = openWorkspace({ dir: join(folder, 'refused'), remoteUrl, token: 'abc', baseCommit: base });
    await expect(opening).rejects.toMatchObject({ code: 'UNAUTHORIZED' });
    expect(seen).toEqual(['Bearer abc']);
    await new Promise((resolve) => server.close(resolve));
  });

  test('a remote that is away for a moment is asked again, one that refuses is not', async () => {
    const answers = [503, 502, 409];
    const server = createServer((_request, response) => {
      response.writeHead(answers.shift() ?? 500).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const remoteUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/x.git`;
    const opening = openWorkspace({ dir: join(folder, 'asked-again'), remoteUrl, baseCommit: base });
    await expect(opening).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(answers).toEqual([]);
    await new Promise((resolve) => server.close(resolve));
  });

  test('the token is in no argument and in no file', async () => {
    const token = 'token-that-nobody-else-may-see';
    const dir = join(folder, 'with-token');
    const remoteUrl = 'http://127.0.0.1:9/x.git';
    const opened = openWorkspace({ dir, remoteUrl, token, baseCommit: base, patienceMs: 0 });
    await expect(opened).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.not.stringContaining(token),
    });
    expect(shell(dir, `grep -r ${token} . || true`)).toBe('');
  });
});

describe("the platform's hands", () => {
  const code = async (action: Promise<unknown>): Promise<string> => {
    const error: unknown = await action.then(
      () => 'done',
      (reason: unknown) => reason,
    );
    return error instanceof FileError ? error.code : String(error);
  };

  test.each([
    ['/etc/passwd', 'OUTSIDE_WORKSPACE'],
    ['../git/HEAD', 'OUTSIDE_WORKSPACE'],
    ['src/../../git/HEAD', 'OUTSIDE_WORKSPACE'],
    ['a\0b', 'BAD_PATH'],
    ['n'.repeat(300), 'BAD_PATH'],
    ['a.txt/x', 'NOT_A_FOLDER'],
    ['src', 'NOT_A_FILE'],
    ['.', 'NOT_A_FILE'],
    ['missing', 'NOT_FOUND'],
  ])('do not read %j: %s', async (path, expected) => {
    expect(await code(readFileIn(workspace.tree, path))).toBe(expected);
  });

  test('follow no link that leads out, in any place of the path', async () => {
    symlinkSync('/etc', join(workspace.tree, 'out'));
    symlinkSync('../git', join(workspace.tree, 'up'));
    symlinkSync('../../../etc/passwd', join(workspace.tree, 'src/far'));
    symlinkSync('out', join(workspace.tree, 'twice'));
    for (const path of ['out/passwd', 'up/HEAD', 'src/far', 'twice/passwd']) {
      expect(await code(readFileIn(workspace.tree, path))).toBe('OUTSIDE_WORKSPACE');
      expect(await code(writeFileIn(workspace.tree, path, Buffer.from('x')))).toBe('OUTSIDE_WORKSPACE');
    }
    expect(await code(listFolderIn(workspace.tree, 'out'))).toBe('OUTSIDE_WORKSPACE');
    expect(await code(deleteFileIn(workspace.tree, 'out/passwd'))).toBe('OUTSIDE_WORKSPACE');
  });

  test("follow a link inside, relative or as the agent's code sees it", async () => {
    symlinkSync('../a.txt', join(workspace.tree, 'src/near'));
    symlinkSync('/workspace/src', join(workspace.tree, 'seen'));
    expect((await readFileIn(workspace.tree, 'src/near')).bytes.toString()).toBe('one\n');
    expect((await readFileIn(workspace.tree, 'seen/near')).bytes.toString()).toBe('one\n');
    await writeFileIn(workspace.tree, 'src/near', Buffer.from('written'));
    expect(readFileSync(join(workspace.tree, 'a.txt'), 'utf8')).toBe('written');
    expect(lstatSync(join(workspace.tree, 'src/near')).isSymbolicLink()).toBe(true);
  });

  test('end on a link that leads to itself', async () => {
    symlinkSync('loop', join(workspace.tree, 'loop'));
    expect(await code(readFileIn(workspace.tree, 'loop'))).toBe('BAD_PATH');
  });

  test('do not wait for a FIFO, and take no file that is too large', async () => {
    inTree('mkfifo pipe; truncate -s 20M big');
    expect(await code(readFileIn(workspace.tree, 'pipe'))).toBe('NOT_A_FILE');
    expect(await code(writeFileIn(workspace.tree, 'pipe', Buffer.from('x')))).toBe('NOT_A_FILE');
    expect(await code(readFileIn(workspace.tree, 'big'))).toBe('TOO_LARGE');
    expect(await code(writeFileIn(workspace.tree, 'x', Buffer.alloc(9 * 1024 * 1024)))).toBe('TOO_LARGE');
  });

  test('keep the mode of a file, create folders on the way, and leave nothing half-written', async () => {
    await writeFileIn(workspace.tree, 'run.sh', Buffer.from('#!/bin/sh\nexit 1\n'));
    await writeFileIn(workspace.tree, 'x/y/z.txt', Buffer.from('deep'));
    expect(lstatSync(join(workspace.tree, 'run.sh')).mode & 0o777).toBe(0o755);
    expect(lstatSync(join(workspace.tree, 'x/y/z.txt')).mode & 0o777).toBe(0o644);
    expect(inTree('find . -name ".loom-*"')).toBe('');
  });

  test('do not write where git would keep its own', async () => {
    expect(await code(writeFileIn(workspace.tree, '.git/config', Buffer.from('x')))).toBe('NOT_PERMITTED');
  });

  test('delete a link and not what it leads to', async () => {
    symlinkSync('a.txt', join(workspace.tree, 'link'));
    await deleteFileIn(workspace.tree, 'link');
    expect(readFileSync(join(workspace.tree, 'a.txt'), 'utf8')).toBe('one\n');
    expect(await code(deleteFileIn(workspace.tree, 'src'))).toBe('NOT_A_FILE');
  });

  test('are not led out by a folder that turns into a link while they walk', async () => {
    inTree('mkdir -p flip/in; echo inside > flip/in/passwd; ln -s /etc flip/out');
    const swapping = `
import os
while True:
    os.rename("in", "was"); os.rename("out", "in"); os.rename("in", "out"); os.rename("was", "in")`;
    const child = spawn('/usr/bin/python3', ['-c', swapping], { cwd: join(workspace.tree, 'flip') });
    try {
      const seen = new Set<string>();
      for (let round = 0; round < 5_000; round++) {
        seen.add(
          await readFileIn(workspace.tree, 'flip/in/passwd').then(
            ({ bytes }) => bytes.toString(),
            (error: FileError) => error.code,
          ),
        );
      }
      expect([...seen].filter((text) => text.includes('root:'))).toEqual([]);
      // Both states were met, so there was something to be led out by.
      expect([...seen]).toEqual(expect.arrayContaining(['inside\n', 'OUTSIDE_WORKSPACE']));
    } finally {
      child.kill('SIGKILL');
    }
  });
});
