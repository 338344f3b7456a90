// A busy host is told to stop with SIGTERM while another is up. Measured: how long until the other has its run, and how often an
// action was executed. Hosts run unconfined here, because the executions are counted in a file outside of the workspace.
import { appendFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { runIdOf } from '../domain/ids.ts';
import { listSteps } from '../store/steps.ts';
import { type TestLoom, type TestProcess, startLoom } from '../test/support/loom.ts';
import { withServices } from '../test/support/services.ts';
import { untilActing } from '../test/support/until-acting.ts';
import { median, percentile, printReport } from './report.ts';

const PROJECT = { 'log.txt': 'begun\n' };
const EXPECTED_STEPS = 5;
const REPLACED_WITHIN_MS = 3_000;
/** The signal comes within so long after the action's begin. */
const SPREAD_MS = 400;
/** One that ends while it is waited for, and one that is cut off and repeated from its checkpoint. */
const ACTIONS = { short: 1.5, long: 6 } as const;
type Action = keyof typeof ACTIONS;

interface Round {
  readonly replacedMs: number;
  /** Executions of the action that were begun, and that came to their end. */
  readonly begun: number;
  readonly ended: number;
  readonly same: boolean;
  readonly exit: number | NodeJS.Signals;
}

export async function benchDrain(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: { rounds: { type: 'string', default: '10' }, json: { type: 'boolean', default: false } },
  });
  const rounds = Number(values.rounds);
  return withServices(async () => {
    const folder = await mkdtemp(join(tmpdir(), 'loom-drain-'));
    const loom = await startLoom({ LOOM_SANDBOX: 'off' });
    try {
      await Promise.all([loom.start('orchestrator'), loom.start('hub'), loom.start('llm')]);
      const hosts = new Map<string, TestProcess>();
      const results: Record<Action, Round[]> = { short: [], long: [] };
      for (let number = 1; number <= rounds; number++) {
        // Two are up before the signal, so that the figure is the hand-over, not the start of a process.
        while (hosts.size < 2) {
          const name = `round${number}-${hosts.size}`;
          hosts.set(name, await loom.start('host', { LOOM_HOST_NAME: name }));
        }
        const action: Action = number % 3 === 0 ? 'long' : 'short';
        const round = await drainOnce(loom, hosts, action, join(folder, `round${number}`));
        results[action].push(round);
        console.log(
          `round ${number}, ${action} action: replaced after ${round.replacedMs} ms, begun ${round.begun} times, ended ${round.ended} times, ${round.same ? 'same result' : 'DIFFERENT result'}`,
        );
      }
      return report(rounds, results, values.json);
    } finally {
      await loom.stop();
      await rm(folder, { recursive: true, force: true });
    }
  });
}

function report(rounds: number, { short, long }: Record<Action, readonly Round[]>, json: boolean): number {
  const all = [...short, ...long];
  const times = all.map(({ replacedMs }) => replacedMs);
  const maxMs = Math.max(...times);
  const repeated = short.reduce((sum, { begun }) => sum + begun - 1, 0);
  const repeatedToTheEnd = all.reduce((sum, { ended }) => sum + ended - 1, 0);
  const differences = all.filter(({ same }) => !same).length;
  const unclean = all.filter(({ exit }) => exit !== 0).length;
  return printReport(
    {
      name: 'drain',
      figures: {
        rounds,
        replacedMedianMs: median(times),
        replacedP95Ms: percentile(times, 0.95),
        replacedMaxMs: maxMs,
        repeatedExecutions: repeated,
        repeatedToTheEnd,
        cutOffAndBegunAgain: long.reduce((sum, { begun }) => sum + begun - 1, 0),
        differences,
        uncleanExits: unclean,
      },
      aims: {
        replacedMaxMs: { aim: `below ${REPLACED_WITHIN_MS}`, met: maxMs < REPLACED_WITHIN_MS },
        repeatedExecutions: { aim: '0 of actions that end within the grace', met: repeated === 0 },
        repeatedToTheEnd: { aim: '0', met: repeatedToTheEnd === 0 },
        differences: { aim: '0', met: differences === 0 },
        uncleanExits: { aim: '0', met: unclean === 0 },
      },
    },
    json,
  );
}

/** Stops the host that took the bead, and takes it off the list. */
async function drainOnce(
  loom: TestLoom,
  hosts: Map<string, TestProcess>,
  action: Action,
  countFile: string,
): Promise<Round> {
  await appendFile(countFile, '');
  const command = `echo begun >> ${countFile}; echo one >> log.txt; sleep ${ACTIONS[action]}; echo two >> log.txt; echo ended >> ${countFile}`;
  await loom.script([
    { calls: [{ action: 'run_command', arguments: { command } }] },
    { calls: [{ action: 'done', arguments: { summary: 'written' } }] },
  ]);
  const { id: project } = await loom.project(PROJECT, { checks: { test: 'grep -q two log.txt', timeoutMs: 30_000 } });
  const beadId = await loom.bead({ project, type: 'task', title: 'write the log', provider: 'scripted' });
  const runId = runIdOf(beadId, 1);
  const first = String((await loom.untilEvent(beadId, ({ type }) => type === 'bead.running')).data['host']);
  const name = [...hosts.keys()].find((each) => first.startsWith(`${each}-`)) ?? '';
  const host = hosts.get(name);
  if (host === undefined) throw new Error(`${first} is none of this bench's hosts`);
  await untilActing(loom, runId);
  await delay(Math.random() * SPREAD_MS);
  hosts.delete(name);
  const signalled = performance.now();
  host.kill('SIGTERM');
  await loom.untilEvent(beadId, ({ type, data }) => type === 'bead.running' && data['host'] !== first);
  const replacedMs = Math.round(performance.now() - signalled);
  const { status } = await loom.untilEnded(beadId);
  const steps = await listSteps(loom.instance.database, runId, 0, 100);
  const log = status === 'closed' ? await loom.landedFile(project, 'log.txt') : '';
  const lines = (await readFile(countFile, 'utf8')).split('\n');
  return {
    replacedMs,
    begun: lines.filter((line) => line === 'begun').length,
    ended: lines.filter((line) => line === 'ended').length,
    same: log === 'begun\none\ntwo\n' && steps.length === EXPECTED_STEPS,
    exit: await host.exited,
  };
}
