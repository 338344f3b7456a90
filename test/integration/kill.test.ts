// Death in the middle of a run, with real processes and SIGKILL: the result is the one of an undisturbed run.
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { runIdOf } from '../../domain/ids.ts';
import { listSteps } from '../../store/steps.ts';
import { type TestLoom, type TestProcess, startLoom } from '../support/loom.ts';
import { untilAProcessHas, untilNoProcessHas } from '../support/process-list.ts';

const PROJECT = {
  'package.json': JSON.stringify({ name: 'greet', type: 'module', scripts: { test: 'node --test' } }),
  'src/greet.js': 'export const greet = (name) => "Hello " + nam;\n',
  'test/greet.test.js': `import test from 'node:test';
import assert from 'node:assert/strict';
import { greet } from '../src/greet.js';
test('greets by name', () => assert.equal(greet('Ada'), 'Hello Ada'));
`,
};
/** Found in the process list as long as the command of the slow step runs. */
const MARKER = `loom-kill-${process.pid}`;
// The second call takes long enough to be killed in, and leaves a trace for every time that it was executed to the end.
const SCRIPT = [
  { calls: [{ action: 'write_file', arguments: { path: 'log.txt', content: 'begun\n' } }] },
  {
    calls: [
      {
        action: 'run_command',
        arguments: { command: `: ${MARKER}; echo before >> log.txt; sleep 3; echo after >> log.txt` },
      },
      { action: 'edit_file', arguments: { path: 'src/greet.js', old: 'nam;', new: 'name;' } },
    ],
  },
  { calls: [{ action: 'run_tests', arguments: {} }] },
  { calls: [{ action: 'done', arguments: { summary: 'mended' } }] },
];

let loom: TestLoom;
let orchestrator: TestProcess;
let host: TestProcess;
let beadId: string;
let projectId: string;

/** Brings a run into the middle of its slow call. Where the host thinks as well, there is no llm worker at all. */
async function begin(entry: 'host' | 'scriptedHost'): Promise<void> {
  loom = await startLoom({ LOOM_HOST_PROVIDERS: 'scripted,repairer' });
  [orchestrator] = await Promise.all([
    loom.start('orchestrator'),
    loom.start('hub'),
    ...(entry === 'host' ? [loom.start('llm')] : []),
  ]);
  host = await loom.start(entry, { LOOM_HOST_NAME: 'first' });
  projectId = (await loom.project(PROJECT, { checks: { test: 'npm test', timeoutMs: 30_000 } })).id;
  await loom.script(SCRIPT);
  beadId = await loom.bead({
    project: projectId,
    type: 'bug',
    title: 'greet fails',
    provider: 'scripted',
    failingTests: [{ file: 'test/greet.test.js', name: 'greets by name' }],
  });
  await untilAProcessHas(MARKER);
}
afterEach(() => loom.stop());

async function expectTheUndisturbedResult(): Promise<void> {
  const bead = await loom.untilEnded(beadId);
  expect(bead).toMatchObject({ status: 'closed', attempt: 1 });
  expect(await loom.landedFile(projectId, 'log.txt')).toBe('begun\nbefore\nafter\n');
  expect(await loom.landedFile(projectId, 'src/greet.js')).toContain('+ name;');
  const steps = await listSteps(loom.instance.database, runIdOf(beadId, 1), 0, 100);
  expect(steps.map(({ step, content }) => [step, content.kind === 'result' ? content.action : content.kind])).toEqual([
    [1, 'message'],
    [2, 'assistant'],
    [3, 'write_file'],
    [4, 'assistant'],
    [5, 'run_command'],
    [6, 'edit_file'],
    [7, 'assistant'],
    [8, 'run_tests'],
    [9, 'assistant'],
    [10, 'done'],
  ]);
}

describe.each([
  { entry: 'host', thinking: 'thinks on an llm worker' },
  { entry: 'scriptedHost', thinking: 'thinks on its host' },
] as const)('a run that $thinking and whose processes are killed in the middle of an action', ({ entry }) => {
  beforeEach(() => begin(entry), 90_000);

  test('lands the same when its host is killed, which ends its agent as well, and another takes over', async () => {
    host.kill('SIGKILL');
    await host.exited;
    await untilNoProcessHas(MARKER);
    await loom.start(entry, { LOOM_HOST_NAME: 'second' });
    await expectTheUndisturbedResult();
    const running = await loom.untilEvent(
      beadId,
      ({ type, data }) => type === 'bead.running' && String(data['host']).startsWith('second'),
    );
    expect(running.data['run']).toBe(runIdOf(beadId, 1));
  });

  test('lands the same when the orchestrator is killed and started again', async () => {
    orchestrator.kill('SIGKILL');
    await orchestrator.exited;
    await loom.start('orchestrator');
    await expectTheUndisturbedResult();
  });

  test('lands the same when both are killed at once', async () => {
    host.kill('SIGKILL');
    orchestrator.kill('SIGKILL');
    await Promise.all([host.exited, orchestrator.exited]);
    await Promise.all([loom.start('orchestrator'), loom.start(entry, { LOOM_HOST_NAME: 'second' })]);
    await expectTheUndisturbedResult();
  });

  test('is given back by a host that is told to stop, and goes on at the next one', async () => {
    await loom.start(entry, { LOOM_HOST_NAME: 'second' });
    host.kill('SIGTERM');
    expect([await host.exited, host.output()]).toEqual([0, expect.stringContaining('stopping')]);
    await expectTheUndisturbedResult();
  });
});
