import { setTimeout as delay } from 'node:timers/promises';
import { Command } from 'commander';
import { LoomError } from '../../domain/errors.ts';
import { isAlive } from '../../up/process-identity.ts';
import { runningStack } from '../../up/stack-record.ts';
import { findDataDir } from '../installation.ts';
import { action } from '../session.ts';

/** Longer than the stack takes at most to stop its parts one after the other. */
const PATIENCE_MS = 90_000;
/** The end of a process that is no child sends nothing. */
const LOOK_EVERY_MS = 100;

export const down = (): Command =>
  new Command('down').description('stop the Loom of this data folder in order').action(
    action(async ({ env, cwd, show }) => {
      const dataDir = findDataDir(env, cwd);
      const record = runningStack(dataDir);
      if (record === undefined) {
        show({ dataDir, stopped: false }, () => `No Loom runs on ${dataDir}.`);
        return;
      }
      const { supervisor } = record;
      process.kill(supervisor.pid, 'SIGTERM');
      const deadline = Date.now() + PATIENCE_MS;
      while (isAlive(supervisor)) {
        if (Date.now() > deadline) {
          throw new LoomError(
            'CONFLICT',
            `Loom on ${dataDir} (process ${supervisor.pid}) has not ended within ${PATIENCE_MS / 1_000} s`,
            `Look into ${dataDir}/logs; "kill -9 ${supervisor.pid}" ends it and all its parts at once.`,
          );
        }
        await delay(LOOK_EVERY_MS);
      }
      show({ dataDir, stopped: true }, () => `Stopped. The data stays in ${dataDir}.`);
    }),
  );
