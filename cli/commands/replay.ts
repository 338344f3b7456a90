import { resolve } from 'node:path';
import { Command } from 'commander';
import { LoomError } from '../../domain/errors.ts';
import type { System } from '../api-shapes.ts';
import { runEntry } from '../run-entry.ts';
import { type Session, action } from '../session.ts';

interface Options {
  readonly file?: readonly string[];
  readonly all?: boolean;
}

export const replay = (): Command =>
  new Command('replay')
    .description('replay recorded executions against the workflow code on disk')
    .argument('[bead]', 'a bead and all its runs')
    .option('--file <history...>', 'saved histories (JSON) instead')
    .option('--all', 'every execution that Temporal still has')
    .action(
      action<Options, [string | undefined]>(async (session, { file, all = false }, bead) => {
        const { cwd, env, json } = session;
        if ([bead, file, all || undefined].filter((given) => given !== undefined).length !== 1) {
          throw new LoomError('BAD_INPUT', 'It is not said what to replay', 'Give one of: a bead, --file, --all.');
        }
        const what =
          file !== undefined
            ? file.flatMap((path) => ['--file', resolve(cwd, path)])
            : bead !== undefined
              ? ['--bead', bead]
              : ['--all'];
        return runEntry('workers/replay.ts', [...what, ...(json ? ['--json'] : [])], {
          ...env,
          ...(file === undefined ? await temporalOf(session) : {}),
        });
      }),
    );

async function temporalOf({ api }: Session): Promise<Record<string, string>> {
  const { temporal, instance } = await api.get<System>('/system');
  return {
    LOOM_TEMPORAL_ADDRESS: temporal.address,
    LOOM_TEMPORAL_NAMESPACE: temporal.namespace,
    LOOM_INSTANCE: instance,
  };
}
