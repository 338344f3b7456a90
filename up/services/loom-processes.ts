// Loom's own processes: each is one entry point, reads nothing but its environment, and says itself when it serves.
import { fileURLToPath } from 'node:url';
import type { PartSpec } from '../part.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

interface LoomProcess {
  readonly entry: string;
  readonly needs: readonly string[];
  readonly stopGraceMs: number;
  /** Variables that it must not see. */
  readonly without: readonly string[];
}

/** Hosts run what agents wrote: they are given neither the database nor the event bus nor a key of the API. */
const KEPT_FROM_HOSTS = ['LOOM_DATABASE_URL', 'LOOM_NATS_URL', 'LOOM_API_KEY_FILE', 'LOOM_API_KEY'];

export const LOOM_PROCESSES = {
  hub: { entry: 'hub/server.ts', needs: ['temporal', 'postgres'], stopGraceMs: 10_000, without: [] },
  orchestrator: {
    entry: 'workers/orchestrator.ts',
    needs: ['temporal', 'postgres', 'nats'],
    stopGraceMs: 15_000,
    without: [],
  },
  llm: { entry: 'workers/llm.ts', needs: ['temporal', 'postgres', 'nats'], stopGraceMs: 15_000, without: [] },
  connectors: { entry: 'connectors/server.ts', needs: [], stopGraceMs: 10_000, without: [] },
  api: { entry: 'api/server.ts', needs: ['temporal', 'postgres', 'nats'], stopGraceMs: 10_000, without: [] },
  host: { entry: 'workers/host.ts', needs: ['temporal', 'hub'], stopGraceMs: 20_000, without: KEPT_FROM_HOSTS },
} as const satisfies Record<string, LoomProcess>;
export type LoomProcessName = keyof typeof LOOM_PROCESSES;

/** @param running which other parts are embedded; a need that runs elsewhere has been checked already. */
export function loomPart(
  name: LoomProcessName,
  env: Readonly<Record<string, string | undefined>>,
  running: ReadonlySet<string>,
): PartSpec {
  const { entry, needs, stopGraceMs, without }: LoomProcess = LOOM_PROCESSES[name];
  const given = Object.entries(env).filter((pair): pair is [string, string] => pair[1] !== undefined);
  return {
    name,
    needs: needs.filter((need) => running.has(need)),
    command: process.execPath,
    args: ['--disable-warning=ExperimentalWarning', `${ROOT}${entry}`],
    env: Object.fromEntries(given.filter(([variable]) => !without.includes(variable))),
    cwd: ROOT,
    ready: 'message',
    startTimeoutMs: 60_000,
    stopSignal: 'SIGTERM',
    stopGraceMs,
  };
}
