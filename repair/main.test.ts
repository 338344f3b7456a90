import { spawn } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { runCommand } from './command/process-group.ts';
import { applyEdits } from './edits.ts';
import { LAND_AT } from './protocol.ts';
import type { RepairEvent, RepairResult } from './protocol.ts';

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));
const FIXTURES = fileURLToPath(new URL('./fixtures', import.meta.url));
const PACKAGES = fileURLToPath(new URL('../node_modules', import.meta.url));
const LIMIT = 120_000;

let home = '';
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'loom-repair-test-'));
});
afterEach(() => {
  rmSync(home, { recursive: true, force: true });
});

const snapshot = (dir: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(dir, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      // The packages are Loom's own, and others work with them at the same time.
      .filter((path) => !path.startsWith(join(dir, 'node_modules')))
      .sort()
      .map((path) => [path, readFileSync(path, 'utf8')]),
  );

/** Runs the entry as a host does and checks what must hold for every call: JSON lines, one result, an untouched workspace. */
async function repairFixture(
  name: string,
  request: object,
): Promise<{ result: RepairResult; events: RepairEvent[]; root: string }> {
  const root = join(home, name);
  cpSync(join(FIXTURES, name), root, { recursive: true });
  // The runner of a project that brings one: Loom's own serves.
  const manifest = join(root, 'package.json');
  if (existsSync(manifest) && readFileSync(manifest, 'utf8').includes('devDependencies'))
    symlinkSync(PACKAGES, join(root, 'node_modules'));
  const before = snapshot(root);
  const child = spawn(process.execPath, [MAIN], {
    cwd: root,
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  let out = '';
  let errors = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (out += chunk));
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (errors += chunk));
  child.stdin.end(JSON.stringify({ testTimeoutMs: 20_000, ...request }));
  const code = await new Promise((done) => child.on('close', done));
  expect({ code, errors }).toEqual({ code: 0, errors: '' });
  const events = out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as RepairEvent);
  const result = events.at(-1);
  if (result?.event !== 'result') throw new Error(`the last line is no result: ${out.slice(-300)}`);
  expect(events.filter((event) => event.event === 'result')).toHaveLength(1);
  expect(snapshot(root)).toEqual(before);
  return { result, events, root };
}

/** Applies the patch in the copy and runs the command there. */
async function isGreenAfter(root: string, result: RepairResult, command: string): Promise<boolean> {
  const edits = result.patch?.edits ?? [];
  for (const file of new Set(edits.map((edit) => edit.file))) {
    const path = join(root, file);
    writeFileSync(
      path,
      applyEdits(
        readFileSync(path, 'utf8'),
        edits.filter((edit) => edit.file === file),
      ),
    );
  }
  return (await runCommand(command, { cwd: root, timeoutMs: 20_000, env: { NODE_OPTIONS: '' } })).code === 0;
}

describe('repair', () => {
  test.each([
    ['esm', 'npm test', 'src/window.js', 'i + size <= values.length'],
    ['commonjs', 'npm test', 'lib/rate.js', 'price * rate'],
    ['typescript', 'npm test', 'src/stack.ts', 'frame.depth > best.depth'],
    ['endless-loop', 'npm test', 'src/digits.js', 'n / 10'],
    ['several-files', 'npm test', 'src/shipping.js', 'goods <= 50'],
    ['real-runner', 'npm test', 'src/clamp.js', 'Math.max(low'],
    ['jest', 'node_modules/.bin/jest', 'src/range.js', 'i < to'],
    ['two-places', 'npm test', 'src/thirds.js', 'i % 3 === 0 ? thirds[i / 3]'],
    ['python', 'python3 -m unittest', 'src/median.py', 'half - 1'],
  ])(
    'repairs the %s project, in the right file',
    async (name, testCommand, file, expected) => {
      const failingTests = name === 'real-runner' ? [{ file: 'check.js', name: 'keeps what lies between' }] : [];
      const { result, root } = await repairFixture(name, {
        testCommand,
        failingTests,
        protected: ['test/**', 'tests/**', 'check.js'],
      });
      expect(result).toMatchObject({ outcome: 'repaired' });
      expect(result.patch?.diff).toContain(`+++ b/${file}`);
      expect(result.patch?.diff).toContain(expected);
      expect(await isGreenAfter(root, result, testCommand)).toBe(true);
    },
    LIMIT,
  );

  test(
    'is sure enough to land a repair that several tests agree on',
    async () => {
      const { result } = await repairFixture('endless-loop', { testCommand: 'npm test' });
      expect(result.confidence).toBeGreaterThanOrEqual(LAND_AT);
      expect(result.evidence).toMatchObject({ fixed: 2, guarded: 1 });
    },
    LIMIT,
  );

  test(
    'says that a green project needs no repair',
    async () => {
      const { result } = await repairFixture('already-green', { testCommand: 'npm test' });
      expect(result.outcome).toBe('already_green');
      expect(result.patch).toBeUndefined();
    },
    LIMIT,
  );

  test(
    'gives up within its budget when no small edit helps',
    async () => {
      const { result } = await repairFixture('not-fixable', { testCommand: 'npm test', maxEvaluations: 300 });
      expect(result.outcome).toBe('not_found');
      expect(result.evaluations).toBeLessThanOrEqual(350);
      expect(result.suspects.map((suspect) => suspect.file)).toContain('src/roman.js');
    },
    LIMIT,
  );

  test(
    'never edits a protected file',
    async () => {
      const { result } = await repairFixture('several-files', {
        testCommand: 'npm test',
        protected: ['test/**', 'src/**'],
      });
      expect(result.outcome).toBe('out_of_depth');
    },
    LIMIT,
  );

  test(
    'does not take another test for the one that was named',
    async () => {
      const failingTests = [{ file: 'test/twice.test.js', name: 'halves' }];
      const { result } = await repairFixture('already-green', { testCommand: 'npm test', failingTests });
      expect(result.outcome).toBe('already_green');
    },
    LIMIT,
  );
});
