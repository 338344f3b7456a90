// One host is frozen at a given moment of a run, another takes over, the first is thawed: what it finds changed is nothing to it, and
// nothing that it does changes anything.
import { readFile, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { messageOf } from '../../domain/errors.ts';
import { checkpointRef, runIdOf } from '../../domain/ids.ts';
import { listSteps } from '../../store/steps.ts';
import { type ProcessRecord, isAlive, processIdentity } from '../../up/process-identity.ts';
import type { WatchedEvent } from './bead-watch.ts';
import type { Lane } from './lane.ts';
import { descendantsOf, freeze } from './process-tree.ts';
import { type ComparedBead, differencesOf } from './run-comparison.ts';
import { refsOf, repositoryOf } from './run-record.ts';
import { type Scenario, call, shell, turn } from './scenario.ts';
import { seen } from './seen.ts';
import type { Phase, ZombieMoment } from './zombie-moments.ts';
import type { Life } from './warm-process.ts';

/** Long enough to be frozen in; the set-up and the check as well. */
const SLOW = 'echo one >> log.txt; sleep 1; echo two >> log.txt';
const SLOW_STEP = 5;

const ZOMBIE_RUN: Scenario = {
  name: 'zombie run',
  files: { 'log.txt': 'begun\n', '.gitignore': 'cache/\n' },
  project: {
    checks: { test: 'sleep 0.6; grep -q two log.txt', timeoutMs: 30_000 },
    setup: 'mkdir -p cache && touch cache/begun && sleep 1',
  },
  bead: { type: 'task', title: 'write the log', provider: 'scripted' },
  script: [
    turn(call('write_file', { path: 'notes.md', content: 'first\n' })),
    { ...turn(shell(SLOW)), delayMs: 400 },
    turn(call('edit_file', { path: 'notes.md', old: 'first', new: 'second' })),
    turn(call('done', { summary: 'written' })),
  ],
};

const ENDED_WITHIN_MS = 120_000;
const SEEN_WITHIN_MS = 60_000;
const SETTLED_WITHIN_MS = 40_000;

const ENDS: ReadonlySet<string> = new Set(['bead.closed', 'bead.escalated', 'bead.cancelled']);
const hasEnded = ({ type }: WatchedEvent): boolean => ENDS.has(type);

/** The bead as it comes out when nobody is frozen. */
export async function undisturbedZombieRun(lane: Lane): Promise<ComparedBead> {
  const { beadId } = await lane.file(ZOMBIE_RUN);
  await lane.watch.until(beadId, hasEnded, ENDED_WITHIN_MS);
  return lane.record(beadId);
}

/** Returns what the zombie changed or left behind; nothing is as it should be. */
export async function haunt(lane: Lane, moment: ZombieMoment, expected: ComparedBead): Promise<string[]> {
  try {
    return await haunted(lane, moment, expected);
  } catch (error) {
    return [messageOf(error), ...lane.accidents];
  }
}

async function haunted(lane: Lane, moment: ZombieMoment, expected: ComparedBead): Promise<string[]> {
  const before = new Map(
    await Promise.all(lane.hosts.map(async ({ pid }) => [pid, await descendantsOf(pid)] as const)),
  );
  const bead = await lane.file(ZOMBIE_RUN);
  const { hostId, host } = await arrival(lane, bead, moment.phase);
  if (moment.phase === 'drain') host.kill('SIGTERM');
  await delay(moment.delayMs);
  const thaw = await freeze(host.pid, moment.whole);
  const started = (await descendantsOf(host.pid)).filter((pid) => before.get(host.pid)?.includes(pid) !== true);
  const children = started.flatMap((pid): ProcessRecord[] => {
    const identity = processIdentity(pid);
    return identity === undefined ? [] : [{ pid, identity }];
  });
  try {
    if (moment.phase !== 'gate') {
      const isNext = ({ type, data }: WatchedEvent): boolean => type === 'bead.running' && data['host'] !== hostId;
      await lane.watch.until(bead.beadId, isNext, ENDED_WITHIN_MS);
    }
    if (moment.thawed === 'at the end') await lane.watch.until(bead.beadId, hasEnded, ENDED_WITHIN_MS);
  } finally {
    if (moment.thawed === 'at the take-over') thaw();
  }
  await lane.watch.until(bead.beadId, hasEnded, ENDED_WITHIN_MS);
  const atEnd = await traces(lane, bead);
  if (moment.thawed === 'at the end') thaw();

  const gone = await settled(lane, {
    hostId,
    host,
    runId: runIdOf(bead.beadId, 1),
    children,
    drained: moment.phase === 'drain',
  });
  return [
    ...gone,
    ...differencesOf(expected, await lane.record(bead.beadId)),
    ...(await strayRefs(lane, bead)),
    ...((await traces(lane, bead)) === atEnd ? [] : ['rows or refs have changed after the bead had ended']),
    ...lane.accidents,
  ];
}

interface Filed {
  readonly beadId: string;
  readonly projectId: string;
}

/** Waits for the phase and says which host is in it. */
async function arrival(
  lane: Lane,
  bead: Filed,
  phase: Phase,
): Promise<{ readonly hostId: string; readonly host: Life }> {
  const { watch, loom } = lane;
  const runId = runIdOf(bead.beadId, 1);
  const running = await watch.until(bead.beadId, ({ type }) => type === 'bead.running', SEEN_WITHIN_MS);
  let hostId = String(running.data['host']);
  const folder = (id: string): string => join(loom.instance.config.host.dir, id);
  const checkout = join(folder(hostId), 'runs', `${runId}-1`);
  const exists = (path: string) => async () =>
    (await stat(path).catch(() => undefined)) === undefined ? undefined : path;
  const logHas = (word: string) => async () => {
    const text = await readFile(join(checkout, 'tree', 'log.txt'), 'utf8').catch(() => '');
    return text.includes(word) ? true : undefined;
  };
  const see = (what: string, look: () => Promise<unknown>) =>
    seen(`${what} of ${bead.beadId}`, look, { withinMs: SEEN_WITHIN_MS });
  switch (phase) {
    case 'clone':
      await see('the checkout', exists(checkout));
      break;
    case 'set-up':
      await see('the set-up', exists(join(checkout, 'tree', 'cache', 'begun')));
      break;
    case 'thinking':
      await watch.until(bead.beadId, ({ data }) => data['step'] === SLOW_STEP - 2, SEEN_WITHIN_MS);
      break;
    case 'action':
    case 'drain':
      await see('the command', logHas('one'));
      break;
    case 'checkpoint':
      await see('the end of the command', logHas('two'));
      break;
    case 'push':
      await see('the end of the command', logHas('two'));
      await see('the push', async () => ((await readdir(lane.hubTemporary)).length > 0 ? true : undefined));
      break;
    case 'append': {
      const repository = repositoryOf(loom.instance.config.hub.dir, bead.projectId);
      await see('the checkpoint in the hub', exists(join(repository, checkpointRef(runId, SLOW_STEP))));
      break;
    }
    case 'gate':
      hostId = await seen(
        'the gate',
        async () => {
          for (const id of await readdir(loom.instance.config.host.dir)) {
            const gates = await readdir(join(folder(id), 'gates')).catch(() => []);
            if (gates.length > 0) return id;
          }
          return undefined;
        },
        { withinMs: SEEN_WITHIN_MS },
      );
      break;
    default:
      return phase satisfies never;
  }
  const host = lane.hosts.find(({ number }) => hostId.startsWith(`h${number}-`));
  if (host === undefined) throw new Error(`${hostId} is none of the hosts`);
  return { hostId, host };
}

/** Waits until the thawed host has nothing left of the run. Returns what it keeps. */
async function settled(
  lane: Lane,
  zombie: {
    readonly hostId: string;
    readonly host: Life;
    readonly runId: string;
    readonly children: readonly ProcessRecord[];
    readonly drained: boolean;
  },
): Promise<string[]> {
  const folder = join(lane.loom.instance.config.host.dir, zombie.hostId);
  let left: string[] = [];
  try {
    await seen(
      'the end of the zombie',
      async () => {
        const runs = await readdir(join(folder, 'runs')).catch(() => []);
        const gates = await readdir(join(folder, 'gates')).catch(() => []);
        left = [
          ...zombie.children.filter(isAlive).map(({ pid }) => `process ${pid} of the zombie still runs`),
          ...runs.filter((name) => name.startsWith(zombie.runId)).map((name) => `the zombie keeps ${name}`),
          ...gates.map((name) => `the zombie keeps the gate ${name}`),
        ];
        return left.length === 0 ? true : undefined;
      },
      { withinMs: SETTLED_WITHIN_MS, everyMs: 50 },
    );
  } catch {
    return left;
  }
  if (!zombie.drained) return [];
  const how = await zombie.host.exited;
  lane.replaceHost(zombie.host);
  return how === 0 ? [] : [`the drained zombie ended with ${how}:\n${zombie.host.output()}`];
}

/** Refs of the run that are not the checkpoints of its transcript. */
async function strayRefs(lane: Lane, { beadId, projectId }: Filed): Promise<string[]> {
  const { config, database } = lane.loom.instance;
  const runId = runIdOf(beadId, 1);
  const refs = await refsOf(repositoryOf(config.hub.dir, projectId));
  const steps = await listSteps(database, runId, 0, 1_000);
  const recorded = new Map(
    steps.flatMap(({ step, checkpoint }) => (checkpoint === null ? [] : [[checkpointRef(runId, step), checkpoint]])),
  );
  return [...refs]
    .filter(([name]) => name.startsWith('refs/loom/runs/'))
    .filter(([name, commit]) => recorded.get(name) !== commit)
    .map(([name, commit]) => `${name} is ${commit}, the transcript has ${recorded.get(name) ?? 'no checkpoint there'}`);
}

/** Everything that an effect of a host could have changed. */
async function traces(lane: Lane, { beadId, projectId }: Filed): Promise<string> {
  const { config, database } = lane.loom.instance;
  const { rows } = await database.query(
    `select (select json_agg(s order by step) from step s where run_id like 'run-' || $1 || '-%') as steps,
            (select json_agg(r order by id) from run r where bead_id = $1) as runs,
            (select row_to_json(b) from bead b where id = $1) as bead,
            (select row_to_json(l) from lease l where bead_id = $1) as lease,
            (select json_agg(id order by id) from event where bead_id = $1) as events`,
    [beadId],
  );
  return JSON.stringify([rows, ...(await refsOf(repositoryOf(config.hub.dir, projectId)))]);
}
