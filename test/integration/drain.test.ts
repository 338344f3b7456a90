// SIGTERM to a busy host while another is up. The host runs unconfined, so that each execution can leave a trace that no checkpoint
// takes back.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { runIdOf } from '../../domain/ids.ts';
import { type TestLoom, startLoom } from '../support/loom.ts';
import { untilActing } from '../support/until-acting.ts';

let loom: TestLoom;
let folder: string;
beforeEach(async () => {
  loom = await startLoom({ LOOM_SANDBOX: 'off' });
  folder = await mkdtemp(join(tmpdir(), 'loom-drain-'));
  await Promise.all([loom.start('orchestrator'), loom.start('hub'), loom.start('llm')]);
}, 60_000);
afterEach(async () => {
  await loom.stop();
  await rm(folder, { recursive: true, force: true });
});

/** A host is told to stop while it executes an action that then goes on for so long. Returns what the executions left behind. */
async function drainDuring(seconds: number, graceMs: number): Promise<readonly string[]> {
  const trace = join(folder, 'trace');
  const signalled = join(folder, 'signalled');
  const command = [
    `echo begun >> ${trace}; echo one >> log.txt`,
    `while [ ! -e ${signalled} ]; do sleep 0.02; done; sleep ${seconds}`,
    `echo two >> log.txt; echo ended >> ${trace}`,
  ].join('; ');
  await loom.script([
    { calls: [{ action: 'run_command', arguments: { command } }] },
    { calls: [{ action: 'done', arguments: { summary: 'written' } }] },
  ]);
  const first = await loom.start('host', { LOOM_HOST_NAME: 'first', LOOM_HOST_DRAIN_GRACE_MS: String(graceMs) });
  const checks = { test: 'grep -q two log.txt', timeoutMs: 30_000 };
  const { id: project } = await loom.project({ 'log.txt': 'begun\n' }, { checks });
  const beadId = await loom.bead({ project, type: 'task', title: 'write the log', provider: 'scripted' });
  await loom.untilEvent(beadId, ({ type }) => type === 'bead.running');
  await loom.start('host', { LOOM_HOST_NAME: 'second' });
  await untilActing(loom, runIdOf(beadId, 1));
  first.kill('SIGTERM');
  await writeFile(signalled, '');
  expect(await first.exited).toBe(0);
  expect(await loom.untilEnded(beadId)).toMatchObject({ status: 'closed', attempt: 1 });
  expect(await loom.landedFile(project, 'log.txt')).toBe('begun\none\ntwo\n');
  return (await readFile(trace, 'utf8')).trim().split('\n');
}

test('an action that ends soon is waited for, and nothing is executed twice', async () => {
  expect(await drainDuring(0.3, 20_000)).toEqual(['begun', 'ended']);
});

test('an action that takes long is cut off, begun again at the next host, and executed to its end once', async () => {
  expect(await drainDuring(8, 100)).toEqual(['begun', 'begun', 'ended']);
});
