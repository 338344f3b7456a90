// The way out for set-up commands: one proxy per command, on a Unix socket that only this command's sandbox has mounted.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startEgressProxy } from './egress-proxy.ts';
import { machineTrust } from './machine-trust.ts';
import type { ReadOnlyMount } from './sandbox.ts';

const LAUNCHER = fileURLToPath(new URL('./egress-launcher.ts', import.meta.url));
const PROXY_URL = 'http://127.0.0.1:3128';

export interface Egress {
  /** Goes before the command: relays from a port inside to the socket, and runs the command. */
  readonly launcher: readonly string[];
  readonly mounts: readonly ReadOnlyMount[];
  readonly env: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

export async function openEgress(
  hostEnv: Readonly<Record<string, string | undefined>>,
  allowedHosts: readonly string[] | undefined,
): Promise<Egress> {
  const trust = await machineTrust(hostEnv);
  const folder = await mkdtemp(join(tmpdir(), 'loom-egress-'));
  const socket = join(folder, 'proxy.sock');
  const proxy = await startEgressProxy({ socket, ...(allowedHosts === undefined ? {} : { allowedHosts }) });
  return {
    launcher: ['node', '/run/loom/launcher.mts', '/run/loom/proxy.sock', '3128'],
    mounts: [
      // With this ending it is an ES module wherever it lies.
      { source: LAUNCHER, target: '/run/loom/launcher.mts' },
      { source: socket, target: '/run/loom/proxy.sock' },
      ...trust.mounts,
    ],
    env: {
      HTTP_PROXY: PROXY_URL,
      HTTPS_PROXY: PROXY_URL,
      http_proxy: PROXY_URL,
      https_proxy: PROXY_URL,
      NO_PROXY: 'localhost,127.0.0.1,::1',
      no_proxy: 'localhost,127.0.0.1,::1',
      npm_config_proxy: PROXY_URL,
      npm_config_https_proxy: PROXY_URL,
      PIP_PROXY: PROXY_URL,
      PIP_DISABLE_PIP_VERSION_CHECK: '1',
      ...trust.env,
    },
    close: async () => {
      await proxy.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
