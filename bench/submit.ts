// Filing a bead against starting a workflow, one after the other on the same server.
import { beadWorkflowId } from '../domain/ids.ts';
import { BARE_QUEUES } from './bare-queues.ts';
import type { BareInput } from './bare-workflow.ts';
import type { Installation } from './installation.ts';
import { newBead } from './measured-run.ts';

export interface SubmitTimes {
  readonly beadMs: readonly number[];
  readonly startMs: readonly number[];
}

/** Each is awaited to its end before the next, so that what is measured is the answer and not the queue behind it. */
export async function measureSubmit(loom: Installation, samples: number): Promise<SubmitTimes> {
  // Without checks a bead ends at once, as the empty workflow does.
  const project = await loom.project('submit', 'none');
  const beadMs: number[] = [];
  const startMs: number[] = [];
  const input: BareInput = { activities: 0 };

  const file = async () => {
    const started = performance.now();
    const { id } = await loom.api.post('/beads', newBead(project, 'nobody'));
    const ms = performance.now() - started;
    await loom.untilEnded(beadWorkflowId(String(id)));
    return ms;
  };
  const start = async (sample: number) => {
    const started = performance.now();
    const workflowId = `submit-${sample}`;
    await loom.temporal.workflow.start('bareWorkflow', {
      workflowId,
      taskQueue: BARE_QUEUES.workflows,
      args: [input],
    });
    const ms = performance.now() - started;
    await loom.untilEnded(workflowId);
    return ms;
  };

  for (let sample = -WARM_UP; sample < samples; sample++) {
    const beadFirst = sample % 2 === 0;
    const early = beadFirst ? await file() : null;
    const raw = await start(sample);
    const bead = early ?? (await file());
    if (sample < 0) continue;
    beadMs.push(bead);
    startMs.push(raw);
  }
  return { beadMs, startMs };
}

const WARM_UP = 5;
