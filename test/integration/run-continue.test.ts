// Runs that outgrow one history: they continue as new between two turns, and nobody outside notices.
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { runIdOf } from '../../domain/ids.ts';
import { listSteps } from '../../store/steps.ts';
import { executionsOf } from '../support/executions.ts';
import { type TestLoom, startLoom } from '../support/loom.ts';
import { untilAProcessHas } from '../support/process-list.ts';

const MARKER = `loom-continue-${process.pid}`;
const TURNS = 12;
const append = (turn: number) => ({
  calls: [
    {
      action: 'run_command',
      arguments: {
        command: turn === 7 ? `: ${MARKER}; echo ${turn} >> log.txt; sleep 3` : `echo ${turn} >> log.txt`,
      },
    },
  ],
});
const SCRIPT = [
  ...Array.from({ length: TURNS }, (_, index) => append(index + 1)),
  { calls: [{ action: 'done', arguments: { summary: 'counted' } }] },
];

let loom: TestLoom;
beforeEach(async () => {
  loom = await startLoom({ LOOM_HOST_PROVIDERS: 'scripted,repairer', LOOM_RUN_CONTINUE_AFTER_EVENTS: '40' });
  await Promise.all([loom.start('orchestrator'), loom.start('hub'), loom.start('llm')]);
}, 90_000);
afterEach(() => loom.stop());

test.each(['host', 'scriptedHost'] as const)(
  'a run (%s) continues as new several times, its host is killed in between, and nothing is lost or done twice',
  async (entry) => {
    const host = await loom.start(entry, { LOOM_HOST_NAME: 'first' });
    const { id: project } = await loom.project(
      { 'log.txt': '' },
      { checks: { test: 'grep -q 12 log.txt', timeoutMs: 30_000 } },
    );
    await loom.script(SCRIPT);
    const beadId = await loom.bead({ project, type: 'task', title: 'count', provider: 'scripted' });
    await untilAProcessHas(MARKER);
    host.kill('SIGKILL');
    await loom.start(entry, { LOOM_HOST_NAME: 'second' });

    expect(await loom.untilEnded(beadId, 120_000)).toMatchObject({ status: 'closed', attempt: 1 });
    const runId = runIdOf(beadId, 1);
    expect((await executionsOf(loom.temporal, runId)).length).toBeGreaterThanOrEqual(3);
    const lines = Array.from({ length: TURNS }, (_, index) => `${index + 1}\n`);
    expect(await loom.landedFile(project, 'log.txt')).toBe(lines.join(''));
    const steps = await listSteps(loom.instance.database, runId, 0, 100);
    expect(steps.map(({ step }) => step)).toEqual(Array.from({ length: 1 + 2 * SCRIPT.length }, (_, at) => at + 1));
  },
  180_000,
);

test('a run that has continued as new is stopped when its bead is cancelled', async () => {
  await loom.start('host');
  const { id: project } = await loom.project({ 'log.txt': '' }, { checks: { test: 'true', timeoutMs: 30_000 } });
  await loom.script(SCRIPT);
  const beadId = await loom.bead({ project, type: 'task', title: 'count', provider: 'scripted' });
  await untilAProcessHas(MARKER);
  expect((await executionsOf(loom.temporal, runIdOf(beadId, 1))).length).toBeGreaterThanOrEqual(2);
  const { status } = await loom.api.request('POST', `/beads/${beadId}/cancel`, { reason: 'enough' });
  expect(status).toBe(200);
  expect(await loom.untilEnded(beadId)).toMatchObject({ status: 'cancelled' });
  const run = await loom.api.request('GET', `/runs/${runIdOf(beadId, 1)}`);
  expect(run.body).toMatchObject({ status: 'ended', exit: 'stopped' });
}, 180_000);
