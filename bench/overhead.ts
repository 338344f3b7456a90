// What Loom costs beside bare Temporal, on one server and in one run: a quiet machine gives the figures, and the ratios hold on
// any. Loom's run and the bare workflow take turns, and who begins alternates.
import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { LoomError } from '../domain/errors.ts';
import { type ActivityCost, activityCount } from './history-cost.ts';
import { type Level, TURN_MS, measureLevel } from './in-flight.ts';
import { type Installation, openInstallation } from './installation.ts';
import { type MeasuredBare, type MeasuredBead, TURNS, measureBare, measureBead, noOpTurns } from './measured-run.ts';
import { processorMs } from './processor-time.ts';
import { median, percentile, printReport } from './report.ts';
import { measureSubmit } from './submit.ts';

const AIM = { ratio: 1.3, submitRatio: 1.6, submitMs: 5, share: 0.05 };
const MODEL_MS = 1_000;
const SUBMITS_PER_ROUND = 10;
const SLOW_ROUNDS = 3;
const PARTS = ['run', 'submit', 'share', 'in-flight'] as const;
const SLOTS = 64;

type Figures = Record<string, number | string | null>;
type Aims = Record<string, { readonly aim: string; readonly met: boolean }>;

interface Fleet {
  /** Name of the fleet, and prefix of its figures. */
  readonly name: string;
  /** What its hosts are. */
  readonly host: string;
  /** How many runs at a time are aimed at. */
  readonly inFlight: number;
}

const FLEETS: readonly Fleet[] = [
  { name: 'unfused', host: 'workers/host.ts', inFlight: 60 },
  // Its hosts think the turns themselves, in the same activity that acts.
  { name: 'fused', host: 'test/support/scripted-host.ts', inFlight: 120 },
];

/** Options: `--rounds N` (8), `--only run,submit,share,in-flight`, `--levels 15,30,...` of runs in flight, `--json`. */
export async function benchOverhead(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rounds: { type: 'string', default: '8' },
      only: { type: 'string', default: PARTS.join(',') },
      levels: { type: 'string', default: '15,30,60,90,120,180,240' },
      json: { type: 'boolean', default: false },
    },
  });
  const rounds = Number(values.rounds);
  const only = values.only.split(',');
  const levels = values.levels.split(',').map(Number);
  const counts = [rounds, ...levels].every((count) => Number.isInteger(count) && count > 0);
  if (!counts || only.some((part) => !PARTS.some((known) => known === part)))
    throw new LoomError(
      'BAD_INPUT',
      `--rounds ${values.rounds} --levels ${values.levels} --only ${values.only} is not understood`,
      `Give whole numbers from 1, and parts among ${PARTS.join(', ')}.`,
    );

  const figures: Figures = {};
  const aims: Aims = {};
  // What else the machine does at the moment is in every millisecond below.
  figures['loadBefore'] = loadavg()[0] ?? null;
  const loom = await openInstallation({ LOOM_HOST_PROVIDERS: 'repairer,scripted' });
  try {
    await loom.start('bare', 'bench/bare-worker.ts', {});
    for (const fleet of FLEETS) await addHost(loom, fleet);
    const project = await loom.project('noop', 'green');
    if (only.includes('run')) await benchRuns(loom, project, rounds, figures, aims);
    if (only.includes('submit')) await benchSubmit(loom, rounds * SUBMITS_PER_ROUND, figures, aims);
    if (only.includes('share')) await benchShare(loom, project, figures, aims);
    if (only.includes('in-flight')) await benchInFlight(loom, project, levels, figures, aims);
  } finally {
    await loom.stop();
  }
  console.log('');
  return printReport({ name: 'overhead', figures, aims }, values.json);
}

async function benchRuns(
  loom: Installation,
  project: string,
  rounds: number,
  figures: Figures,
  aims: Aims,
): Promise<void> {
  await loom.script(noOpTurns(TURNS, 0));
  for (const { name } of FLEETS) {
    const beads: MeasuredBead[] = [];
    const bares: MeasuredBare[] = [];
    const eager: MeasuredBare[] = [];
    const usedByLoom: Record<string, number>[] = [];
    const usedByBare: Record<string, number>[] = [];
    // The first round warms both up, and tells how many activities the run has.
    const activities = activityCount((await measureBead(loom, project, name)).run);
    await measureBare(loom, activities);
    await measureBare(loom, activities, true);
    for (let round = 0; round < rounds; round++) {
      const bare = () => usedIn(loom, usedByBare, async () => void bares.push(await measureBare(loom, activities)));
      if (round % 2 === 0) await bare();
      await usedIn(loom, usedByLoom, async () => void beads.push(await measureBead(loom, project, name)));
      if (round % 2 === 1) await bare();
      eager.push(await measureBare(loom, activities, true));
    }
    const loomMs = middle(beads.map(({ leasedMs }) => leasedMs));
    const bareMs = middle(bares.map(({ execution }) => execution.ms));
    const ratios = {
      // Of neighbours in time, because what else the machine does changes from round to round.
      time: middle(beads.map(({ leasedMs }, round) => leasedMs / (bares[round]?.execution.ms ?? Number.NaN))),
      events: middle(beads.map(({ run }) => run.events)) / middle(bares.map(({ execution }) => execution.events)),
      bytes: middle(beads.map(({ run }) => run.bytes)) / middle(bares.map(({ execution }) => execution.bytes)),
    };
    for (const [what, ratio] of Object.entries(ratios)) {
      const key = `${name}.${what}Ratio`;
      figures[key] = ratio;
      aims[key] = { aim: `at most ${AIM.ratio}`, met: ratio <= AIM.ratio };
    }
    Object.assign(figures, {
      [`${name}.activities`]: activities,
      [`${name}.runMs`]: loomMs,
      [`${name}.bareMs`]: bareMs,
      [`${name}.bareEagerMs`]: middle(eager.map(({ execution }) => execution.ms)),
      [`${name}.runEvents`]: middle(beads.map(({ run }) => run.events)),
      [`${name}.runBytes`]: middle(beads.map(({ run }) => run.bytes)),
      [`${name}.bareBytes`]: middle(bares.map(({ execution }) => execution.bytes)),
      [`${name}.wholeBeadMs`]: middle(beads.map(({ wholeMs }) => wholeMs)),
      [`${name}.beforeLeaseMs`]: middle(beads.map(({ beforeMs }) => beforeMs)),
      [`${name}.afterRunMs`]: middle(beads.map(({ afterMs }) => afterMs)),
      [`${name}.bareWholeMs`]: middle(bares.map(({ wholeMs }) => wholeMs)),
      [`${name}.beadEvents`]: middle(beads.map(({ bead }) => bead.events)),
      [`${name}.beadBytes`]: middle(beads.map(({ bead }) => bead.bytes)),
    });
    Object.assign(figures, whereItGoes(name, beads, bares), {
      [`${name}.processorMs`]: middle(usedByLoom.map(sum)),
      [`${name}.bareProcessorMs`]: middle(usedByBare.map(sum)),
    });
    for (const part of Object.keys(usedByLoom[0] ?? {}))
      figures[`${name}.processorMs.${part}`] = middle(usedByLoom.map((used) => used[part] ?? 0));
  }
}

/** Adds what each process used while `work` ran: a figure that hardly depends on what else the machine does. */
async function usedIn(loom: Installation, used: Record<string, number>[], work: () => Promise<void>): Promise<void> {
  const before = await processorMs(loom.pids());
  await work();
  const after = await processorMs(loom.pids());
  if (before === null || after === null) return;
  used.push(Object.fromEntries(Object.entries(after).map(([part, ms]) => [part, ms - (before[part] ?? 0)])));
}

const sum = (used: Readonly<Record<string, number>>): number => Object.values(used).reduce((all, ms) => all + ms, 0);

/** The milliseconds of a run by what they were spent on; together they are its time. The bare workflow's stand beside them. */
function whereItGoes(name: string, beads: readonly MeasuredBead[], bares: readonly MeasuredBare[]): Figures {
  const figures: Figures = {};
  const types = new Set(beads.flatMap(({ run }) => Object.keys(run.activities)));
  for (const type of types) {
    const each = beads.map(({ run }) => run.activities[type] ?? NOTHING);
    figures[`${name}.made.${type}.count`] = middle(each.map(({ count }) => count));
    figures[`${name}.made.${type}.latencyMs`] = middle(each.map(({ latencyMs }) => latencyMs));
    figures[`${name}.made.${type}.executionMs`] = middle(each.map(({ executionMs }) => executionMs));
  }
  figures[`${name}.made.actionsThemselvesMs`] = middle(beads.map(({ actionsMs }) => actionsMs));
  figures[`${name}.made.decisionsMs`] = middle(beads.map(({ run }) => decisionsMs(run)));
  figures[`${name}.made.leaseRecordAndStartMs`] = middle(beads.map(({ leasedMs, run }) => leasedMs - run.ms));
  const nothing = bares.map(({ execution }) => execution.activities['nothing'] ?? NOTHING);
  figures[`${name}.bare.latencyMs`] = middle(nothing.map(({ latencyMs }) => latencyMs));
  figures[`${name}.bare.executionMs`] = middle(nothing.map(({ executionMs }) => executionMs));
  figures[`${name}.bare.decisionsMs`] = middle(bares.map(({ execution }) => decisionsMs(execution)));
  return figures;
}

const NOTHING: ActivityCost = { count: 0, latencyMs: 0, executionMs: 0 };

/** Everything between two activities: the workflow's tasks with their way there and back, and local activities. */
const decisionsMs = ({ ms, activities }: { ms: number; activities: Readonly<Record<string, ActivityCost>> }): number =>
  Object.values(activities).reduce((left, { latencyMs, executionMs }) => left - latencyMs - executionMs, ms);

async function benchSubmit(loom: Installation, samples: number, figures: Figures, aims: Aims): Promise<void> {
  const { beadMs, startMs } = await measureSubmit(loom, samples);
  const bead = middle(beadMs);
  const start = middle(startMs);
  Object.assign(figures, {
    'submit.beadP50Ms': bead,
    'submit.beadP99Ms': percentile(beadMs, 0.99),
    'submit.startP50Ms': start,
    'submit.startP99Ms': percentile(startMs, 0.99),
    'submit.ratio': bead / start,
  });
  aims['submit.ratio'] = {
    aim: `at most ${AIM.submitRatio}, or ${AIM.submitMs} ms more`,
    met: bead <= Math.max(start * AIM.submitRatio, start + AIM.submitMs),
  };
}

async function benchShare(loom: Installation, project: string, figures: Figures, aims: Aims): Promise<void> {
  await loom.script(noOpTurns(TURNS, MODEL_MS));
  for (const { name } of FLEETS) {
    const shares: number[] = [];
    for (let round = 0; round < SLOW_ROUNDS; round++) {
      const { leasedMs } = await measureBead(loom, project, name);
      shares.push((leasedMs - TURNS * MODEL_MS) / leasedMs);
    }
    const key = `${name}.share`;
    figures[key] = middle(shares);
    aims[key] = { aim: `below ${AIM.share}`, met: middle(shares) < AIM.share };
  }
}

/** A host of that fleet, with as many slots as one may have. */
const addHost = (loom: Installation, { name, host }: Fleet): Promise<void> =>
  loom.start(`${name}Host`, host, {
    LOOM_HOST_FLEETS: name,
    LOOM_HOST_SLOTS: String(SLOTS),
    LOOM_HOST_RUN_MEMORY_MB: '16',
    // No command is run here, so none has to be confined.
    LOOM_SANDBOX: 'off',
  });

async function benchInFlight(
  loom: Installation,
  project: string,
  levels: readonly number[],
  figures: Figures,
  aims: Aims,
): Promise<void> {
  for (const fleet of FLEETS) {
    const { name, inFlight } = fleet;
    let holds: Level | null = null;
    let slots = SLOTS;
    for (const runs of levels) {
      for (; slots < runs; slots += SLOTS) await addHost(loom, fleet);
      const level = await measureLevel(loom, project, name, runs);
      console.log(`${name}: ${runs} runs in flight: ${level === null ? 'they did not all come to work' : said(level)}`);
      if (level?.holds !== true) break;
      holds = level;
    }
    const key = `${name}.inFlight`;
    figures[key] = holds?.runs ?? 0;
    figures[`${name}.inFlightP95Ms`] = holds?.p95Ms ?? null;
    figures[`${name}.inFlightProcessorMsPerTurn`] = holds?.processorMsPerTurn ?? null;
    for (const [part, cores] of Object.entries(holds?.cores ?? {})) figures[`${name}.inFlightCores.${part}`] = cores;
    aims[key] = { aim: `at least ${inFlight}, with turns of ${TURN_MS} ms`, met: (holds?.runs ?? 0) >= inFlight };
  }
}

function said({ p50Ms, p95Ms, turnsPerSecond, processorMsPerTurn, cores }: Level): string {
  const busy = Object.entries(cores)
    .sort(([, a], [, b]) => b - a)
    .map(([part, share]) => `${part} ${share.toFixed(2)}`);
  return `a turn takes ${p50Ms?.toFixed(0)} ms, p95 ${p95Ms?.toFixed(0)}; ${turnsPerSecond.toFixed(1)} turns/s; ${processorMsPerTurn.toFixed(0)} ms of processor time a turn; cores: ${busy.join(', ')}`;
}

const middle = (samples: readonly number[]): number => median(samples) ?? Number.NaN;
