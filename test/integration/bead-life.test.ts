// The walking path, with real processes: a bead is filed over HTTP, worked on in the sandbox, judged and landed.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type TestLoom, startLoom } from '../support/loom.ts';

const PROJECT = {
  'package.json': JSON.stringify({ name: 'sum', type: 'module', scripts: { test: 'node --test' } }),
  'src/sum.js': 'export const sum = (a, b) => a - b;\n',
  'test/sum.test.js': `import test from 'node:test';
import assert from 'node:assert/strict';
import { sum } from '../src/sum.js';
test('adds two numbers', () => assert.equal(sum(2, 3), 5));
test('adds nothing to nothing', () => assert.equal(sum(0, 0), 0));
test('adds a negative number', () => assert.equal(sum(-1, 4), 3));
test('adds large numbers', () => assert.equal(sum(1000, 999), 1999));
`,
};
const CHECKS = { checks: { test: 'npm test', timeoutMs: 30_000 } };
const NAMED = [{ file: 'test/sum.test.js', name: 'adds two numbers' }];
const BUG = { type: 'bug', title: 'sum subtracts', failingTests: NAMED };
const FIX = { action: 'edit_file', arguments: { path: 'src/sum.js', old: 'a - b', new: 'a + b' } };
const DONE = { action: 'done', arguments: { summary: 'it adds now' } };

let loom: TestLoom;
beforeAll(async () => {
  loom = await startLoom();
  await Promise.all([loom.start('orchestrator'), loom.start('hub'), loom.start('llm')]);
  await loom.start('host');
}, 90_000);
afterAll(() => loom.stop());

describe('a bug', () => {
  test('is fixed by the built-in repairer and lands on the branch', async () => {
    const project = await loom.project(PROJECT, CHECKS);
    const bead = await loom.untilEnded(await loom.bead({ ...BUG, project: project.id }));
    expect(bead).toMatchObject({ status: 'closed', landedCommit: expect.stringMatching(/^[0-9a-f]{40}$/) });
    expect(await loom.landedFile(project.id, 'src/sum.js')).toBe('export const sum = (a, b) => a + b;\n');
  });

  test('is fixed by the actions that a scripted model asks for, several in one turn', async () => {
    const project = await loom.project(PROJECT, CHECKS);
    await loom.script([
      {
        calls: [
          { action: 'read_file', arguments: { path: 'src/sum.js' } },
          { action: 'git_status', arguments: {} },
        ],
      },
      { calls: [FIX, { action: 'run_tests', arguments: {} }] },
      { calls: [DONE] },
    ]);
    const id = await loom.bead({ ...BUG, project: project.id, provider: 'scripted' });
    expect(await loom.untilEnded(id)).toMatchObject({ status: 'closed' });
    const { body } = await loom.api.request('GET', `/runs/run-${id}-1/steps?limit=100`);
    const steps = body['steps'] as { step: number; content: { kind: string; action?: string } }[];
    expect(steps.map(({ step, content }) => [step, content.action ?? content.kind])).toEqual([
      [1, 'message'],
      [2, 'assistant'],
      [3, 'read_file'],
      [4, 'git_status'],
      [5, 'assistant'],
      [6, 'edit_file'],
      [7, 'run_tests'],
      [8, 'assistant'],
      [9, 'done'],
    ]);
  });
});

describe('the gate', () => {
  async function outcome(calls: { action: string; arguments: Record<string, string> }[]) {
    const project = await loom.project(PROJECT, CHECKS);
    await loom.script([{ calls: [...calls, DONE] }]);
    const id = await loom.bead({ ...BUG, project: project.id, provider: 'scripted', maxAttempts: 1 });
    return { project, bead: await loom.untilEnded(id) };
  }

  test('does not take a word for it: done without a change is refused', async () => {
    const { bead } = await outcome([]);
    expect(bead).toMatchObject({ status: 'escalated', reason: expect.stringContaining('empty-change') });
  });

  test('refuses a change that leaves the named test red, and the branch stays where it was', async () => {
    const { bead, project } = await outcome([
      { action: 'edit_file', arguments: { path: 'src/sum.js', old: 'a - b', new: 'a * b' } },
    ]);
    expect(bead).toMatchObject({ status: 'escalated', reason: expect.stringContaining('checks-failed') });
    expect(await loom.landedFile(project.id, 'src/sum.js')).toBe(PROJECT['src/sum.js']);
  });

  test('is not talked past by a command that empties the tests: they are restored before they run', async () => {
    const { bead } = await outcome([
      {
        action: 'run_command',
        arguments: {
          command: 'printf \'import test from "node:test"; test("adds two numbers", () => {});\' > test/sum.test.js',
        },
      },
      { action: 'edit_file', arguments: { path: 'src/sum.js', old: 'a - b', new: 'a * b' } },
    ]);
    expect(bead).toMatchObject({ status: 'escalated', reason: expect.stringContaining('checks-failed') });
  });
});

describe('a bead that cannot be worked on says why', () => {
  test('when the project has no checks', async () => {
    const project = await loom.project({ 'notes.txt': 'nothing to run\n' });
    const bead = await loom.untilEnded(await loom.bead({ ...BUG, failingTests: [], project: project.id }));
    expect(bead).toMatchObject({ status: 'escalated', reason: expect.stringContaining('no checks') });
  });

  test('when the tests are green although a bug is claimed', async () => {
    const project = await loom.project({ ...PROJECT, 'src/sum.js': 'export const sum = (a, b) => a + b;\n' }, CHECKS);
    const bead = await loom.untilEnded(await loom.bead({ ...BUG, project: project.id }));
    expect(bead).toMatchObject({ status: 'escalated', reason: expect.stringContaining('pass already') });
  });

  test('when the repository has gone since it was added', async () => {
    const project = await loom.project(PROJECT, CHECKS);
    const { rm } = await import('node:fs/promises');
    await rm(project.dir, { recursive: true });
    const bead = await loom.untilEnded(await loom.bead({ ...BUG, project: project.id }));
    expect(bead).toMatchObject({ status: 'escalated', reason: expect.stringContaining('REPOSITORY_UNREADABLE') });
  });

  test('when the set-up command fails', async () => {
    const project = await loom.project(PROJECT, { ...CHECKS, setup: 'echo no such package >&2; exit 3' });
    const bead = await loom.untilEnded(await loom.bead({ ...BUG, project: project.id }));
    expect(bead).toMatchObject({ status: 'escalated', reason: expect.stringContaining('no such package') });
  });

  test('when the agent gives no sign of progress', async () => {
    const project = await loom.project(PROJECT, CHECKS);
    await loom.script(
      Array.from({ length: 20 }, () => ({ calls: [{ action: 'read_file', arguments: { path: 'src/sum.js' } }] })),
    );
    const bead = await loom.untilEnded(
      await loom.bead({ ...BUG, project: project.id, provider: 'scripted', maxAttempts: 1 }),
    );
    expect(bead).toMatchObject({ status: 'escalated', reason: expect.stringContaining('no_progress') });
  });
});

test('an action that leaves more behind than can be kept is undone, and the agent is told', async () => {
  const project = await loom.project(PROJECT, CHECKS);
  await loom.script([
    { calls: [{ action: 'run_command', arguments: { command: 'head -c 120000000 /dev/zero > huge.bin' } }] },
    { calls: [FIX, DONE] },
  ]);
  const id = await loom.bead({ ...BUG, project: project.id, provider: 'scripted' });
  expect(await loom.untilEnded(id)).toMatchObject({ status: 'closed' });
  const { body } = await loom.api.request('GET', `/runs/run-${id}-1/steps?limit=100`);
  const steps = body['steps'] as { content: { action?: string; code?: string; status?: string } }[];
  expect(steps.find(({ content }) => content.action === 'run_command')?.content).toMatchObject({
    status: 'error',
    code: 'TOO_LARGE',
  });
});

test('tests that never end are red, not waited for, and the bead says so', async () => {
  const project = await loom.project(
    { ...PROJECT, 'src/sum.js': 'export const sum = () => { for (;;); };\n' },
    { checks: { test: 'npm test', timeoutMs: 2_000 } },
  );
  await loom.script([
    { calls: [{ action: 'run_tests', arguments: {} }] },
    { calls: [{ action: 'escalate', arguments: { reason: 'it never ends' } }] },
  ]);
  const id = await loom.bead({ ...BUG, project: project.id, provider: 'scripted' });
  expect(await loom.untilEnded(id)).toMatchObject({
    status: 'escalated',
    reason: expect.stringContaining('it never ends'),
  });
  const result = await loom.untilEvent(id, ({ type, data }) => type === 'run.result' && data['action'] === 'run_tests');
  expect(result.data).toMatchObject({ status: 'error' });
});

test('cancelling a bead kills what its agent executes and refuses what comes late', async () => {
  const project = await loom.project(PROJECT, CHECKS);
  await loom.script([{ calls: [{ action: 'run_command', arguments: { command: 'sleep 600' } }] }]);
  const id = await loom.bead({ ...BUG, project: project.id, provider: 'scripted' });
  await loom.untilEvent(id, (event) => event.type === 'run.assistant');
  const { status } = await loom.api.request('POST', `/beads/${id}/cancel`, { reason: 'changed my mind' });
  expect(status).toBe(200);
  expect(await loom.untilEnded(id)).toMatchObject({ status: 'cancelled', reason: 'changed my mind' });
  const again = await loom.api.request('POST', `/beads/${id}/cancel`, { reason: 'changed my mind again' });
  expect(again.status).toBe(409);
});
