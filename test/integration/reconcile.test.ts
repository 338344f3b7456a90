// The reconciler on real parts: each fault is made by hand, found by one pass, mended and counted; and where nothing is wrong, a
// pass does nothing.
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createReconcileActivities } from '../../activities/reconcile.ts';
import { statusSchema } from '../../api/schemas/status.ts';
import { LoomError, errorCode } from '../../domain/errors.ts';
import { beadWorkflowId, runIdOf } from '../../domain/ids.ts';
import { orchestratorQueue } from '../../domain/task-queues.ts';
import { getBead } from '../../store/beads.ts';
import { insertEvent } from '../../store/events.ts';
import { saveHostReport } from '../../store/hosts.ts';
import { countRepairs, lastPass, recordPass } from '../../store/reconciliation.ts';
import { getRun } from '../../store/runs.ts';
import { listSteps } from '../../store/steps.ts';
import { type TestLoom, startLoom } from '../support/loom.ts';
import { untilActing } from '../support/until-acting.ts';

const PROJECT = { 'log.txt': 'begun\n' };
const CHECKS = { checks: { test: 'grep -q two log.txt', timeoutMs: 30_000 } };
const SCRIPT = [
  { calls: [{ action: 'run_command', arguments: { command: 'echo one >> log.txt; sleep 1; echo two >> log.txt' } }] },
  { calls: [{ action: 'done', arguments: { summary: 'written' } }] },
];
const HOST = {
  name: 'away',
  state: 'ready' as const,
  fleets: ['agents'],
  slots: 2,
  leases: 1,
  gates: 0,
  memoryMb: 1_000,
  confined: true,
  providers: [],
  version: '0.1.0',
  note: null,
};

let loom: TestLoom;
let project: string;
beforeEach(async () => {
  loom = await startLoom();
  await Promise.all([loom.start('orchestrator'), loom.start('hub'), loom.start('llm')]);
  // The passes of these tests are the only ones.
  await loom.temporal.call((client) =>
    client.schedule.getHandle(`${loom.instance.config.instance}-reconciler`).pause(),
  );
  await loom.script(SCRIPT);
  project = (await loom.project(PROJECT, CHECKS)).id;
}, 60_000);
afterEach(() => loom.stop());

const pass = (id = 'pass') =>
  loom.temporal.call(
    (client) =>
      client.workflow.execute('reconcileWorkflow', {
        workflowId: `${loom.instance.config.instance}-${id}`,
        taskQueue: orchestratorQueue(loom.instance.config.instance),
      }) as Promise<{ repairs: number; byKind: Record<string, number> }>,
    { deadlineMs: 30_000 },
  );
const aBead = (changes: Record<string, unknown> = {}) =>
  loom.bead({ project, type: 'task', title: 'write the log', provider: 'scripted', ...changes });
const query = (text: string, ...values: unknown[]) => loom.instance.database.query(text, values);
/** As if nobody had touched the rows for a while. */
const age = () => query(`update bead set updated_at = now() - interval '2 minutes'`);
const startHost = () => loom.start('host', { LOOM_HOST_NAME: 'first' });

async function terminate(workflowId: string): Promise<void> {
  await loom.temporal.call((client) => client.workflow.getHandle(workflowId).terminate('by hand'));
}

async function expectUndisturbed(beadId: string): Promise<void> {
  expect(await loom.untilEnded(beadId)).toMatchObject({ status: 'closed', attempt: 1 });
  expect(await loom.landedFile(project, 'log.txt')).toBe('begun\none\ntwo\n');
  const steps = await listSteps(loom.instance.database, runIdOf(beadId, 1), 0, 100);
  expect(steps.map(({ step }) => step)).toEqual([1, 2, 3, 4, 5]);
}

describe('a pass where all is well', () => {
  test('repairs nothing, whether beads run, wait, or have ended in any way, and is told in status and metrics', async () => {
    await startHost();
    const waiting = await aBead({ fleet: 'nobody' });
    await loom.untilEvent(waiting, ({ type }) => type === 'bead.queued');
    const cancelled = await aBead({ title: 'cancelled while it runs' });
    await loom.untilEvent(cancelled, ({ type }) => type === 'bead.running');
    await untilActing(loom, runIdOf(cancelled, 1));
    const answer = await loom.api.request('POST', `/beads/${cancelled}/cancel`, { reason: 'enough' });
    expect(answer.body['status']).toBe('cancelled');
    const closed = await aBead();
    await loom.untilEnded(closed);
    const { id: unchecked } = await loom.project({ 'a.txt': 'a\n' });
    const escalated = await aBead({ project: unchecked });
    expect(await loom.untilEnded(escalated)).toMatchObject({ status: 'escalated' });
    await age();

    expect(await pass()).toEqual({ repairs: 0, byKind: {} });
    expect(await lastPass(loom.instance.database)).toMatchObject({ repairs: {}, expired: 0, stuck: 0, failure: null });
    const status = statusSchema.parse((await loom.api.request('GET', '/status')).body);
    expect(status).toMatchObject({
      beads: { queued: 1, closed: 1, cancelled: 1, escalated: 1, running: 0 },
      leases: 0,
      reconciler: { lastPass: { failure: null, stuck: 0 }, repairs: { lastHour: 0, total: 0, byKind: {} } },
    });
    const metrics = await loom.api.request('GET', '/metrics');
    expect([metrics.status, metrics.headers.get('content-type')]).toEqual([
      200,
      'text/plain; version=0.0.4; charset=utf-8',
    ]);
    const lines = metrics.text.split('\n');
    for (const line of [
      'loom_reconciler_repairs_total{kind="orphaned_bead"} 0',
      'loom_beads{status="closed"} 1',
      'loom_hosts{state="gone"} 0',
      'loom_leases 0',
    ]) {
      expect(lines).toContain(line);
    }
    const passedAt = lines
      .find((line) => line.startsWith('loom_reconciler_last_pass_timestamp_seconds '))
      ?.split(' ')[1];
    expect(Math.abs(Number(passedAt) - Date.now() / 1_000)).toBeLessThan(60);
    expect((await loom.api.request('GET', '/metrics', undefined, { authorization: '' })).status).toBe(401);
  });
});

describe('a bead without a workflow', () => {
  test('whose workflow was terminated in the middle of an action ends as if nothing had been', async () => {
    await startHost();
    const beadId = await aBead();
    await loom.untilEvent(beadId, ({ type }) => type === 'bead.running');
    await untilActing(loom, runIdOf(beadId, 1));
    await terminate(beadWorkflowId(beadId));
    await age();
    expect(await pass()).toEqual({ repairs: 1, byKind: { orphaned_bead: 1 } });
    await expectUndisturbed(beadId);
    expect(await countRepairs(loom.instance.database)).toEqual({ lastHour: 1, total: 1, byKind: { orphaned_bead: 1 } });
    const metrics = (await loom.api.request('GET', '/metrics')).text;
    expect(metrics).toContain('loom_reconciler_repairs_total{kind="orphaned_bead"} 1\n');
  });

  test('of which Temporal knows nothing any more is started again from its row', async () => {
    const beadId = await aBead();
    await loom.untilEvent(beadId, ({ type }) => type === 'bead.queued');
    for (const workflowId of [runIdOf(beadId, 1), beadWorkflowId(beadId)]) {
      await terminate(workflowId).catch(() => undefined); // without a host there is no run yet
      await forgetWorkflow(workflowId);
    }
    await age();
    expect(await pass()).toEqual({ repairs: 1, byKind: { orphaned_bead: 1 } });
    await startHost();
    await expectUndisturbed(beadId);
  });

  test('that was touched a moment ago is left to whoever touched it', async () => {
    const beadId = await aBead();
    await loom.untilEvent(beadId, ({ type }) => type === 'bead.queued');
    await terminate(beadWorkflowId(beadId));
    expect(await pass()).toEqual({ repairs: 0, byKind: {} });
  });

  test('that loses each one it is given is left to a person after some times, and told', async () => {
    const beadId = await aBead();
    await loom.untilEvent(beadId, ({ type }) => type === 'bead.queued');
    await terminate(beadWorkflowId(beadId));
    await age();
    await query('update bead set restarts = 5, restarted_at = now() where id = $1', beadId);
    expect(await pass()).toEqual({ repairs: 0, byKind: {} });
    expect(await lastPass(loom.instance.database)).toMatchObject({ stuck: 1 });
    // The next day is another try.
    await query(`update bead set restarted_at = now() - interval '25 hours' where id = $1`, beadId);
    expect(await pass('next day')).toEqual({ repairs: 1, byKind: { orphaned_bead: 1 } });
  });
});

describe('what dead owners left', () => {
  test('lease and run of a bead that has ended are taken from it', async () => {
    await startHost();
    const beadId = await aBead();
    await loom.untilEnded(beadId);
    await query(`update lease set host_id = 'left-over', token_hash = 'left-over' where bead_id = $1`, beadId);
    await query(`update run set status = 'running', exit = null, ended_at = null where bead_id = $1`, beadId);
    await age();
    expect(await pass()).toEqual({ repairs: 2, byKind: { stale_lease: 1, stale_run: 1 } });
    expect(await getRun(loom.instance.database, runIdOf(beadId, 1))).toMatchObject({
      status: 'ended',
      exit: 'host_trouble',
    });
    expect(await pass('again')).toEqual({ repairs: 0, byKind: {} });
  });

  test('a lease is taken from a host that has long been gone, and from no other', async () => {
    const [one, two] = await Promise.all([aBead(), aBead()]);
    for (const beadId of [one, two]) await loom.untilEvent(beadId, ({ type }) => type === 'bead.queued');
    const { database } = loom.instance;
    await saveHostReport(database, 'away-111111', HOST);
    await saveHostReport(database, 'away-222222', HOST);
    await query(`update host set last_seen = now() - interval '11 minutes' where id = 'away-111111'`);
    await query(`update lease set host_id = 'away-111111', token_hash = 'a' where bead_id = $1`, one);
    await query(`update lease set host_id = 'away-222222', token_hash = 'b' where bead_id = $1`, two);
    expect(await pass()).toEqual({ repairs: 1, byKind: { stale_lease: 1 } });
    const { rows } = await query('select host_id, token_hash from lease order by host_id nulls first');
    expect(rows).toEqual([
      { host_id: null, token_hash: null },
      { host_id: 'away-222222', token_hash: 'b' },
    ]);
  });

  test('rows that have served their time are removed, which is no repair', async () => {
    const answer = await loom.api.request(
      'POST',
      '/beads',
      { project, type: 'task', title: 'filed with a key', provider: 'scripted' },
      { 'idempotency-key': 'of last week' },
    );
    expect(answer.status).toBe(201);
    await query(`update idempotency_key set created_at = now() - interval '8 days'`);
    await saveHostReport(loom.instance.database, 'away-111111', HOST);
    await saveHostReport(loom.instance.database, 'away-222222', HOST);
    await query(`update host set last_seen = now() - interval '25 hours' where id = 'away-111111'`);
    expect(await pass()).toEqual({ repairs: 0, byKind: {} });
    expect(await lastPass(loom.instance.database)).toMatchObject({ expired: 2 });
    const { body } = await loom.api.request('GET', '/hosts');
    expect(body['hosts']).toMatchObject([{ id: 'away-222222' }]);
  });
});

test('a relay that has missed events is woken', async () => {
  const beadId = await aBead({ fleet: 'nobody' });
  const { database } = loom.instance;
  // Nothing else happens to it for a while, so the relay comes to rest during the first pass.
  await loom.untilEvent(beadId, ({ type }) => type === 'bead.queued');
  const numbered = async () =>
    (await query('select 1 from event where id = $1 and seq is not null', 'missed')).rows.length;
  await pass('before');
  await query('alter table event disable trigger event_inserted');
  const bead = await getBead(database, beadId);
  await insertEvent(database, { id: 'missed', projectId: bead.projectId, beadId, type: 'test.missed', data: {} });
  await query(`update event set at = now() - interval '2 minutes' where id = 'missed'`);
  expect(await numbered()).toBe(0);
  expect(await pass('wakes')).toEqual({ repairs: 1, byKind: { lost_wake_up: 1 } });
  const giveUpAt = Date.now() + 10_000;
  while ((await numbered()) === 0 && Date.now() < giveUpAt) await delay(20);
  expect(await numbered()).toBe(1);
});

describe('the record of passes', () => {
  test('tells of one that failed, with what it had mended before', async () => {
    const { database } = loom.instance;
    const beadId = await aBead();
    await loom.untilEvent(beadId, ({ type }) => type === 'bead.queued');
    await query(`update bead set status = 'cancelled' where id = $1`, beadId);
    await query(`update lease set host_id = 'left-over' where bead_id = $1`, beadId);
    await aBead();
    await age();
    const away = () => Promise.reject(new LoomError('UNAVAILABLE', 'Temporal is away', 'Start it.'));
    const { reconcile } = createReconcileActivities({
      database,
      startBead: away,
      isRunning: away,
      restartBead: away,
      log: () => undefined,
    });
    await expect(reconcile()).rejects.toThrow('Temporal is away');
    expect(await lastPass(database)).toMatchObject({ failure: 'Temporal is away', repairs: { stale_lease: 1 } });
    const status = statusSchema.parse((await loom.api.request('GET', '/status')).body);
    expect(status.reconciler.lastPass?.failure).toBe('Temporal is away');
  });

  test('keeps the last thousand passes, and the sums of all', async () => {
    const { database } = loom.instance;
    const quiet = { durationMs: 1, expired: 0, stuck: 0, lastSeq: 0, failure: null };
    await recordPass(database, { ...quiet, repairs: { orphaned_bead: 3 } });
    await query(
      `insert into reconciliation (duration_ms, repairs, expired, stuck, last_seq) select 1, '{}', 0, 0, 0 from generate_series(1, 1005)`,
    );
    await recordPass(database, { ...quiet, repairs: { orphaned_bead: 1 } });
    const { rows } = await query('select count(*) as count from reconciliation');
    expect(rows).toEqual([{ count: 1_000 }]);
    expect(await countRepairs(database)).toEqual({ lastHour: 1, total: 4, byKind: { orphaned_bead: 4 } });
  });
});

/** As when its retention is over, or Temporal's data were lost. Resolves when Temporal does not know it. */
async function forgetWorkflow(workflowId: string): Promise<void> {
  const { namespace } = loom.instance.config.temporal;
  const giveUpAt = Date.now() + 40_000;
  for (;;) {
    try {
      await loom.temporal.call(({ workflowService }) =>
        workflowService.deleteWorkflowExecution({ namespace, workflowExecution: { workflowId } }),
      );
      await loom.temporal.call((client) => client.workflow.getHandle(workflowId).describe());
    } catch (error) {
      if (errorCode(error) === 'NOT_FOUND') return;
      throw error;
    }
    if (Date.now() > giveUpAt) throw new Error(`Temporal still knows ${workflowId}`);
    await delay(200);
  }
}
