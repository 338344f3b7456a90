// A run of forty turns is killed at the boundaries of its steps and in between, host, llm worker and orchestrator in turn. It has to
// land the tree and to leave the transcript that it did undisturbed, and no recorded answer may be asked for again.
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { printReport } from '../../bench/report.ts';
import { messageOf } from '../../domain/errors.ts';
import { runIdOf } from '../../domain/ids.ts';
import { listSteps } from '../../store/steps.ts';
import { repeatedCalls } from '../support/counted-provider.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { withServices } from '../support/services.ts';
import type { WatchedEvent } from './bead-watch.ts';
import { FORTY_TURNS, GIVEN_UP } from './forty-turns.ts';
import { type KillPoint, dealt, killPoints } from './kill-points.ts';
import { type Lane, VICTIMS, type Victim, openLane } from './lane.ts';
import { type ComparedBead, differencesOf } from './run-comparison.ts';
import type { Scenario } from './scenario.ts';
import { shuffled } from './shuffled.ts';

const SCENARIOS = [FORTY_TURNS, GIVEN_UP];
const ENDED_WITHIN_MS = 240_000;
const MAX_SHOWN = 10;

interface Reference {
  readonly scenario: Scenario;
  readonly result: ComparedBead;
  /** How long after step n the next thing happened, by n; the last is the end of the bead. */
  readonly gapsMs: ReadonlyMap<number, number>;
}

interface PlannedRun {
  readonly reference: Reference;
  readonly points: readonly KillPoint<Victim>[];
}

export async function chaosSteps(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seed: { type: 'string', default: '1' },
      sample: { type: 'string' },
      lanes: { type: 'string', default: '2' },
      'per-run': { type: 'string', default: '4' },
      fused: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
    },
  });
  const random = seededRandom(Number(values.seed));
  const started = performance.now();
  return withServices(async () => {
    const lanes = await openLanes(Number(values.lanes), values.fused);
    try {
      const [first] = lanes;
      if (first === undefined) throw new Error('--lanes is at least 1');
      const references: Reference[] = [];
      for (const scenario of SCENARIOS) references.push(await undisturbed(first, scenario));

      const all = references.flatMap((reference) =>
        killPoints(random, reference.gapsMs.size, VICTIMS).map((point) => ({ reference, point })),
      );
      const chosen = shuffled(random, all).slice(0, values.sample === undefined ? all.length : Number(values.sample));
      const plan = references.flatMap((reference) => {
        const points = chosen.filter((each) => each.reference === reference).map(({ point }) => point);
        return dealt(points, Number(values['per-run'])).map((points): PlannedRun => ({ reference, points }));
      });
      console.log(`${chosen.length} of ${all.length} points in ${plan.length} runs, seed ${values.seed}`);

      const waiting = [...plan.entries()];
      const faults = new Map<Victim, number>();
      let differences = 0;
      const work = async (lane: Lane): Promise<void> => {
        for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
          const [index, planned] = next;
          const found = await disturbed(lane, planned);
          for (const { victim } of planned.points) faults.set(victim, (faults.get(victim) ?? 0) + 1);
          differences += found.length;
          console.log(`run ${index + 1} of ${plan.length}: ${planned.points.map(shown).join(', ')}: ${verdict(found)}`);
        }
      };
      await Promise.all(lanes.map(work));
      const calls = (await Promise.all(lanes.map((lane) => lane.calls()))).flat();
      const { repeated, inVain } = repeatedCalls(calls);
      return printReport(
        {
          name: 'steps',
          figures: {
            seed: Number(values.seed),
            runs: plan.length,
            points: chosen.length,
            pointsInAll: all.length,
            faults: VICTIMS.map((victim) => `${faults.get(victim) ?? 0} ${victim}`).join(', '),
            differences,
            modelCalls: calls.length,
            repeatedCalls: repeated,
            repeatedThoughRecorded: inVain,
            tookS: Math.round((performance.now() - started) / 1_000),
          },
          aims: {
            differences: { aim: '0', met: differences === 0 },
            repeatedThoughRecorded: { aim: '0', met: inVain === 0 },
          },
        },
        values.json,
      );
    } finally {
      await Promise.all(lanes.map((lane) => lane.stop()));
    }
  });
}

/** In every second lane the hosts think the turns themselves; in all of them with `--fused`. */
async function openLanes(count: number, fused: boolean): Promise<Lane[]> {
  const lane = (_: unknown, index: number) => openLane({ fused: fused || index % 2 === 1 });
  const opened = await Promise.allSettled(Array.from({ length: count }, lane));
  const lanes = opened.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  const failed = opened.find((each) => each.status === 'rejected');
  if (failed === undefined) return lanes;
  await Promise.all(lanes.map((lane) => lane.stop()));
  throw failed.reason;
}

const ENDS: ReadonlySet<string> = new Set(['bead.closed', 'bead.escalated', 'bead.cancelled']);
const hasEnded = ({ type }: WatchedEvent): boolean => ENDS.has(type);

async function undisturbed(lane: Lane, scenario: Scenario): Promise<Reference> {
  const { beadId } = await lane.file(scenario);
  await lane.watch.until(beadId, hasEnded, ENDED_WITHIN_MS);
  const endedAt = Date.now();
  const steps = await listSteps(lane.loom.instance.database, runIdOf(beadId, 1), 0, 1_000);
  const times = [...steps.map(({ at }) => Date.parse(at)), endedAt];
  const gapsMs = new Map(steps.map(({ step }, index) => [step, (times[index + 1] ?? 0) - (times[index] ?? 0)]));
  const result = await lane.record(beadId);
  const ms = endedAt - (times[0] ?? endedAt);
  console.log(`undisturbed "${scenario.name}": ${result.status}, ${steps.length} steps in ${ms} ms`);
  return { scenario, result, gapsMs };
}

/** Returns what is not as it was undisturbed. */
async function disturbed(lane: Lane, { reference, points }: PlannedRun): Promise<string[]> {
  const { beadId } = await lane.file(reference.scenario);
  try {
    for (const { step, share, victim } of points) {
      await lane.watch.until(beadId, ({ data }) => data['step'] === step, ENDED_WITHIN_MS);
      if (share > 0) await delay(share * (reference.gapsMs.get(step) ?? 0));
      await lane.kill(victim, beadId);
    }
    await lane.watch.until(beadId, hasEnded, ENDED_WITHIN_MS);
  } catch (error) {
    return [messageOf(error), ...lane.accidents];
  }
  return [...differencesOf(reference.result, await lane.record(beadId)), ...lane.accidents];
}

const shown = ({ step, share, victim }: KillPoint<Victim>): string =>
  `${victim} ${share === 0 ? `at ${step}` : `${Math.round(share * 100)} % after ${step}`}`;

const verdict = (differences: readonly string[]): string =>
  differences.length === 0
    ? 'the same'
    : `DIFFERENT\n${differences
        .slice(0, MAX_SHOWN)
        .map((line) => `    ${line}`)
        .join('\n')}`;
