// A host is killed with SIGKILL while it executes an action. Measured: how long until another host has the run, and whether the
// landed tree and the transcript are those of an undisturbed run.
import { parseArgs } from 'node:util';
import { median, percentile, printReport } from '../../bench/report.ts';
import { runIdOf } from '../../domain/ids.ts';
import { listSteps } from '../../store/steps.ts';
import { type TestLoom, type TestProcess, startLoom } from '../support/loom.ts';
import { withServices } from '../support/services.ts';
import { untilActing } from '../support/until-acting.ts';

const PROJECT = { 'log.txt': 'begun\n' };
const SCRIPT = [
  { calls: [{ action: 'run_command', arguments: { command: 'echo one >> log.txt; sleep 3; echo two >> log.txt' } }] },
  { calls: [{ action: 'done', arguments: { summary: 'written' } }] },
];
const EXPECTED_LOG = 'begun\none\ntwo\n';
const EXPECTED_STEPS = ['message', 'assistant', 'run_command', 'assistant', 'done'];
const REPLACED_WITHIN_MS = 10_000;

export async function chaosKill(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: { rounds: { type: 'string', default: '5' }, json: { type: 'boolean', default: false } },
  });
  const rounds = Number(values.rounds);
  return withServices(async () => {
    const loom = await startLoom();
    try {
      await Promise.all([loom.start('orchestrator'), loom.start('hub'), loom.start('llm')]);
      await loom.script(SCRIPT);
      const replacedMs: number[] = [];
      let differences = 0;
      const hosts = new Map<string, TestProcess>();
      for (let round = 1; round <= rounds; round++) {
        // Two are up before the kill, so that the figure is the time to notice and to hand over, not the start of a process.
        while (hosts.size < 2) {
          const name = `round${round}-${hosts.size}`;
          hosts.set(name, await loom.start('host', { LOOM_HOST_NAME: name }));
        }
        const { replacedMs: took, same } = await killOnce(loom, hosts);
        replacedMs.push(took);
        differences += same ? 0 : 1;
        console.log(`round ${round}: replaced after ${took} ms, ${same ? 'same result' : 'DIFFERENT result'}`);
      }
      const worst = Math.max(...replacedMs);
      return printReport(
        {
          name: 'kill',
          figures: {
            rounds,
            differences,
            replacedMedianMs: median(replacedMs),
            replacedP99Ms: percentile(replacedMs, 0.99),
            heartbeatTimeoutMs: loom.instance.config.lease.heartbeatTimeoutMs,
          },
          aims: {
            differences: { aim: '0', met: differences === 0 },
            replacedP99Ms: { aim: `below ${REPLACED_WITHIN_MS}`, met: worst < REPLACED_WITHIN_MS },
          },
        },
        values.json,
      );
    } finally {
      await loom.stop();
    }
  });
}

/** Kills the host that took the bead, and takes it off the list. */
async function killOnce(
  loom: TestLoom,
  hosts: Map<string, TestProcess>,
): Promise<{ replacedMs: number; same: boolean }> {
  const { id: project } = await loom.project(PROJECT, { checks: { test: 'grep -q two log.txt', timeoutMs: 30_000 } });
  const beadId = await loom.bead({ project, type: 'task', title: 'write the log', provider: 'scripted' });
  const runId = runIdOf(beadId, 1);
  const first = String((await loom.untilEvent(beadId, ({ type }) => type === 'bead.running')).data['host']);
  await untilActing(loom, runId);
  const [name, host] = [...hosts].find(([each]) => first.startsWith(`${each}-`)) ?? [];
  if (name === undefined || host === undefined) throw new Error(`${first} is none of the hosts`);
  hosts.delete(name);
  const killedAt = performance.now();
  host.kill('SIGKILL');
  await loom.untilEvent(beadId, ({ type, data }) => type === 'bead.running' && data['host'] !== first);
  const replacedMs = Math.round(performance.now() - killedAt);
  const bead = await loom.untilEnded(beadId);
  const steps = await listSteps(loom.instance.database, runId, 0, 100);
  const actual = steps.map(({ content }) => (content.kind === 'result' ? content.action : content.kind));
  const log = bead.status === 'closed' ? await loom.landedFile(project, 'log.txt') : bead.status;
  return { replacedMs, same: log === EXPECTED_LOG && actual.join() === EXPECTED_STEPS.join() };
}
