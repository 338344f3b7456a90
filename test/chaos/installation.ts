// A whole Loom of separate processes whose data is on disk, each of which may be killed or frozen at any moment; whatever is killed is
// started again by its supervisor, as it would be for a person who runs `npm start`.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type PartSpec } from '../../up/part.ts';
import { provisionBubblewrap } from '../../up/provision/provision.ts';
import { type LoomProcessName, loomPart } from '../../up/services/loom-processes.ts';
import { type PartName, startStack } from '../../up/stack.ts';
import { Supervisor } from '../../up/supervisor.ts';
import { freeze } from './process-tree.ts';

export const VICTIMS = [
  'host',
  'orchestrator',
  'llm',
  'api',
  'hub',
  'connectors',
  'nats',
  'postgres',
  'temporal',
] as const;
export type Victim = (typeof VICTIMS)[number];

/** Two, so that a run whose host is gone has somewhere to go. The second thinks the turns of its runs itself. */
const HOSTS = { 'host-a': 'workers/host.ts', 'host-b': 'test/support/counted-host.ts' } as const;
const LLM = 'test/support/counted-llm.ts';
const STACK: readonly PartName[] = ['postgres', 'nats', 'temporal', 'hub', 'orchestrator', 'connectors', 'api'];
const SERVES_AGAIN_WITHIN_MS = 60_000;
const START_WITHIN_MS = 600_000;

/** Services that already exist are nobody's to kill. */
const NOT_OURS = ['LOOM_TEMPORAL_ADDRESS', 'LOOM_TEMPORAL_UI_URL', 'LOOM_DATABASE_URL', 'LOOM_NATS_URL'];

export interface Installation {
  readonly dataDir: string;
  /** What a process or a client finds this installation by. */
  readonly env: Readonly<Record<string, string>>;
  readonly apiKeyFile: string;
  /** Kills a process and returns when its successor serves. @param hostId whose host it is to be, where it is a host's turn */
  kill(victim: Victim, hostId: string | undefined): Promise<void>;
  /** Freezes a process for so long; what it has started goes on, but for the sessions of Postgres, which are the server. */
  freeze(victim: Victim, frozenMs: number, hostId: string | undefined): Promise<void>;
  /** How often processes were started again though nobody had killed them. */
  readonly ownRestarts: number;
  stop(): Promise<void>;
}

interface Target {
  readonly name: string;
  readonly state: string;
  readonly pid: number | undefined;
  readonly restarts: number;
  kill(signal: NodeJS.Signals): void;
}

/** The scripted provider is served beside what is Loom's own. @param extra variables for all of Loom's processes */
export async function startInstallation(extra: Readonly<Record<string, string>>): Promise<Installation> {
  const dataDir = await mkdtemp(join(tmpdir(), 'loom-chaos-'));
  const own = Object.fromEntries(Object.entries(process.env).filter(([name]) => !NOT_OURS.includes(name)));
  const env = { ...own, ...extra };
  const signal = AbortSignal.timeout(START_WITHIN_MS);
  const [stack, bwrap] = await Promise.all([
    startStack({ dataDir, parts: STACK, ports: 'free', env, durable: true, signal }),
    env['LOOM_SANDBOX'] === 'off'
      ? undefined
      : provisionBubblewrap({ env, dataDir, signal, onDownload: () => undefined }),
  ]);
  const everything = {
    ...env,
    ...stack.env,
    LOOM_TEST_DATABASE_URL: stack.endpoints.database,
    ...(bwrap === undefined ? {} : { LOOM_BWRAP_BIN: bwrap.path }),
  };
  const root = join(import.meta.dirname, '../..');
  const part = (kind: LoomProcessName, entry: string, more: Readonly<Record<string, string>>): PartSpec => {
    const spec = loomPart(kind, { ...everything, ...more }, new Set());
    return { ...spec, name: more['LOOM_HOST_NAME'] ?? kind, args: [...spec.args.slice(0, -1), join(root, entry)] };
  };
  const workers = new Supervisor({
    parts: [
      part('llm', LLM, {}),
      ...Object.entries(HOSTS).map(([name, entry]) => part('host', entry, { LOOM_HOST_NAME: name })),
    ],
    logsDir: join(dataDir, 'logs'),
    onEvent: () => undefined,
  });
  const stop = async (): Promise<void> => {
    await workers.stop();
    await stack.stop();
  };
  try {
    await workers.start(signal);
  } catch (error) {
    await stop();
    throw error;
  }

  const targets: readonly Target[] = [
    ...stack.parts,
    ...workers.parts.map((each) => ({
      name: each.spec.name,
      get state() {
        return each.state;
      },
      get pid() {
        return each.process?.pid;
      },
      get restarts() {
        return each.restarts;
      },
      kill: (name: NodeJS.Signals) => each.kill(name),
    })),
  ];
  /** One fault at a time for each process; the next one waits until it serves again. */
  const turns = new Map<Target, Promise<void>>();
  let kills = 0;

  const targetOf = (victim: Victim, hostId: string | undefined): Target => {
    const [first = victim, ...others] = victim === 'host' ? Object.keys(HOSTS) : [];
    const name = others.find((host) => hostId?.startsWith(`${host}-`)) ?? first;
    const target = targets.find((each) => each.name === name);
    if (target === undefined) throw new Error(`${name} is not part of this installation`);
    return target;
  };
  const untilServing = async (target: Target, restarts: number): Promise<number> => {
    const giveUpAt = Date.now() + SERVES_AGAIN_WITHIN_MS;
    for (;;) {
      const { state, pid } = target;
      if (state === 'ready' && pid !== undefined && target.restarts >= restarts) return pid;
      if (Date.now() > giveUpAt) {
        throw new Error(
          `${target.name} does not serve after ${SERVES_AGAIN_WITHIN_MS} ms, it is ${state}; see ${dataDir}/logs`,
        );
      }
      await delay(20);
    }
  };
  const inTurn = (target: Target, work: (pid: number) => Promise<void>): Promise<void> => {
    const mine = (turns.get(target) ?? Promise.resolve()).then(async () => work(await untilServing(target, 0)));
    turns.set(
      target,
      mine.catch(() => undefined),
    );
    return mine;
  };

  return {
    dataDir,
    env: everything,
    apiKeyFile: stack.apiKeyFile,
    kill(victim, hostId) {
      const target = targetOf(victim, hostId);
      return inTurn(target, async () => {
        const before = target.restarts;
        kills += 1;
        target.kill('SIGKILL');
        await untilServing(target, before + 1);
      });
    },
    freeze(victim, frozenMs, hostId) {
      return inTurn(targetOf(victim, hostId), async (pid) => {
        const thaw = await freeze(pid, victim === 'postgres');
        await delay(frozenMs);
        thaw();
      });
    },
    get ownRestarts() {
      return targets.reduce((sum, { restarts }) => sum + restarts, 0) - kills;
    },
    async stop() {
      await stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
