// Many events past many clients while NATS is killed and wiped, the relay and the API are killed, and the clients themselves drop
// and stall: each client is to be sent each event once, in the order of its bead.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { type Report, printReport } from '../../bench/report.ts';
import { type Database, openDatabase } from '../../store/database.ts';
import { insertBead } from '../../store/beads.ts';
import { migrate } from '../../store/migrate.ts';
import { insertProject } from '../../store/projects.ts';
import { type Stack, startStack } from '../../up/stack.ts';
import { type TestProcess, startProcess } from '../support/loom.ts';
import { type SeededRandom, seededRandom } from '../support/seeded-random.ts';
import type { ClientPlan, ClientsMessage, ClientsPlan } from './event-clients.ts';
import type { Tally } from './event-ledger.ts';
import { type EventBead, writeEvents } from './event-writers.ts';

const RELAY = join(import.meta.dirname, 'event-relay.ts');
const CLIENTS = join(import.meta.dirname, 'event-clients.ts');
const PROJECTS = 5;
const BEADS_PER_PROJECT = 20;
const MAX_OUTAGE_MS = 3_000;
const DEADLINE_MS = 600_000;
/** Of the API: its pool, and one more for whatever it is waiting for while that is full. */
const MAX_API_CONNECTIONS = 21;

export async function chaosEvents(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seed: { type: 'string', default: '1' },
      events: { type: 'string', default: '100000' },
      clients: { type: 'string', default: '50' },
      json: { type: 'boolean', default: false },
    },
  });
  const report = await runEvents({
    seed: Number(values.seed),
    events: Number(values.events),
    clients: Number(values.clients),
    faults: ['nats', 'relay', 'nats', 'api', 'nats and relay'],
    say: console.log,
  });
  return printReport(report, values.json);
}

type Fault = 'nats' | 'relay' | 'api' | 'nats and relay';

export interface EventsRun {
  readonly seed: number;
  readonly events: number;
  readonly clients: number;
  /** In this order, at moments that the seed chooses while events are written. NATS is wiped with each kill. */
  readonly faults: readonly Fault[];
  readonly say: (line: string) => void;
}

export async function runEvents(run: EventsRun): Promise<Report> {
  const dataDir = await mkdtemp(join(tmpdir(), 'loom-events-'));
  const random = seededRandom(run.seed);
  // Nothing that the caller's environment names: what is wiped here must belong to this run.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^LOOM_.*_(URL|ADDRESS)$/.test(name)));
  const stack = await startStack({ dataDir, parts: ['postgres', 'nats', 'api'], ports: 'free', env, durable: false });
  const database = openDatabase(`${stack.endpoints.database}?application_name=chaos`);
  const relays: RelayProcess[] = [];
  const startRelay = async (): Promise<void> => void relays.push(await RelayProcess.start(stack));
  try {
    await migrate(database);
    const beads = await makeBeads(database);
    await startRelay();
    const clients = await startClients(stack, planClients(run, beads, random.fork()));
    const connections = watchConnections(database);
    const faults = planFaults(run, random.fork());
    const faulting: Promise<void>[] = [];
    const startedAt = performance.now();
    const apiCpu = new CpuWatch(() => stack.part('api').pid);
    const { committed, rolledBack } = await writeEvents({
      database,
      beads,
      count: run.events,
      random: random.fork(),
      onProgress(written) {
        while (faults[0] !== undefined && written >= faults[0].at) {
          const { fault, outageMs } = faults.shift() as PlannedFault;
          run.say(
            `${written} events written: ${fault} killed${fault.startsWith('nats') ? `, wiped, gone for ${outageMs} ms` : ''}`,
          );
          apiCpu.look();
          if (fault === 'api') stack.part('api').kill('SIGKILL');
          if (fault.startsWith('nats')) faulting.push(wipeNats(stack, outageMs));
          if (fault.endsWith('relay')) {
            relays.at(-1)?.kill();
            faulting.push(startRelay());
          }
        }
      },
    });
    const writtenMs = performance.now() - startedAt;
    run.say(`all written after ${Math.round(writtenMs / 1000)} s`);
    await Promise.all(faulting);
    const tallies = await clients.tallies;
    const tookMs = performance.now() - startedAt;
    apiCpu.look();
    const relayCpu = relays.map((relay) => relay.cpuSeconds()).reduce((sum, each) => sum + each, 0);
    return judge(run, tallies, {
      events: committed,
      rolledBack,
      clients: run.clients,
      faults: run.faults.length,
      natsRestarts: stack.part('nats').restarts,
      apiRestarts: stack.part('api').restarts,
      relays: relays.length,
      writtenPerSecond: Math.round(committed / (writtenMs / 1000)),
      deliveredPerSecond: Math.round(committed / (tookMs / 1000)),
      tookS: Math.round(tookMs / 1000),
      relayCpuS: Math.round(relayCpu),
      apiCpuS: Math.round(apiCpu.seconds),
      clientsCpuS: Math.round(clients.cpu.seconds),
      apiConnectionsMost: await connections.most(),
    });
  } finally {
    for (const relay of relays) relay.kill();
    await database.close();
    await stack.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}

function judge(run: EventsRun, tallies: readonly Tally[], figures: Record<string, number>): Report {
  const sum = (of: (tally: Tally) => number): number => tallies.reduce((total, tally) => total + of(tally), 0);
  const found = {
    received: sum(({ events }) => events),
    drops: sum(({ drops }) => drops),
    cutOff: sum(({ cutOff }) => cutOff),
    resets: sum(({ resets }) => resets),
    duplicates: sum(({ duplicates }) => duplicates),
    missing: sum(({ missing }) => missing),
    outOfOrder: sum(({ outOfOrder }) => outOfOrder),
    ghosts: sum(({ ghosts }) => ghosts),
  };
  const none = (value: number) => ({ aim: '0', met: value === 0 });
  const natsKilled = run.faults.filter((fault) => fault.startsWith('nats')).length;
  return {
    name: 'events',
    figures: { seed: run.seed, ...figures, ...found },
    aims: {
      resets: none(found.resets),
      duplicates: none(found.duplicates),
      missing: none(found.missing),
      outOfOrder: none(found.outOfOrder),
      ghosts: none(found.ghosts),
      // That nothing was lost says little where nothing was harmed.
      drops: { aim: 'at least one a client', met: found.drops >= run.clients },
      natsRestarts: { aim: `at least ${natsKilled}`, met: (figures['natsRestarts'] ?? 0) >= natsKilled },
      apiConnectionsMost: {
        aim: `at most ${MAX_API_CONNECTIONS}`,
        met: (figures['apiConnectionsMost'] ?? 0) <= MAX_API_CONNECTIONS,
      },
    },
  };
}

async function makeBeads(database: Database): Promise<readonly EventBead[]> {
  const beads: EventBead[] = [];
  for (let project = 1; project <= PROJECTS; project++) {
    const projectId = `pj-${project}`;
    await insertProject(database, {
      id: projectId,
      name: `project-${project}`,
      repository: '/nowhere',
      branch: 'main',
      checks: null,
      setupCommand: null,
      protectedPaths: [],
      landing: 'hub',
    });
    for (let bead = 1; bead <= BEADS_PER_PROJECT; bead++) {
      const id = `bd-${project}-${bead}`;
      beads.push({ id, projectId });
      const rest = {
        description: '',
        priority: 2,
        failingTests: [],
        provider: 'none',
        fleet: 'agents',
        maxAttempts: 1,
      } as const;
      await insertBead(database, { id, projectId, type: 'task', title: id, ...rest }, null);
    }
  }
  return beads;
}

/** Of ten clients six follow everything, two a project and two a bead; one of ten stalls, one of ten comes late. */
function planClients(run: EventsRun, beads: readonly EventBead[], random: SeededRandom): readonly ClientPlan[] {
  return Array.from({ length: run.clients }, (_, number) => {
    const kind = number % 10;
    const bead = beads[random.whole(0, beads.length - 1)] as EventBead;
    const [filter, share] =
      kind < 6
        ? ['', beads.length]
        : kind < 8
          ? [`&project=${bead.projectId}`, BEADS_PER_PROJECT]
          : [`&bead=${bead.id}`, 1];
    return {
      seed: random.whole(0, 2 ** 31),
      query: `?after=0${filter}`,
      beads: share,
      gapless: filter === '',
      startAfterMs: kind === 1 ? random.whole(0, 10_000) : 0,
      dropWithin: Math.max(2, Math.round((run.events * share) / beads.length / 5)),
      stallMs: kind === 0 ? 4_000 : 0,
    };
  });
}

interface PlannedFault {
  readonly at: number;
  readonly fault: Fault;
  readonly outageMs: number;
}

/** One in each of as many equal stretches of the writing. */
function planFaults({ faults, events }: EventsRun, random: SeededRandom): PlannedFault[] {
  const stretch = events / faults.length;
  return faults.map((fault, number) => ({
    fault,
    at: Math.round((number + random.next()) * stretch),
    outageMs: random.whole(0, MAX_OUTAGE_MS),
  }));
}

/** Kills the server and what it has stored, and keeps it down for a time. */
async function wipeNats(stack: Stack, outageMs: number): Promise<void> {
  const until = performance.now() + outageMs;
  do {
    stack.part('nats').kill('SIGKILL');
    // At once, while the supervisor still pauses; the dying server may be writing.
    rmSync(join(stack.dataDir, 'nats', 'jetstream'), { recursive: true, force: true, maxRetries: 20, retryDelay: 5 });
    await delay(50);
  } while (performance.now() < until);
}

async function startClients(
  stack: Stack,
  plan: readonly ClientPlan[],
): Promise<{ readonly tallies: Promise<readonly Tally[]>; readonly cpu: CpuWatch }> {
  const child = fork(CLIENTS, { execArgv: ['--disable-warning=ExperimentalWarning'] });
  const exited = once(child, 'exit').then(() => Promise.reject(new Error('the process of the clients has ended')));
  exited.catch(() => undefined);
  const next = async (deadlineMs: number): Promise<ClientsMessage> => {
    const [message] = (await once(child, 'message', { signal: AbortSignal.timeout(deadlineMs) })) as [ClientsMessage];
    return message;
  };
  await Promise.race([next(20_000), exited]);
  const url = `${stack.endpoints.api}/api/v1`;
  const key = (await readFile(stack.apiKeyFile, 'utf8')).trim();
  child.send({ url, key, clients: plan } satisfies ClientsPlan);
  const cpu = new CpuWatch(() => child.pid);
  const tallies = Promise.race([next(DEADLINE_MS), exited])
    .then((message) => ('tallies' in message ? message.tallies : []))
    .finally(() => {
      cpu.look();
      if (child.connected) child.disconnect();
    });
  // Awaited once everything has been written.
  tallies.catch(() => undefined);
  return { tallies, cpu };
}

/** How many connections of the API there are at most, looked at once a second. */
function watchConnections(database: Database): { most(): Promise<number> } {
  let most = 0;
  const over = new AbortController();
  const watching = (async () => {
    while (!over.signal.aborted) {
      const { rows } = await database.query<{ count: number }>(
        `select count(*) as count from pg_stat_activity
         where datname = current_database() and application_name not in ('chaos', 'loom relay')`,
      );
      most = Math.max(most, rows[0]?.count ?? 0);
      await delay(1_000, undefined, { signal: over.signal }).catch(() => undefined);
    }
  })();
  return {
    async most() {
      over.abort();
      await watching;
      return most;
    },
  };
}

/** A relay, and what it had cost when it was looked at last. */
class RelayProcess {
  private readonly process: TestProcess;
  private readonly cpu: CpuWatch;

  private constructor(process: TestProcess) {
    this.process = process;
    this.cpu = new CpuWatch(() => process.pid);
  }

  static async start(stack: Stack): Promise<RelayProcess> {
    return new RelayProcess(await startProcess(RELAY, stack.env));
  }

  cpuSeconds(): number {
    this.cpu.look();
    return this.cpu.seconds;
  }

  kill(): void {
    this.cpu.look();
    this.process.kill('SIGKILL');
  }
}

/** What the processes that had a pid one after another have cost, up to the last look at each. */
class CpuWatch {
  private readonly pid: () => number | undefined;
  private readonly ofPid = new Map<number, number>();

  constructor(pid: () => number | undefined) {
    this.pid = pid;
  }

  get seconds(): number {
    return [...this.ofPid.values()].reduce((sum, each) => sum + each, 0);
  }

  look(): void {
    const pid = this.pid();
    if (pid === undefined || process.platform !== 'linux') return;
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      this.ofPid.set(pid, (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND);
    } catch {
      // It has ended; what was seen last stands.
    }
  }
}

const TICKS_PER_SECOND = 100;
