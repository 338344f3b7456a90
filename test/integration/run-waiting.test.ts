// A run that cannot go on keeps no host from others, and goes on where it was.
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { runIdOf } from '../../domain/ids.ts';
import { listSteps } from '../../store/steps.ts';
import { type TestLoom, startLoom } from '../support/loom.ts';

const PROJECT = { 'log.txt': 'begun\n' };
const CHECKS = { checks: { test: 'grep -q kept log.txt', timeoutMs: 30_000 } };

let loom: TestLoom;
let away: string;
beforeEach(async () => {
  loom = await startLoom({ LOOM_HOST_SLOTS: '1', LOOM_LEASE_GIVE_BACK_AFTER_MS: '3000' });
  await Promise.all([loom.start('orchestrator'), loom.start('hub')]);
  // The hub makes the key that a host needs.
  await loom.start('host');
  away = join(loom.instance.config.dataDir, 'away');
  await writeFile(away, '');
  await loom.script([
    { calls: [{ action: 'write_file', arguments: { path: 'notes.txt', content: 'kept\n' } }] },
    { awayWhile: away, calls: [{ action: 'run_command', arguments: { command: 'cat notes.txt >> log.txt' } }] },
    { calls: [{ action: 'done', arguments: { summary: 'written' } }] },
  ]);
}, 90_000);
afterEach(() => loom.stop());

/** Files a bead whose provider goes away after its first turn, and waits until it says that it waits. */
async function waitingBead(): Promise<{ readonly beadId: string; readonly project: string; readonly reason: string }> {
  const { id: project } = await loom.project(PROJECT, CHECKS);
  const beadId = await loom.bead({ project, type: 'task', title: 'write the log', provider: 'scripted' });
  const { data } = await loom.untilEvent(beadId, ({ type }) => type === 'bead.waiting', 60_000);
  return { beadId, project, reason: String(data['reason']) };
}

async function holderOf(beadId: string): Promise<{ host_id: string | null; token_hash: string | null } | undefined> {
  const { rows } = await loom.instance.database.query<{ host_id: string | null; token_hash: string | null }>(
    'select host_id, token_hash from lease where bead_id = $1',
    [beadId],
  );
  return rows[0];
}

test('while its provider is away, another bead has the only slot; then it goes on from its checkpoint', async () => {
  await loom.start('llm');
  const { beadId, project, reason } = await waitingBead();
  expect(reason).toContain('provider scripted is away');
  expect(await holderOf(beadId)).toEqual({ host_id: null, token_hash: null });

  const { id: another } = await loom.project({ 'a.txt': '' }, { checks: { test: 'true', timeoutMs: 30_000 } });
  const other = await loom.bead({ project: another, type: 'bug', title: 'none', provider: 'repairer' });
  expect(await loom.untilEnded(other)).toMatchObject({ status: 'escalated', attempt: 1 });

  await rm(away);
  expect(await loom.untilEnded(beadId, 120_000)).toMatchObject({ status: 'closed', attempt: 1 });
  expect(await loom.landedFile(project, 'log.txt')).toBe('begun\nkept\n');
  const steps = await listSteps(loom.instance.database, runIdOf(beadId, 1), 0, 100);
  expect(steps.map(({ step, content }) => [step, content.kind === 'result' ? content.action : content.kind])).toEqual([
    [1, 'message'],
    [2, 'assistant'],
    [3, 'write_file'],
    [4, 'assistant'],
    [5, 'run_command'],
    [6, 'assistant'],
    [7, 'done'],
  ]);
}, 180_000);

test('a bead that waits can be cancelled', async () => {
  await loom.start('llm');
  const { beadId } = await waitingBead();
  const { status } = await loom.api.request('POST', `/beads/${beadId}/cancel`, { reason: 'no longer wanted' });
  expect(status).toBe(200);
  expect(await loom.untilEnded(beadId)).toMatchObject({ status: 'cancelled', reason: 'no longer wanted' });
}, 120_000);

test('without an llm worker for its provider it says which to start, and goes on when there is one', async () => {
  await rm(away);
  const { beadId, reason } = await waitingBead();
  expect(reason).toContain('no llm worker takes the turns of provider scripted: start one');
  expect(await holderOf(beadId)).toEqual({ host_id: null, token_hash: null });
  await loom.start('llm');
  expect(await loom.untilEnded(beadId, 120_000)).toMatchObject({ status: 'closed', attempt: 1 });
}, 180_000);
