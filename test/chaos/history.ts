// A run of a thousand model calls over a long transcript. Measured: the bytes of history that a step costs, over all executions of
// the run and its bead, whether a step is missing, and what the orchestrator's memory does meanwhile.
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { printReport } from '../../bench/report.ts';
import { beadWorkflowId, runIdOf } from '../../domain/ids.ts';
import { allSteps, findStep } from '../../store/steps.ts';
import { executionsOf } from '../support/executions.ts';
import { type TestLoom, startLoom } from '../support/loom.ts';
import { withServices } from '../support/services.ts';

/** About four characters make a token. */
const CHARACTERS_PER_TOKEN = 4;
const BYTES_PER_STEP = 2_048;
const MEMORY_GROWTH = 1.25;

export async function chaosHistory(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      calls: { type: 'string', default: '1000' },
      tokens: { type: 'string', default: '200000' },
      'continue-after': { type: 'string', default: '1000' },
      fused: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
    },
  });
  const calls = Number(values.calls);
  const spoken = 'x'.repeat(Math.ceil((Number(values.tokens) * CHARACTERS_PER_TOKEN) / calls));
  return withServices(async () => {
    const loom = await startLoom({
      LOOM_RUN_CONTINUE_AFTER_EVENTS: values['continue-after'],
      LOOM_RUN_MAX_TURNS: String(calls + 1),
      LOOM_HOST_PROVIDERS: 'scripted,repairer',
    });
    try {
      const [orchestrator] = await Promise.all([loom.start('orchestrator'), loom.start('hub'), loom.start('llm')]);
      await loom.start(values.fused ? 'scriptedHost' : 'host');
      const { id: project } = await loom.project({ 'a.txt': 'a\n' }, { checks: { test: 'true', timeoutMs: 30_000 } });
      await loom.script(
        Array.from({ length: calls }, (_, index) => ({
          text: `${index + 1} ${spoken}`,
          calls: [
            index + 1 === calls
              ? { action: 'done', arguments: { summary: 'read' } }
              : { action: 'search_text', arguments: { query: `nothing has ${index + 1}` } },
          ],
        })),
      );
      const beadId = await loom.bead({ project, type: 'task', title: 'read', provider: 'scripted', maxAttempts: 1 });
      const runId = runIdOf(beadId, 1);
      const atQuarter = await memoryAt(loom, runId, 2 * Math.floor(calls / 4), orchestrator.pid);
      const atEnd = await memoryAt(loom, runId, 2 * calls + 1, orchestrator.pid);
      await loom.untilEnded(beadId, 60_000);

      const steps = await allSteps(loom.instance.database, runId, 0);
      const missing = 2 * calls + 1 - steps.length + steps.filter(({ step }, index) => step !== index + 1).length;
      const runs = await executionsOf(loom.temporal, runId);
      const all = [...runs, ...(await executionsOf(loom.temporal, beadWorkflowId(beadId)))];
      const bytesPerStep = all.reduce((sum, { bytes }) => sum + bytes, 0) / steps.length;
      return printReport(
        {
          name: 'history',
          figures: {
            modelCalls: calls,
            transcriptCharacters: steps.reduce((sum, { content }) => sum + content.text.length, 0),
            missingSteps: missing,
            executionsOfTheRun: runs.length,
            eventsPerStep: all.reduce((sum, { events }) => sum + events, 0) / steps.length,
            bytesPerStep,
            orchestratorMbAtQuarter: atQuarter,
            orchestratorMbAtEnd: atEnd,
          },
          aims: {
            missingSteps: { aim: '0', met: missing === 0 },
            bytesPerStep: { aim: `below ${BYTES_PER_STEP}`, met: bytesPerStep < BYTES_PER_STEP },
            orchestratorMbAtEnd: {
              aim: `below ${MEMORY_GROWTH} x what it was at a quarter`,
              met: atEnd < MEMORY_GROWTH * atQuarter,
            },
          },
        },
        values.json,
      );
    } finally {
      await loom.stop();
    }
  });
}

const FINISHED_WITHIN_MS = 1_800_000;

/** Resident memory of a process in MB when the step has been recorded. */
async function memoryAt(loom: TestLoom, runId: string, step: number, pid: number): Promise<number> {
  const giveUpAt = Date.now() + FINISHED_WITHIN_MS;
  while ((await findStep(loom.instance.database, runId, step)) === undefined) {
    if (Date.now() > giveUpAt) throw new Error(`step ${step} of ${runId} was not recorded in time`);
    await delay(200);
  }
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024);
}
