// Who is dead and who is only slow, with real processes.
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { runIdOf } from '../../domain/ids.ts';
import { currentFence } from '../../store/leases.ts';
import { listSteps } from '../../store/steps.ts';
import { type TestLoom, startLoom } from '../support/loom.ts';
import { untilActing } from '../support/until-acting.ts';

const PROJECT = { 'log.txt': 'begun\n' };
const CHECKS = { checks: { test: 'grep -q two log.txt', timeoutMs: 30_000 } };

let loom: TestLoom;
beforeEach(async () => {
  loom = await startLoom();
  await Promise.all([loom.start('orchestrator'), loom.start('hub'), loom.start('llm')]);
}, 60_000);
afterEach(() => loom.stop());

test('a host that is too busy to say anything is not taken for dead', async () => {
  const host = await loom.start('busyHost');
  const { id: project } = await loom.project(PROJECT, CHECKS);
  const beadId = await loom.bead({ project, type: 'task', title: 'anything', provider: 'scripted' });
  expect(await host.message((message) => message !== 'busy')).toBe('still held');
  expect(await currentFence(loom.instance.database, beadId)).toBe(1);
});

test('a frozen host that is thawed after its lease has moved changes nothing', async () => {
  await loom.script([
    { calls: [{ action: 'run_command', arguments: { command: 'echo one >> log.txt; sleep 2; echo two >> log.txt' } }] },
    { calls: [{ action: 'done', arguments: { summary: 'written' } }] },
  ]);
  const frozen = await loom.start('host', { LOOM_HOST_NAME: 'frozen' });
  const { id: project } = await loom.project(PROJECT, CHECKS);
  const beadId = await loom.bead({ project, type: 'task', title: 'write the log', provider: 'scripted' });
  await loom.untilEvent(beadId, ({ type }) => type === 'bead.running');
  await untilActing(loom, runIdOf(beadId, 1));
  frozen.kill('SIGSTOP');
  await loom.start('host', { LOOM_HOST_NAME: 'second' });
  await loom.untilEvent(
    beadId,
    ({ type, data }) => type === 'bead.running' && String(data['host']).startsWith('second-'),
  );
  frozen.kill('SIGCONT');
  expect(await loom.untilEnded(beadId)).toMatchObject({ status: 'closed', attempt: 1 });
  expect(await loom.landedFile(project, 'log.txt')).toBe('begun\none\ntwo\n');
  const steps = await listSteps(loom.instance.database, runIdOf(beadId, 1), 0, 100);
  expect(steps.map(({ step }) => step)).toEqual([1, 2, 3, 4, 5]);
  // It has noticed by itself that the lease is not its own any more, and serves on.
  frozen.kill('SIGTERM');
  expect(await frozen.exited).toBe(0);
});

test('a host that cannot confine what agents run refuses to start, and the bead says that it waits for one', async () => {
  await expect(loom.start('host', { LOOM_BWRAP_BIN: '/bin/false' })).rejects.toThrow(
    /ended with 78[^]*sandbox[^]*next:/,
  );
  const { id: project } = await loom.project(PROJECT, CHECKS);
  const beadId = await loom.bead({ project, type: 'task', title: 'anything' });
  const waiting = await loom.untilEvent(
    beadId,
    ({ type, data }) => type === 'bead.queued' && data['reason'] !== undefined,
  );
  expect(waiting.data['reason']).toContain('no host of fleet agents');
});
