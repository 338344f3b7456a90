// What `npm run demo` can be told.
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { LoomError, messageOf } from '../../domain/errors.ts';

export const USAGE = `npm run demo [-- OPTIONS]
  without options: a bug in a copy of examples/parking-fees is found, mended, checked and landed
  --repo PATH      work on a clone of this git repository instead, whose tests are red; PATH itself is not touched
  --test CMD       its test command (default: found from its files)
  --setup CMD      prepares a fresh checkout of it, for example "npm ci"
  --minutes N      give up after N minutes (default 10)
  --keep           leave the stack running in the background`;

export interface DemoOptions {
  readonly repository: string | undefined;
  readonly test: string | undefined;
  readonly setup: string | undefined;
  readonly timeoutMs: number;
  readonly keep: boolean;
}

/** Undefined when help was asked for. @throws LoomError BAD_INPUT */
export function parseOptions(args: readonly string[]): DemoOptions | undefined {
  const values = parse(args);
  if (values.help) return undefined;
  const { repo, test, setup, keep } = values;
  if (repo === undefined && (test !== undefined || setup !== undefined)) {
    throw new LoomError('BAD_INPUT', '--test and --setup are for a repository of yours', `Add --repo PATH.\n${USAGE}`);
  }
  const minutes = Number(values.minutes);
  if (!(minutes > 0 && minutes <= 24 * 60)) {
    throw new LoomError('BAD_INPUT', `--minutes ${values.minutes} is no number from 1 to 1440`, USAGE);
  }
  const repository = repo === undefined ? undefined : resolve(repo);
  return { repository, test, setup, timeoutMs: minutes * 60_000, keep };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        repo: { type: 'string' },
        test: { type: 'string' },
        setup: { type: 'string' },
        minutes: { type: 'string', default: '10' },
        keep: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }).values;
  } catch (cause) {
    throw new LoomError('BAD_INPUT', messageOf(cause), USAGE, { cause });
  }
}
