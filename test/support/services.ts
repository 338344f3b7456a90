// One Temporal, one Postgres and one NATS for a whole run of tests or of a chaos program. Whoever uses them takes a name and a
// database of its own.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { provisionBubblewrap } from '../../up/provision/provision.ts';
import { startStack } from '../../up/stack.ts';

const FOUND_BY = ['LOOM_TEMPORAL_ADDRESS', 'LOOM_TEMPORAL_UI_URL', 'LOOM_DATABASE_URL', 'LOOM_NATS_URL'];

/**
 * Puts the addresses into this process's environment, and the sandbox's program into LOOM_BWRAP_BIN. Returns how to stop them; if
 * the process is killed before, the stack's reaper ends them.
 */
export async function startServices(): Promise<() => Promise<void>> {
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
  for (const name of FOUND_BY) process.env[name] = stack.env[name];
  if (bwrap) process.env['LOOM_BWRAP_BIN'] = bwrap.path;
  return async () => {
    await stack.stop();
    await rm(dataDir, { recursive: true, force: true });
  };
}

/** Runs `work` with the services up, and stops them whatever becomes of it. */
export async function withServices<Result>(work: () => Promise<Result>): Promise<Result> {
  const stop = await startServices();
  try {
    return await work();
  } finally {
    await stop();
  }
}
