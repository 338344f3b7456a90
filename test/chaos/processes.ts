// Every process of an installation is killed and frozen while beads are filed, worked on and landed. Nothing of it may be noticed in
// what they come to, by who filed them, or by who follows the events.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { printReport } from '../../bench/report.ts';
import { readConfig } from '../../config/config.ts';
import { messageOf } from '../../domain/errors.ts';
import { type Database, openDatabase } from '../../store/database.ts';
import { countRepairs } from '../../store/reconciliation.ts';
import { readCalls, repeatedCalls } from '../support/counted-provider.ts';
import { makeRepository } from '../support/repository.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { type BeadWatch, type WatchedEvent, watchBeads } from './bead-watch.ts';
import { callConnectors } from './connectors-caller.ts';
import { type EventFollower, followEvents, streamTrouble } from './event-follower.ts';
import { type Fault, planFaults, shownFault } from './fault-plan.ts';
import { type Installation, VICTIMS, type Victim, startInstallation } from './installation.ts';
import { type PatientClient, patientClient } from './patient-client.ts';
import { type ComparedBead, differencesOf } from './run-comparison.ts';
import { recordOf } from './run-record.ts';
import { SHORT_RUN } from './short-run.ts';

const LEASE_TIMEOUT_MS = 3_000;
const ENDED_WITHIN_MS = 300_000;
const CAUGHT_UP_WITHIN_MS = 60_000;
const MAX_SHOWN = 10;

interface World {
  readonly installation: Installation;
  readonly database: Database;
  readonly hubDir: string;
  readonly client: PatientClient;
  readonly watch: BeadWatch;
}

export async function chaosProcesses(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seed: { type: 'string', default: '1' },
      runs: { type: 'string', default: '30' },
      lanes: { type: 'string', default: '2' },
      json: { type: 'boolean', default: false },
    },
  });
  const runs = Number(values.runs);
  const started = performance.now();
  const folder = await mkdtemp(join(tmpdir(), 'loom-chaos-'));
  const repository = await makeRepository(SHORT_RUN.files);
  const files = { script: join(folder, 'script.json'), calls: join(folder, 'calls.jsonl') };
  await writeFile(files.script, JSON.stringify(SHORT_RUN.script));
  const installation = await startInstallation({
    LOOM_LEASE_HEARTBEAT_TIMEOUT_MS: String(LEASE_TIMEOUT_MS),
    LOOM_TEST_SCRIPT: files.script,
    LOOM_TEST_CALLS: files.calls,
  });
  const config = readConfig(installation.env);
  const key = (await readFile(installation.apiKeyFile, 'utf8')).trim();
  const world: World = {
    installation,
    database: openDatabase(config.databaseUrl, { maxConnections: 4 }),
    hubDir: config.hub.dir,
    client: patientClient(config.api.url, key),
    watch: watchBeads(config.databaseUrl),
  };
  const follower = followEvents(config.api.url, key);
  const connectors = callConnectors(config.connectors.address);
  try {
    const projects: string[] = [];
    for (let number = 0; number <= runs; number++) {
      projects.push(await world.client.addProject({ name: `p${number}`, repository, ...SHORT_RUN.project }));
    }
    const reference = await undisturbed(world, projects[runs] ?? '');
    const plan = planFaults<Victim>(seededRandom(Number(values.seed)), {
      victims: VICTIMS,
      runs,
      events: reference.events,
      leaseTimeoutMs: LEASE_TIMEOUT_MS,
    });
    console.log(`${plan.flat().length} faults in ${runs} runs, seed ${values.seed}`);

    const waiting = [...plan.entries()];
    const found: string[] = [];
    const lane = async (): Promise<void> => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        const [index, faults] = next;
        const differences = await disturbed(world, { index, project: projects[index] ?? '', faults }, reference.result);
        found.push(...differences);
        const told = faults.map((fault) => `${shownFault(fault)} after ${fault.afterEvents} events`).join(', ');
        console.log(`run ${index + 1}: ${told || 'no fault of its own'}: ${verdict(differences)}`);
      }
    };
    await Promise.all(Array.from({ length: Number(values.lanes) }, lane));

    const beads = await count(world.database, 'select count(*) as n from bead');
    const events = await eventTrouble(world.database, follower);
    const strange = await connectors.stop();
    const repairs = await countRepairs(world.database);
    const calls = await readCalls(files.calls);
    const { repeated, inVain } = repeatedCalls(calls);
    for (const line of [...events, ...strange].slice(0, MAX_SHOWN)) console.log(line);
    const missing = VICTIMS.filter((victim) =>
      [true, false].some(
        (kill) => !plan.flat().some((each) => each.victim === victim && (each.frozenMs === null) === kill),
      ),
    );
    return printReport(
      {
        name: 'processes',
        figures: {
          seed: Number(values.seed),
          runs,
          faults: plan.flat().length,
          ...Object.fromEntries(VICTIMS.map((victim) => [`faults ${victim}`, tally(plan.flat(), victim)])),
          differences: found.length,
          beadsTooMany: beads - runs - 1,
          requestsRepeated: world.client.repeats,
          modelCalls: calls.length,
          repeatedCalls: repeated,
          repeatedThoughRecorded: inVain,
          events: follower.ids.length,
          eventConnections: follower.connections,
          eventTrouble: events.length,
          connectorsTrouble: strange.length,
          ownRestarts: installation.ownRestarts,
          reconcilerRepairs: repairs.total,
          tookS: Math.round((performance.now() - started) / 1_000),
        },
        aims: {
          faults: { aim: 'each of every process', met: missing.length === 0 },
          differences: { aim: '0', met: found.length === 0 },
          beadsTooMany: { aim: '0', met: beads === runs + 1 },
          repeatedThoughRecorded: { aim: '0', met: inVain === 0 },
          eventTrouble: { aim: '0', met: events.length === 0 },
          connectorsTrouble: { aim: '0', met: strange.length === 0 },
          ownRestarts: { aim: '0', met: installation.ownRestarts === 0 },
        },
      },
      values.json,
    );
  } finally {
    await follower.stop();
    await connectors.stop();
    await world.watch.close();
    await world.database.close();
    await installation.stop();
    for (const each of [folder, repository]) await rm(each, { recursive: true, force: true });
  }
}

const ENDS: ReadonlySet<string> = new Set(['bead.closed', 'bead.escalated', 'bead.cancelled']);
const hasEnded = ({ type }: WatchedEvent): boolean => ENDS.has(type);

async function undisturbed(
  world: World,
  project: string,
): Promise<{ readonly result: ComparedBead; readonly events: number }> {
  const beadId = await world.client.fileBead('undisturbed', { ...SHORT_RUN.bead, project });
  const filed = performance.now();
  await world.watch.until(beadId, hasEnded, ENDED_WITHIN_MS);
  const events = await count(world.database, `select count(*) as n from event where bead_id = '${beadId}'`);
  const result = await recordOf(world.database, world.hubDir, beadId);
  console.log(`undisturbed: ${result.status} after ${Math.round(performance.now() - filed)} ms, ${events} events`);
  return { result, events };
}

/** Returns what is not as it was undisturbed. */
async function disturbed(
  world: World,
  run: { readonly index: number; readonly project: string; readonly faults: readonly Fault<Victim>[] },
  reference: ComparedBead,
): Promise<string[]> {
  const filing = world.client.fileBead(`run-${run.index}`, { ...SHORT_RUN.bead, project: run.project });
  try {
    const striking = Promise.all(run.faults.map((fault) => strike(world, filing, fault)));
    const beadId = await filing;
    await Promise.all([striking, world.watch.until(beadId, hasEnded, ENDED_WITHIN_MS)]);
    return differencesOf(reference, await recordOf(world.database, world.hubDir, beadId));
  } catch (error) {
    return [messageOf(error)];
  }
}

async function strike(world: World, filing: Promise<string>, fault: Fault<Victim>): Promise<void> {
  const { victim, frozenMs, afterEvents, delayMs } = fault;
  let hostId: string | undefined;
  if (afterEvents > 0) {
    const beadId = await filing;
    await world.watch.until(beadId, (_event, index) => index === afterEvents - 1, ENDED_WITHIN_MS);
    if (victim === 'host') hostId = await hostOf(world.database, beadId);
  }
  await delay(delayMs);
  if (frozenMs === null) await world.installation.kill(victim, hostId);
  else await world.installation.freeze(victim, frozenMs, hostId);
}

/** The host that holds the bead's lease, as far as Postgres can be asked. */
async function hostOf(database: Database, beadId: string): Promise<string | undefined> {
  const { rows } = await database
    .query<{ host_id: string | null }>('select host_id from lease where bead_id = $1', [beadId])
    .catch(() => ({ rows: [] }));
  return rows[0]?.host_id ?? undefined;
}

/** What the client of the stream should have seen and has not, or the other way round. */
async function eventTrouble(database: Database, follower: EventFollower): Promise<string[]> {
  const giveUpAt = Date.now() + CAUGHT_UP_WITHIN_MS;
  for (;;) {
    const { rows } = await database.query<{ id: string; seq: number | null }>(
      'select id, seq from event order by seq nulls last, position',
    );
    const expected = rows.map(({ id }) => id);
    const caughtUp = rows.every(({ seq }) => seq !== null) && follower.ids.length >= expected.length;
    if (!caughtUp && Date.now() < giveUpAt) {
      await delay(100);
      continue;
    }
    return [...follower.faults, ...streamTrouble(expected, follower.ids)];
  }
}

async function count(database: Database, query: string): Promise<number> {
  const { rows } = await database.query<{ n: number }>(query);
  return Number(rows[0]?.n);
}

function tally(faults: readonly Fault<Victim>[], victim: Victim): string {
  const own = faults.filter((fault) => fault.victim === victim);
  const killed = own.filter(({ frozenMs }) => frozenMs === null).length;
  return `${killed} killed, ${own.length - killed} frozen`;
}

const verdict = (differences: readonly string[]): string =>
  differences.length === 0
    ? 'the same'
    : `DIFFERENT\n${differences
        .slice(0, MAX_SHOWN)
        .map((line) => `    ${line}`)
        .join('\n')}`;
