// A Temporal that was there before Loom: its namespace knows nothing of beads.
import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { openTemporal } from '../../client/temporal.ts';
import { beadWorkflowId } from '../../domain/ids.ts';
import { type TestLoom, startLoom } from '../support/loom.ts';

const namespace = `existing-${randomBytes(4).toString('hex')}`;
const DAY_SECONDS = 86_400;

let loom: TestLoom;
beforeEach(async () => {
  const address = process.env['LOOM_TEMPORAL_ADDRESS'];
  if (address === undefined) throw new Error('run this test through `npm test`');
  const temporal = openTemporal({ address, namespace });
  await temporal.call(({ workflowService }) =>
    workflowService.registerNamespace({
      namespace,
      workflowExecutionRetentionPeriod: { seconds: DAY_SECONDS as unknown as Long },
    }),
  );
  await temporal.close();
  loom = await startLoom({ LOOM_TEMPORAL_NAMESPACE: namespace });
}, 60_000);
afterEach(() => loom.stop());

test('is taught the search attributes at the first start, and beads carry them', async () => {
  await loom.start('orchestrator');
  const { id: project } = await loom.project({ 'notes.txt': 'nothing to check\n' });
  const beadId = await loom.bead({ project, type: 'task', title: 'anything', priority: 1 });
  expect(await loom.untilEnded(beadId)).toMatchObject({ status: 'escalated' });
  const { searchAttributes } = await loom.temporal.call((client) =>
    client.workflow.getHandle(beadWorkflowId(beadId)).describe(),
  );
  expect(searchAttributes).toMatchObject({ BeadStatus: ['escalated'], Persona: ['repairer'], Priority: [1] });
});
