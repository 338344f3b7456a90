// One Temporal, one Postgres and one NATS for all tests below test/. Each test takes a task queue, an id prefix and, where it
// writes rows, a schema or database of its own.
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { provisionBubblewrap } from '../../up/provision/provision.ts';
import { startStack } from '../../up/stack.ts';
import type { Stack } from '../../up/stack.ts';

declare global {
  var loomTestStack: Stack | undefined;
}

/** Tests find the services through LOOM_TEMPORAL_ADDRESS, LOOM_DATABASE_URL and LOOM_NATS_URL, the sandbox through LOOM_BWRAP_BIN. */
export default async function startServices(): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), 'loom-test-'));
  const signal = AbortSignal.timeout(600_000);
  const [stack, bwrap] = await Promise.all([
    startStack({
      dataDir,
      parts: ['postgres', 'nats', 'temporal'],
      ports: 'free',
      env: process.env,
      durable: false,
      signal,
    }),
    process.env['LOOM_SANDBOX'] === 'off'
      ? undefined
      : provisionBubblewrap({ env: process.env, dataDir, signal, onDownload: () => undefined }),
  ]);
  globalThis.loomTestStack = stack;
  for (const name of ['LOOM_TEMPORAL_ADDRESS', 'LOOM_TEMPORAL_UI_URL', 'LOOM_DATABASE_URL', 'LOOM_NATS_URL']) {
    process.env[name] = stack.env[name];
  }
  if (bwrap) process.env['LOOM_BWRAP_BIN'] = bwrap.path;
}
