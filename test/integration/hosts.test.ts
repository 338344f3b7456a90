// Hosts that can be seen and steered: real hosts, commanded through the API.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { hostListSchema } from '../../api/schemas/hosts.ts';
import { runIdOf } from '../../domain/ids.ts';
import { createHubClient } from '../../hub/client.ts';
import { saveHostReport } from '../../store/hosts.ts';
import { listSteps } from '../../store/steps.ts';
import { type TestLoom, startLoom } from '../support/loom.ts';
import { untilActing } from '../support/until-acting.ts';

const LOOMCTL = join(import.meta.dirname, '../../cli/loomctl.ts');
const PROJECT = { 'log.txt': 'begun\n' };
const CHECKS = { checks: { test: 'grep -q two log.txt', timeoutMs: 30_000 } };
const SCRIPT = [
  { calls: [{ action: 'run_command', arguments: { command: 'echo one >> log.txt; sleep 1; echo two >> log.txt' } }] },
  { calls: [{ action: 'done', arguments: { summary: 'written' } }] },
];
const WITHIN_MS = 30_000;

let loom: TestLoom;
beforeEach(async () => {
  loom = await startLoom();
}, 60_000);
afterEach(() => loom.stop());

const hosts = async () => hostListSchema.parse((await loom.api.request('GET', '/hosts')).body).hosts;
const idOf = async (name: string) => String((await loom.api.request('GET', `/hosts/${name}`)).body['id']);

/** Hosts report by themselves; nothing tells a client when, so it asks. */
async function untilHost(name: string, fits: (host: Awaited<ReturnType<typeof hosts>>[number]) => boolean) {
  const giveUpAt = Date.now() + WITHIN_MS;
  for (;;) {
    const all = await hosts();
    const host = all.find((each) => each.name === name);
    if (host !== undefined && fits(host)) return host;
    if (Date.now() > giveUpAt) throw new Error(`${name} did not come to that; there were ${JSON.stringify(all)}`);
    await delay(50);
  }
}

async function untilHeldBy(beadId: string, name: string) {
  return loom.untilEvent(
    beadId,
    ({ type, data }) => type === 'bead.running' && String(data['host']).startsWith(`${name}-`),
  );
}

describe('a host', () => {
  beforeEach(async () => {
    await Promise.all([loom.start('orchestrator'), loom.start('hub'), loom.start('llm')]);
    await loom.script(SCRIPT);
  }, 60_000);

  test('is listed from its start to its end with what it is and what it runs', async () => {
    const first = await loom.start('host', { LOOM_HOST_NAME: 'first', LOOM_HOST_SLOTS: '1' });
    const idle = await untilHost('first', () => true);
    expect(idle).toMatchObject({
      state: 'ready',
      fleets: ['agents', 'verifier'],
      slots: 1,
      leases: 0,
      gates: 0,
      runs: [],
      confined: true,
      version: '0.1.0',
      note: null,
    });
    expect(idle.memoryMb).toBeGreaterThan(100);

    const { id: project } = await loom.project(PROJECT, CHECKS);
    const beadId = await loom.bead({ project, type: 'task', title: 'write the log', provider: 'scripted' });
    const busy = await untilHost('first', ({ leases }) => leases === 1);
    expect(busy.runs).toEqual([{ beadId, runId: runIdOf(beadId, 1), title: 'write the log' }]);
    await loom.untilEnded(beadId);
    await untilHost('first', ({ leases, gates, runs }) => leases + gates + runs.length === 0);

    first.kill('SIGTERM');
    expect(await first.exited).toBe(0);
    expect(await hosts()).toEqual([]);
  });

  test('takes what its memory holds, and says so', async () => {
    const host = await loom.start('host', {
      LOOM_HOST_NAME: 'small',
      LOOM_HOST_SLOTS: '8',
      LOOM_HOST_RUN_MEMORY_MB: '1048576',
    });
    const { slots, note } = await untilHost('small', () => true);
    expect(slots).toBe(1);
    expect(note).toContain('too little memory');
    expect(host.output()).toContain(`WARNING: ${note}`);
  });

  test('that is drained gives its run back, which ends at another; resumed, it takes the next', async () => {
    await loom.start('host', { LOOM_HOST_NAME: 'first' });
    const { id: project } = await loom.project(PROJECT, CHECKS);
    const beadId = await loom.bead({ project, type: 'task', title: 'write the log', provider: 'scripted' });
    await untilHeldBy(beadId, 'first');
    await untilActing(loom, runIdOf(beadId, 1));

    const drained = await loom.api.request('POST', '/hosts/first/drain');
    expect([drained.status, drained.body]).toEqual([
      200,
      { id: await idOf('first'), name: 'first', state: 'draining', leases: 1, gates: 0 },
    ]);
    expect((await hosts())[0]?.state).toBe('draining');
    const again = await loom.api.request('POST', '/hosts/first/drain');
    expect([again.status, again.body['state']]).toEqual([200, expect.stringMatching(/^drain(ing|ed)$/)]);
    // The lease's row follows when the bead asks its fleet again.
    const empty = await untilHost('first', ({ state, runs }) => state === 'drained' && runs.length === 0);
    expect(empty.leases).toBe(0);

    await loom.start('host', { LOOM_HOST_NAME: 'second' });
    expect(await loom.untilEnded(beadId)).toMatchObject({ status: 'closed', attempt: 1 });
    await untilHeldBy(beadId, 'second');
    const steps = await listSteps(loom.instance.database, runIdOf(beadId, 1), 0, 100);
    expect(steps.map(({ step }) => step)).toEqual([1, 2, 3, 4, 5]);
    expect(await loom.landedFile(project, 'log.txt')).toBe('begun\none\ntwo\n');

    expect((await loom.api.request('POST', '/hosts/second/drain')).status).toBe(200);
    for (const _ of ['once', 'twice']) {
      const resumed = await loom.api.request('POST', '/hosts/first/resume');
      expect([resumed.status, resumed.body['state']]).toEqual([200, 'ready']);
    }
    const next = await loom.bead({ project, type: 'task', title: 'write the log', provider: 'scripted' });
    await untilHeldBy(next, 'first');
    expect(await loom.untilEnded(next)).toMatchObject({ status: 'closed' });
  });

  test('that is drained carries a gate to its end, however long it takes to be heard of', async () => {
    await loom.start('host', { LOOM_HOST_NAME: 'runner', LOOM_HOST_FLEETS: 'agents' });
    await loom.start('host', { LOOM_HOST_NAME: 'judge', LOOM_HOST_FLEETS: 'verifier' });
    // Longer than a gate lives without heartbeats.
    const checks = { test: 'sleep 7; grep -q two log.txt', timeoutMs: 30_000 };
    const { id: project } = await loom.project(PROJECT, { checks });
    const beadId = await loom.bead({ project, type: 'task', title: 'write the log', provider: 'scripted' });
    await untilHost('judge', ({ gates }) => gates === 1);
    expect((await loom.api.request('POST', '/hosts/judge/drain')).body).toMatchObject({ state: 'draining', gates: 1 });
    expect(await loom.untilEnded(beadId)).toMatchObject({ status: 'closed', attempt: 1 });
    expect(await untilHost('judge', ({ state }) => state === 'drained')).toMatchObject({ gates: 0 });
    expect((await loom.api.request('POST', '/hosts/judge/resume')).body['state']).toBe('ready');
  });

  test('that does not answer is told as that, and does not obey later', async () => {
    const frozen = await loom.start('host', { LOOM_HOST_NAME: 'frozen' });
    await untilHost('frozen', () => true);
    frozen.kill('SIGSTOP');
    const answer = await loom.api.request('POST', '/hosts/frozen/drain');
    expect([answer.status, answer.body['code']]).toEqual([503, 'UNAVAILABLE']);
    expect(answer.body['detail']).toContain('did not answer');
    expect(answer.body['next']).toContain('log');
    frozen.kill('SIGCONT');
    expect((await loom.api.request('POST', '/hosts/frozen/resume')).body['state']).toBe('ready');
  });
});

test('loomctl lists hosts, drains and resumes one by the beginning of its id, and tells of one that there is not', async () => {
  await Promise.all([loom.start('orchestrator'), loom.start('hub')]);
  const host = await loom.start('host', { LOOM_HOST_NAME: 'first' });
  await untilHost('first', () => true);
  const listed = await loomctl('host', 'list');
  expect(listed.split('\n')).toEqual([
    expect.stringMatching(/^HOST +STATE +FLEETS +SLOTS +SEEN +RUNS$/),
    expect.stringMatching(/^first-[0-9a-f]{6} +ready +agents, verifier +0\/2 +.* ago$/),
    '',
  ]);
  expect(JSON.parse(await loomctl('host', 'list', '--json'))).toMatchObject({ hosts: [{ name: 'first' }] });
  expect(await loomctl('host', 'drain', 'fir')).toMatch(/^first-[0-9a-f]{6} is drain(ing|ed)\./);
  expect(await loomctl('host', 'resume', 'first')).toMatch(/^first-[0-9a-f]{6} is ready\n$/);
  await expect(loomctl('host', 'drain', 'second')).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringContaining('There is no host second'),
  });
  expect(await loomctl('status')).toMatch(/^hosts +1 ready; 0 runs held$/m);
  host.kill('SIGTERM');
  await host.exited;
  expect(await loomctl('host', 'list')).toContain('loomctl worker host');
});

async function loomctl(...args: string[]): Promise<string> {
  const env = {
    PATH: process.env['PATH'],
    LOOM_API_KEY: loom.api.key,
    LOOM_API_URL: loom.api.url.replace('/api/v1', ''),
  };
  const { stdout } = await promisify(execFile)(process.execPath, [LOOMCTL, ...args], { env });
  return stdout;
}

describe('a host is found', () => {
  const report = {
    state: 'ready' as const,
    fleets: ['agents'],
    slots: 2,
    leases: 0,
    gates: 0,
    memoryMb: 1_000,
    confined: true,
    providers: [],
    version: '0.1.0',
    note: null,
  };

  test('by the beginning of its id, and several that fit are named', async () => {
    const { database } = loom.instance;
    await saveHostReport(database, 'big-111111', { ...report, name: 'big' });
    await saveHostReport(database, 'big-222222', { ...report, name: 'big' });
    expect((await loom.api.request('GET', '/hosts/big-1')).body['id']).toBe('big-111111');
    const ambiguous = await loom.api.request('POST', '/hosts/big/drain');
    expect([ambiguous.status, ambiguous.body['code']]).toEqual([409, 'CONFLICT']);
    expect(ambiguous.body['detail']).toContain('big may be one of 2 hosts: big-111111 (ready), big-222222 (ready)');
    const none = await loom.api.request('GET', '/hosts/small');
    expect([none.status, none.body['code']]).toEqual([404, 'NOT_FOUND']);
  });

  test('to be gone by its silence, and is then not commanded', async () => {
    const { database } = loom.instance;
    await saveHostReport(database, 'old-111111', { ...report, name: 'old' });
    await database.query(`update host set last_seen = now() - interval '1 minute'`);
    expect(await hosts()).toMatchObject([{ id: 'old-111111', state: 'gone' }]);
    const answer = await loom.api.request('POST', '/hosts/old/resume');
    expect([answer.status, answer.body['code']]).toEqual([409, 'CONFLICT']);
    expect(answer.body['detail']).toContain('gone');
  });

  test('without an orchestrator, but the command does not get there', async () => {
    await saveHostReport(loom.instance.database, 'far-111111', { ...report, name: 'far' });
    const answer = await loom.api.request('POST', '/hosts/far/drain');
    expect([answer.status, answer.body['code']]).toEqual([503, 'UNAVAILABLE']);
    expect(answer.body['detail']).toContain('no orchestrator');
  });

  test('only with a report that a host key vouches for, and that has its form', async () => {
    await loom.start('hub');
    const { url } = loom.instance.config.hub;
    await expect(createHubClient(url).reportHost('a-111111', { ...report, name: 'a' }, 'no key')).rejects.toMatchObject(
      {
        code: 'UNAUTHORIZED',
      },
    );
    const key = String((await loom.api.request('GET', '/system')).body['hostKey']);
    await expect(createHubClient(url).reportHost('a-111111', { ...report, name: 'a\0' }, key)).rejects.toMatchObject({
      code: 'BAD_INPUT',
    });
    await createHubClient(url).reportHost('a-111111', { ...report, name: 'a' }, key);
    expect(await hosts()).toMatchObject([{ id: 'a-111111', name: 'a' }]);
    await createHubClient(url).removeHost('a-111111', key);
    expect(await hosts()).toEqual([]);
  });
});
