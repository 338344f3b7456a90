// The action catalogue over a real workspace and a real sandbox, called as a model calls it: by name, with JSON.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { existsSync, lstatSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ActionContext, ActionResult } from '../../actions/action.ts';
import { CATALOGUE } from '../../actions/catalogue.ts';
import { createRegistry } from '../../actions/registry.ts';
import { detectSandbox } from '../../sandbox/detect.ts';
import type { Sandbox } from '../../sandbox/sandbox.ts';
import { openWorkspace } from '../../workspace/workspace.ts';

const registry = createRegistry();
let folder: string;
let sandbox: Sandbox;
let base: string;
let context: ActionContext;
let artifacts: Map<string, string>;
let notes: string[];

const FILES: Readonly<Record<string, string>> = {
  'package.json': '{"name":"sample","type":"module","scripts":{"test":"node --test"}}\n',
  '.gitignore': 'node_modules/\n',
  'src/sum.js':
    'export function sum(values) {\n  let total = 0;\n  for (let i = 1; i < values.length; i++) {\n    total += values[i];\n  }\n  return total;\n}\n',
  'test/sum.test.js':
    "import test from 'node:test';\nimport assert from 'node:assert/strict';\nimport { sum } from '../src/sum.js';\n\ntest('sums nothing', () => assert.equal(sum([]), 0));\ntest('sums all', () => assert.equal(sum([1, 2, 3]), 6));\n",
};

beforeAll(async () => {
  sandbox = await detectSandbox({ ...process.env, LOOM_SANDBOX: 'bwrap' });
  folder = await mkdtemp(join(tmpdir(), 'loom-actions-test-'));
  const remote = join(folder, 'remote');
  for (const [path, content] of Object.entries(FILES)) {
    mkdirSync(join(remote, path, '..'), { recursive: true });
    writeFileSync(join(remote, path), content);
  }
  const git = (...args: string[]): string =>
    execFileSync('git', ['-c', 'user.name=n', '-c', 'user.email=e', ...args], { cwd: remote, encoding: 'utf8' }).trim();
  git('init', '-q');
  git('add', '-A');
  git('commit', '-qm', 'first');
  base = git('rev-parse', 'HEAD');
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

beforeEach(async () => {
  artifacts = new Map();
  notes = [];
  context = {
    workspace: await openWorkspace({
      dir: await mkdtemp(join(folder, 'run-')),
      remoteUrl: join(folder, 'remote'),
      baseCommit: base,
    }),
    sandbox,
    project: { testCommand: 'npm test', testTimeoutMs: 30_000, protectedPaths: ['test/**'] },
    bead: { failingTests: [{ file: 'test/sum.test.js', name: 'sums all' }] },
    signal: new AbortController().signal,
    note: (message) => notes.push(message),
    putArtifact: (content) => {
      artifacts.set('sha', Buffer.from(content).toString());
      return Promise.resolve('sha');
    },
  };
});

const call = (name: string, input: unknown): Promise<ActionResult> => registry.execute(name, input, context);
const read = (path: string): string => readFileSync(join(context.workspace.tree, path), 'utf8');
const write = (path: string, content: string | Buffer): void =>
  writeFileSync(join(context.workspace.tree, path), content);

describe('calling', () => {
  test('an action that does not exist names the nearest that does', async () => {
    expect(await call('readFile', {})).toMatchObject({
      status: 'error',
      code: 'UNKNOWN_ACTION',
      text: expect.stringContaining('Did you mean read_file?'),
    });
  });

  test.each([
    ['read_file', {}],
    ['read_file', { path: 'a', unknown: 1 }],
    ['edit_file', { path: 'a', old: '', new: 'x' }],
    ['run_command', { command: 'true', timeout: -1 }],
    ['git_diff', { base: '--output=/etc/passwd' }],
    ['done', 'finished'],
    ['done', null],
  ])('%s with the arguments %j says what is wrong with them and how they look', async (name, input) => {
    expect(await call(name, input)).toMatchObject({
      status: 'error',
      code: 'BAD_ARGUMENTS',
      text: expect.stringContaining('described by'),
    });
  });

  test.each(['read_file', 'write_file', 'edit_file'])(
    '%s outside the workspace is an error that the model reads',
    async (name) => {
      const input = { read_file: {}, write_file: { content: '' }, edit_file: { old: 'a', new: 'b' } }[name];
      for (const path of ['../git/HEAD', '/etc/passwd']) {
        expect(await call(name, { path, ...input })).toMatchObject({ status: 'error', code: 'OUTSIDE_WORKSPACE' });
      }
    },
  );

  test('after the lease has ended is refused', async () => {
    context = { ...context, signal: AbortSignal.abort(new Error('lease lost')) };
    await expect(call('read_file', { path: 'package.json' })).rejects.toThrow('lease lost');
  });

  test('every action of the catalogue has a schema for the models', () => {
    const tools = registry.tools();
    expect(tools.map(({ name }) => name)).toEqual([...CATALOGUE]);
    for (const { inputSchema, description } of tools) {
      expect(inputSchema).toMatchObject({ type: 'object', additionalProperties: false });
      expect(description.length).toBeGreaterThan(20);
    }
  });
});

describe('reading', () => {
  test('read_file numbers the lines, and gives a range of them', async () => {
    expect((await call('read_file', { path: 'src/sum.js', range: { start: 2, end: 3 } })).text).toBe(
      '2\t  let total = 0;\n3\t  for (let i = 1; i < values.length; i++) {',
    );
  });

  test('read_file says how to go on in a file that is too long', async () => {
    write('long.txt', Array.from({ length: 20_000 }, (_, index) => `line ${index + 1}`).join('\n'));
    const first = await call('read_file', { path: 'long.txt' });
    const { to } = first.data as { to: number };
    expect(first.text).toContain(`range {"start": ${to + 1}}`);
    const next = await call('read_file', { path: 'long.txt', range: { start: to + 1 } });
    expect(next.text.startsWith(`${to + 1}\tline ${to + 1}\n`)).toBe(true);
  });

  test('read_file refuses what is not text', async () => {
    write('image', Buffer.from([0x89, 0x50, 0, 1]));
    expect(await call('read_file', { path: 'image' })).toMatchObject({ status: 'error', code: 'NOT_TEXT' });
  });

  test('read_tree shows the tree and does not open what git ignores', async () => {
    mkdirSync(join(context.workspace.tree, 'node_modules/dep'), { recursive: true });
    write('node_modules/dep/index.js', '');
    expect((await call('read_tree', { path: '.' })).text).toBe(
      '.gitignore\nnode_modules/ (ignored by git)\npackage.json\nsrc/\n  sum.js\ntest/\n  sum.test.js',
    );
    expect((await call('read_tree', { path: 'node_modules' })).text).toBe('dep/\n  index.js');
  });

  test('search_text finds text and patterns, new files included, ignored ones not', async () => {
    write('src/new.js', 'const total = 1;\n');
    mkdirSync(join(context.workspace.tree, 'node_modules'));
    write('node_modules/x.js', 'total');
    expect((await call('search_text', { query: 'total =' })).text).toBe(
      'src/new.js:1: const total = 1;\nsrc/sum.js:2:   let total = 0;',
    );
    expect((await call('search_text', { query: String.raw`values\[\w\]`, regex: true, path: 'src/*.js' })).text).toBe(
      'src/sum.js:4:     total += values[i];',
    );
    expect(await call('search_text', { query: 'a', path: 'nowhere' })).toMatchObject({ code: 'NOT_FOUND' });
    expect(await call('search_text', { query: '(', regex: true })).toMatchObject({ code: 'BAD_ARGUMENTS' });
  });

  test('search_text reads nothing through a link', async () => {
    mkdirSync(join(context.workspace.tree, 'dir'));
    write('dir/passwd', 'root:inside\n');
    await context.workspace.status();
    execFileSync('rm', ['-r', join(context.workspace.tree, 'dir')]);
    symlinkSync('/etc', join(context.workspace.tree, 'dir'));
    symlinkSync('/etc/passwd', join(context.workspace.tree, 'link'));
    expect((await call('search_text', { query: 'root:' })).text).toMatch(/^No hit/);
  });

  test('search_text is not held up by a pattern that takes for ever', async () => {
    write('a.txt', `${'a'.repeat(60)}!\n`);
    expect(await call('search_text', { query: '(a+)+$', regex: true, path: 'a.txt' })).toMatchObject({
      code: 'TIMED_OUT',
    });
  });

  test('git_status and git_diff show the change since the base', async () => {
    expect((await call('git_status', {})).text).toBe('Nothing has changed.');
    write('new.txt', 'hello\n');
    expect((await call('git_status', {})).text).toBe('added new.txt');
    expect((await call('git_diff', {})).text).toContain('+hello');
    expect(await call('git_diff', { base: 'deadbeef' })).toMatchObject({ status: 'error', code: 'NOT_FOUND' });
  });
});

describe('editing', () => {
  test('write_file creates and replaces', async () => {
    expect(await call('write_file', { path: 'a/b.txt', content: 'x' })).toMatchObject({
      status: 'ok',
      data: { created: true },
    });
    expect(await call('write_file', { path: 'a/b.txt', content: 'y' })).toMatchObject({
      status: 'ok',
      data: { created: false },
    });
    expect(read('a/b.txt')).toBe('y');
  });

  test('edit_file replaces one place, keeps the mode, and says where', async () => {
    execFileSync('chmod', ['755', join(context.workspace.tree, 'src/sum.js')]);
    const result = await call('edit_file', { path: 'src/sum.js', old: 'let i = 1', new: 'let i = 0' });
    expect(result).toMatchObject({
      status: 'ok',
      data: { tier: 'exact', replacements: 1, lines: [{ from: 3, to: 3 }] },
    });
    expect(read('src/sum.js')).toContain('let i = 0;');
    expect(lstatSync(join(context.workspace.tree, 'src/sum.js')).mode & 0o777).toBe(0o755);
  });

  test('edit_file changes nothing where the place is not clear, and lists the places', async () => {
    write('twice.txt', 'same\nother\nsame\n');
    expect(await call('edit_file', { path: 'twice.txt', old: 'same', new: 'x' })).toMatchObject({
      status: 'error',
      code: 'AMBIGUOUS',
      data: {
        lines: [
          { from: 1, to: 1 },
          { from: 3, to: 3 },
        ],
      },
    });
    expect(read('twice.txt')).toBe('same\nother\nsame\n');
    expect(await call('edit_file', { path: 'twice.txt', old: 'same', new: 'x', all: true })).toMatchObject({
      data: { replacements: 2 },
    });
    expect(read('twice.txt')).toBe('x\nother\nx\n');
  });

  test('edit_file leaves every byte that it does not edit, in any encoding', async () => {
    const latin = Buffer.from('caf\xe9\r\nold\r\nlast', 'latin1');
    write('latin.txt', latin);
    await call('edit_file', { path: 'latin.txt', old: 'old\nlast', new: 'new\nlast' });
    expect(readFileSync(join(context.workspace.tree, 'latin.txt'))).toEqual(
      Buffer.from('caf\xe9\r\nnew\r\nlast', 'latin1'),
    );
    expect(await call('edit_file', { path: 'latin.txt', old: 'new', new: '→' })).toMatchObject({ code: 'NOT_TEXT' });
  });

  test('apply_patch changes, creates, renames and deletes in one go', async () => {
    write('old.txt', 'a\nb\n');
    write('gone.txt', 'x\n');
    const patch = `diff --git a/src/sum.js b/src/sum.js
--- a/src/sum.js
+++ b/src/sum.js
@@ -1,5 +1,5 @@
 export function sum(values) {
   let total = 0;
-  for (let i = 1; i < values.length; i++) {
+  for (let i = 0; i < values.length; i++) {
     total += values[i];
   }
diff --git a/old.txt b/moved.txt
similarity index 50%
rename from old.txt
rename to moved.txt
--- a/old.txt
+++ b/moved.txt
@@ -1,2 +1,2 @@
 a
-b
+c
diff --git a/gone.txt b/gone.txt
deleted file mode 100644
--- a/gone.txt
+++ /dev/null
@@ -1 +0,0 @@
-x
--- /dev/null
+++ b/fresh/new.txt
@@ -0,0 +1 @@
+hello
\\ No newline at end of file
`;
    expect(await call('apply_patch', { patch })).toMatchObject({ status: 'ok' });
    expect(read('src/sum.js')).toContain('let i = 0;');
    expect(read('moved.txt')).toBe('a\nc\n');
    expect(read('fresh/new.txt')).toBe('hello');
    expect(existsSync(join(context.workspace.tree, 'old.txt'))).toBe(false);
    expect(existsSync(join(context.workspace.tree, 'gone.txt'))).toBe(false);
  });

  test('apply_patch changes nothing where one hunk does not fit', async () => {
    const patch = `--- a/package.json\n+++ b/package.json\n@@ -1 +1 @@\n-${FILES['package.json']?.trim()}\n+{}\n--- a/src/sum.js\n+++ b/src/sum.js\n@@ -1 +1 @@\n-not there\n+x\n`;
    const result = await call('apply_patch', { patch });
    expect(result).toMatchObject({
      status: 'error',
      code: 'NO_MATCH',
      text: expect.stringContaining('src/sum.js: hunk 1'),
    });
    expect(await context.workspace.status()).toEqual([]);
  });

  test('no edit touches a protected path', async () => {
    const path = 'test/sum.test.js';
    const patch = `--- a/${path}\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n`;
    for (const [name, input] of [
      ['write_file', { path, content: '' }],
      ['edit_file', { path: `./${path}`, old: '6', new: '5' }],
      ['apply_patch', { patch }],
    ] as const) {
      expect(await call(name, input)).toMatchObject({ status: 'error', code: 'PROTECTED_PATH' });
    }
    expect(await context.workspace.status()).toEqual([]);
  });
});

describe('running', () => {
  test('run_command gives streams and exit code as text and as data', async () => {
    const result = await call('run_command', { command: 'echo out; echo err >&2; exit 4', cwd: 'src' });
    expect(result).toMatchObject({
      status: 'ok',
      data: { exitCode: 4, stdout: 'out\n', stderr: 'err\n', timedOut: false },
    });
    expect(result.text).toBe('exit code 4\n--- standard output ---\nout\n--- standard error ---\nerr');
  });

  test('run_command keeps a long output as an artifact and shows both its ends', async () => {
    const result = await call('run_command', { command: 'seq 1 50000' });
    expect(result.text).toMatch(
      /^exit code 0\n--- standard output ---\n1\n2\n[\s\S]*bytes cut from the middle[\s\S]*50000\nThe whole output is kept as artifact:sha$/,
    );
    expect(artifacts.get('sha')).toContain('\n25000\n');
  });

  test('run_command says that it was the time limit', async () => {
    expect(await call('run_command', { command: 'echo begun; sleep 100', timeout: 1 })).toMatchObject({
      status: 'error',
      code: 'TIMED_OUT',
      data: { exitCode: null, timedOut: true, stdout: 'begun\n' },
    });
  });

  test('run_command has no network', async () => {
    const { data } = await call('run_command', { command: 'curl -sS -m 5 http://1.1.1.1/' });
    expect(data).toMatchObject({ exitCode: 7 });
  });

  test('run_tests names what fails, with file and message, and the tests of the bead', async () => {
    const red = await call('run_tests', {});
    expect(red).toMatchObject({
      status: 'ok',
      data: {
        runner: 'node:test',
        passed: 1,
        failed: 1,
        failing: [{ file: 'test/sum.test.js', name: 'sums all' }],
        named: [{ name: 'sums all', status: 'fail' }],
        exitCode: 1,
      },
    });
    expect(red.text).toContain('5 !== 6');
    await call('edit_file', { path: 'src/sum.js', old: 'i = 1', new: 'i = 0' });
    expect((await call('run_tests', {})).data).toMatchObject({
      passed: 2,
      failed: 0,
      named: [{ status: 'pass' }],
      exitCode: 0,
    });
  });

  test('run_tests runs only what is asked for, where the runner can be told', async () => {
    expect((await call('run_tests', { pattern: 'sums nothing' })).data).toMatchObject({ passed: 1, failed: 0 });
    context = { ...context, project: { ...context.project, testCommand: './check.sh' } };
    write('check.sh', '#!/bin/sh\necho fine\n');
    execFileSync('chmod', ['755', join(context.workspace.tree, 'check.sh')]);
    const result = await call('run_tests', { pattern: 'x' });
    expect(result.text).toContain('everything was run');
    expect(result.data).toMatchObject({ runner: 'unknown', passed: null, exitCode: 0, named: [{ status: 'unknown' }] });
  });

  test('run_tests names Python tests that pass, with the same command', async () => {
    write('test_it.py', 'import unittest\nclass T(unittest.TestCase):\n    def test_ok(self): pass\n');
    context = {
      ...context,
      project: { ...context.project, testCommand: 'python3 -m unittest' },
      bead: { failingTests: [{ file: 'test_it.py', name: 'test_ok' }] },
    };
    expect((await call('run_tests', {})).data).toMatchObject({
      runner: 'unittest',
      passed: 1,
      named: [{ status: 'pass' }],
    });
  });

  test('run_tests without a test command says so', async () => {
    context = { ...context, project: { ...context.project, testCommand: null } };
    expect(await call('run_tests', {})).toMatchObject({ status: 'error', code: 'NOT_CONFIGURED' });
  });
});

describe('repairing', () => {
  test('repair_search finds the edit, applies it, and leaves the rest of the workspace alone', async () => {
    const result = await call('repair_search', { failing_tests: [{ file: 'test/sum.test.js', name: 'sums all' }] });
    expect(result).toMatchObject({ status: 'ok', data: { outcome: 'repaired' } });
    expect(result.text).toContain('+  for (let i = 0; i < values.length; i++) {');
    expect(await context.workspace.status()).toEqual([{ status: 'M', path: 'src/sum.js' }]);
    expect((await call('run_tests', {})).data).toMatchObject({ failed: 0 });
    expect(notes.length).toBeGreaterThan(0);
  });

  test('repair_search changes nothing where nothing is red', async () => {
    await call('edit_file', { path: 'src/sum.js', old: 'i = 1', new: 'i = 0' });
    const before = read('src/sum.js');
    const result = await call('repair_search', { failing_tests: [] });
    expect(result).toMatchObject({ status: 'ok', data: { outcome: 'already_green' } });
    expect(read('src/sum.js')).toBe(before);
  });
});

describe('ending', () => {
  test('done and escalate end the run with what the agent says', async () => {
    expect((await call('done', { summary: 'fixed', evidence: 'npm test', confidence: 0.9 })).end).toEqual({
      kind: 'done',
      summary: 'fixed',
      confidence: 0.9,
      evidence: 'npm test',
    });
    expect((await call('escalate', { reason: 'which one?', to: 'owner' })).end).toEqual({
      kind: 'escalate',
      summary: 'which one?',
      evidence: { to: 'owner' },
    });
  });
});
