// A bead is started again from its row, its transcript and its checkpoints, whatever has become of its workflow.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { beadWorkflowId, runIdOf } from '../../domain/ids.ts';
import { listRuns } from '../../store/runs.ts';
import { listSteps } from '../../store/steps.ts';
import { type TestLoom, startLoom } from '../support/loom.ts';
import { untilAProcessHas, untilNoProcessHas } from '../support/process-list.ts';

const PROJECT = { 'log.txt': 'begun\n' };
const DONE = { calls: [{ action: 'done', arguments: { summary: 'written' } }] };
const UNDISTURBED = ['message', 'assistant', 'write_file', 'assistant', 'run_command', 'assistant', 'done'];
let markers = 0;

let loom: TestLoom;
beforeAll(async () => {
  loom = await startLoom();
  await Promise.all([loom.start('orchestrator'), loom.start('hub'), loom.start('llm')]);
  await loom.start('host');
}, 90_000);
afterAll(() => loom.stop());

interface Begun {
  readonly beadId: string;
  readonly project: string;
}

/** Files a bead and waits until its run is in the middle of its second turn, or its gate in the middle of the check. */
async function begin(middleOf: 'run' | 'gate'): Promise<Begun> {
  const marker = `loom-restart-${process.pid}-${++markers}`;
  const slow = `: ${marker}; sleep 3`;
  const { id: project } = await loom.project(PROJECT, {
    checks: { test: `grep -q kept log.txt && ${middleOf === 'gate' ? slow : 'true'}`, timeoutMs: 30_000 },
  });
  await loom.script([
    { calls: [{ action: 'write_file', arguments: { path: 'notes.txt', content: 'kept\n' } }] },
    {
      calls: [
        {
          action: 'run_command',
          arguments: { command: `${middleOf === 'run' ? slow : 'true'}; cat notes.txt >> log.txt` },
        },
      ],
    },
    DONE,
  ]);
  const beadId = await loom.bead({ project, type: 'task', title: 'write the log', provider: 'scripted' });
  await untilAProcessHas(marker);
  return { beadId, project };
}

const terminate = (workflowId: string) =>
  loom.temporal.call((client) => client.workflow.getHandle(workflowId).terminate('by hand'));

async function restart(beadId: string): Promise<void> {
  const answer = await loom.api.request('POST', `/beads/${beadId}/restart`);
  expect([answer.status, answer.text]).toEqual([202, expect.stringContaining(beadId)]);
}

async function transcript(runId: string): Promise<string[]> {
  const steps = await listSteps(loom.instance.database, runId, 0, 100);
  expect(steps.map(({ step }) => step)).toEqual(steps.map((_, index) => index + 1));
  return steps.map(({ content }) => (content.kind === 'result' ? content.action : content.kind));
}

async function expectTheUndisturbedResult({ beadId, project }: Begun): Promise<void> {
  expect(await loom.untilEnded(beadId)).toMatchObject({ status: 'closed', attempt: 1 });
  expect(await loom.landedFile(project, 'log.txt')).toBe('begun\nkept\n');
  expect(await transcript(runIdOf(beadId, 1))).toEqual(UNDISTURBED);
  expect(await listRuns(loom.instance.database, beadId)).toHaveLength(1);
}

test('goes on with its run where the transcript ends, when its workflow was terminated', async () => {
  const begun = await begin('run');
  await terminate(beadWorkflowId(begun.beadId));
  await restart(begun.beadId);
  await expectTheUndisturbedResult(begun);
}, 120_000);

test('goes on with its run when both workflows were terminated and the agent has been killed meanwhile', async () => {
  const begun = await begin('run');
  await terminate(beadWorkflowId(begun.beadId));
  await terminate(runIdOf(begun.beadId, 1)).catch(() => undefined); // its parent's end may have been quicker
  await untilNoProcessHas(`loom-restart-${process.pid}-${markers}`);
  await restart(begun.beadId);
  await expectTheUndisturbedResult(begun);
}, 120_000);

test('goes on when it runs well, and what its old execution still does is refused', async () => {
  const begun = await begin('run');
  await restart(begun.beadId);
  await expectTheUndisturbedResult(begun);
}, 120_000);

test('goes on when it is restarted twice in a row', async () => {
  const begun = await begin('run');
  await Promise.all([restart(begun.beadId), restart(begun.beadId)]);
  await expectTheUndisturbedResult(begun);
}, 120_000);

test('goes on after its run alone was terminated', async () => {
  const { beadId, project } = await begin('run');
  await terminate(runIdOf(beadId, 1));
  await restart(beadId);
  expect(await loom.untilEnded(beadId)).toMatchObject({ status: 'closed' });
  expect(await loom.landedFile(project, 'log.txt')).toBe('begun\nkept\n');
}, 120_000);

test('goes on to the landing when the change of its run was being verified', async () => {
  const begun = await begin('gate');
  expect((await loom.api.request('GET', `/beads/${begun.beadId}`)).body).toMatchObject({ status: 'verifying' });
  await terminate(beadWorkflowId(begun.beadId));
  await restart(begun.beadId);
  await expectTheUndisturbedResult(begun);
}, 120_000);

test('begins the next attempt when it was escalated, and its attempts count anew', async () => {
  const { id: project } = await loom.project(PROJECT, { checks: { test: 'grep -q kept log.txt', timeoutMs: 30_000 } });
  await loom.script([DONE]);
  const beadId = await loom.bead({ project, type: 'task', title: 'nothing', provider: 'scripted', maxAttempts: 1 });
  expect(await loom.untilEnded(beadId)).toMatchObject({ status: 'escalated', attempt: 1 });
  await loom.script([{ calls: [{ action: 'run_command', arguments: { command: 'echo kept >> log.txt' } }] }, DONE]);
  await restart(beadId);
  expect(await loom.untilEnded(beadId)).toMatchObject({ status: 'closed', attempt: 2 });
}, 120_000);

test('is refused for a bead that is closed, and says why', async () => {
  const begun = await begin('run');
  await expectTheUndisturbedResult(begun);
  const { status, body } = await loom.api.request('POST', `/beads/${begun.beadId}/restart`);
  expect(status).toBe(409);
  expect(body).toMatchObject({ code: 'CONFLICT', detail: expect.stringContaining('the bead is closed') });
}, 120_000);
