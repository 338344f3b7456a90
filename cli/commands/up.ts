import { Command } from 'commander';
import { findDataDir } from '../installation.ts';
import { runEntry } from '../run-entry.ts';
import { action } from '../session.ts';

export const up = (): Command =>
  new Command('up')
    .description('start Loom with everything that it needs, in the foreground (as "npm start")')
    .option('--ports <which>', '"fixed": the documented ones, "free": any', 'fixed')
    .option('--parts <names>', 'only these, separated by commas')
    .action(
      action<{ readonly ports: string; readonly parts?: string }, []>(({ env, cwd }, { ports, parts }) =>
        runEntry(
          'up/start.ts',
          ['--data-dir', findDataDir(env, cwd), '--ports', ports, ...(parts === undefined ? [] : ['--parts', parts])],
          env,
        ),
      ),
    );
