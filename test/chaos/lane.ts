// One Loom of several that run side by side on shared services: its own database, queues and processes, of which host, llm worker
// and orchestrator are killed. Two hosts are up, so that a run whose host dies has somewhere to go.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { runIdOf } from '../../domain/ids.ts';
import { Reaper } from '../../up/reaper.ts';
import type { ModelCall } from '../support/counted-provider.ts';
import { readCalls } from '../support/counted-provider.ts';
import { type TestLoom, startLoom } from '../support/loom.ts';
import { type BeadWatch, watchBeads } from './bead-watch.ts';
import type { ComparedBead } from './run-comparison.ts';
import { recordOf } from './run-record.ts';
import type { Scenario } from './scenario.ts';
import { type Life, warmProcess } from './warm-process.ts';

export const VICTIMS = ['host', 'llm', 'orchestrator'] as const;
export type Victim = (typeof VICTIMS)[number];

/** The shortest that can be configured: how long a dead host goes unnoticed. */
const HEARTBEAT_TIMEOUT_MS = 3_000;
const HOSTS = 2;

export interface Lane {
  readonly loom: TestLoom;
  readonly watch: BeadWatch;
  /** The hosts that are alive, oldest first; `h<number>` is the beginning of a host's id. */
  readonly hosts: readonly Life[];
  /** Files a bead of the scenario in a project of its own. */
  file(scenario: Scenario): Promise<{ readonly beadId: string; readonly projectId: string }>;
  /** Kills the process that works for the bead's first run, and starts the next one in its place. */
  kill(victim: Victim, beadId: string): Promise<void>;
  /** Takes a host that has ended in order off the list, and starts another. */
  replaceHost(host: Life): void;
  /** What has happened to processes that nobody killed. */
  readonly accidents: readonly string[];
  /** Where the hub puts pushes while it receives them. */
  readonly hubTemporary: string;
  /** The host that holds the lease of the bead; undefined while none does. */
  holder(beadId: string): Promise<Life | undefined>;
  /** What the bead has come to. */
  record(beadId: string): Promise<ComparedBead>;
  calls(): Promise<readonly ModelCall[]>;
  stop(): Promise<void>;
}

/** @param options.fused whether the hosts think the turns themselves */
export async function openLane({ fused }: { readonly fused: boolean }): Promise<Lane> {
  const loom = await startLoom({ LOOM_LEASE_HEARTBEAT_TIMEOUT_MS: String(HEARTBEAT_TIMEOUT_MS) });
  const { instance } = loom;
  const callsFile = join(instance.config.dataDir, 'calls.jsonl');
  const hubTemporary = join(instance.config.dataDir, 'hub-tmp');
  await mkdir(hubTemporary);
  const accidents: string[] = [];
  const reaper = new Reaper();
  const env = {
    ...instance.env,
    LOOM_TEST_CALLS: callsFile,
    LOOM_TEST_DATABASE_URL: instance.config.databaseUrl,
  };
  const hostEntry = fused ? 'test/support/counted-host.ts' : 'workers/host.ts';
  const warm = (entry: string, envOf: (number: number) => Readonly<Record<string, string>>) =>
    warmProcess(entry, envOf, { reaper, onAccident: (what) => accidents.push(what) });
  const kinds = {
    orchestrator: warm('workers/orchestrator.ts', () => env),
    llm: warm('test/support/counted-llm.ts', () => env),
    host: warm(hostEntry, (number) => ({ ...env, LOOM_HOST_NAME: `h${number}` })),
  };
  const watch = watchBeads(instance.config.databaseUrl);
  const stop = async (): Promise<void> => {
    await watch.close();
    await Promise.all(Object.values(kinds).map((kind) => kind.end()));
    reaper.close();
    await loom.stop();
  };
  let hosts: Life[] = [];
  const alive = { orchestrator: kinds.orchestrator.start(), llm: kinds.llm.start() };
  try {
    await loom.start('hub', { TMPDIR: hubTemporary });
    while (hosts.length < HOSTS) hosts.push(kinds.host.start());
    await Promise.all([...Object.values(alive), ...hosts].map(({ ready }) => ready));
  } catch (error) {
    await stop();
    throw error;
  }

  const holder = async (beadId: string): Promise<Life | undefined> => {
    const { rows } = await instance.database.query<{ host_id: string | null }>(
      'select host_id from lease where bead_id = $1 and run_id = $2',
      [beadId, runIdOf(beadId, 1)],
    );
    const hostId = rows[0]?.host_id ?? '';
    return hosts.find(({ number }) => hostId.startsWith(`h${number}-`));
  };

  return {
    loom,
    watch,
    get hosts() {
      return hosts;
    },
    async file({ files, project, bead, script }) {
      await loom.script(script);
      const { id: projectId } = await loom.project(files, project);
      return { projectId, beadId: await loom.bead({ ...bead, project: projectId }) };
    },
    async kill(victim, beadId) {
      if (victim === 'host') {
        const dead = (await holder(beadId)) ?? hosts[0];
        dead?.kill('SIGKILL');
        hosts = [...hosts.filter((host) => host !== dead), kinds.host.start()];
      } else {
        alive[victim].kill('SIGKILL');
        alive[victim] = kinds[victim].start();
      }
    },
    replaceHost(host) {
      hosts = [...hosts.filter((each) => each !== host), kinds.host.start()];
    },
    accidents,
    hubTemporary,
    holder,
    record: (beadId) => recordOf(instance.database, instance.config.hub.dir, beadId),
    calls: () => readCalls(callsFile),
    stop,
  };
}
