import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { Command } from 'commander';
import type { System } from '../api-shapes.ts';
import { number } from '../options.ts';
import { provisionBubblewrap } from '../../up/provision/provision.ts';
import type { Environment } from '../installation.ts';
import { runEntry } from '../run-entry.ts';
import { action } from '../session.ts';

/** Not for a process that runs the code of agents. */
const KEPT_FROM_HOSTS = new Set(['LOOM_DATABASE_URL', 'LOOM_NATS_URL', 'LOOM_API_KEY', 'LOOM_API_KEY_FILE']);

const PROVISION_WITHIN_MS = 300_000;

interface Options {
  readonly fleet: string;
  readonly slots: number;
  readonly dir?: string;
  readonly name?: string;
}

export const workerHost = (): Command =>
  new Command('host')
    .description('join this machine to a fleet; Ctrl-C lets it finish what it has begun')
    .requiredOption('-f, --fleet <names>', 'the fleets to serve, separated by commas: agents, verifier or your own')
    .option('-s, --slots <number>', 'how many runs at a time, for each fleet', number(1, 64), 2)
    .option('--dir <path>', 'where workspaces are kept (default: .loom-host in this folder)')
    .option('--name <name>', 'what it is called (default: the name of this machine and the process)')
    .action(
      action<Options, []>(async ({ api, env, cwd, note }, { fleet, slots, dir = '.loom-host', name }) => {
        const { temporal, instance, hub, hostKey } = await api.get<System>('/system');
        const bwrap = await sandboxProgram(env, resolve(cwd, '.loom'), note);
        const kept = Object.entries(env).filter(([variable]) => !KEPT_FROM_HOSTS.has(variable));
        note(`Joining ${instance} at ${api.installation.url}: fleet ${fleet}, ${slots} at a time`);
        return runEntry('workers/host.ts', [], {
          ...Object.fromEntries(kept),
          ...(bwrap === undefined ? {} : { LOOM_BWRAP_BIN: bwrap }),
          LOOM_TEMPORAL_ADDRESS: temporal.address,
          LOOM_TEMPORAL_NAMESPACE: temporal.namespace,
          LOOM_INSTANCE: instance,
          LOOM_HUB_URL: hub.url,
          LOOM_HOST_KEY: hostKey,
          LOOM_HOST_FLEETS: fleet,
          LOOM_HOST_SLOTS: String(slots),
          LOOM_HOST_DIR: resolve(cwd, dir),
          LOOM_HOST_NAME: name ?? hostname(),
        });
      }),
    );

/** Found or fetched as the embedded stack does it, for a machine that has never run one. */
async function sandboxProgram(
  env: Environment,
  dataDir: string,
  note: (line: string) => void,
): Promise<string | undefined> {
  if (env['LOOM_SANDBOX'] === 'off') return undefined;
  const signal = AbortSignal.timeout(PROVISION_WITHIN_MS);
  const found = await provisionBubblewrap({ env, dataDir, signal, onDownload: (what) => note(`Fetching ${what}`) });
  return found.path;
}
