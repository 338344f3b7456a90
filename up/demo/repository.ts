// The repository that the demo works on is always a copy: nothing that happens here reaches the original.
import { execFile } from 'node:child_process';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { LoomError } from '../../domain/errors.ts';
import { commandFailure } from '../command-failure.ts';
import type { DemoOptions } from './options.ts';

const EXAMPLE = fileURLToPath(new URL('../../examples/parking-fees', import.meta.url));
const GIT_TIMEOUT_MS = 300_000;

/** What is asked of Loom: a project as `POST /projects` takes it, and the bead for it. */
export interface DemoTask {
  /** Shown to the person. */
  readonly what: string;
  readonly project: Readonly<Record<string, unknown>>;
  readonly bead: Readonly<Record<string, unknown>>;
}

/** Makes the copy in `folder`, which exists and is empty. @throws LoomError REPOSITORY_UNREADABLE */
export async function prepareTask(options: DemoOptions, folder: string, signal: AbortSignal): Promise<DemoTask> {
  const copy = join(folder, 'repository');
  if (options.repository === undefined) {
    await copyExample(copy, signal);
    return {
      what: 'a copy of examples/parking-fees: 15 tests, one of them red',
      project: { repository: copy, checks: { test: 'npm test' } },
      bead: {
        type: 'bug',
        title: 'The evening tariff lasts an hour too long',
        description:
          'Cars that enter between 06:00 and 06:59 are charged by the evening tariff. It ends at six: from 06:00 on the standard ' +
          'tariff applies.',
        failingTests: [{ file: 'test/tariff.test.js', name: 'applies the standard tariff by day' }],
      },
    };
  }
  const { repository, test, setup } = options;
  await git(['clone', '--quiet', '--no-hardlinks', '--', repository, copy], signal);
  return {
    what: `a clone of ${repository}, as last committed`,
    project: {
      repository: copy,
      ...(test === undefined ? {} : { checks: { test, timeoutMs: options.timeoutMs } }),
      ...(setup === undefined ? {} : { setup }),
    },
    bead: {
      type: 'bug',
      title: 'The tests are red',
      description: `The test command${test === undefined ? '' : ` \`${test}\``} fails on the branch as it stands.`,
    },
  };
}

async function copyExample(copy: string, signal: AbortSignal): Promise<void> {
  await cp(EXAMPLE, copy, { recursive: true });
  await git(['-C', copy, 'init', '--quiet', '--initial-branch=main'], signal);
  await git(['-C', copy, 'add', '--all'], signal);
  const author = ['-c', 'user.name=Loom demo', '-c', 'user.email=demo@loom.invalid', '-c', 'commit.gpgsign=false'];
  await git([...author, '-C', copy, 'commit', '--quiet', '--message', 'Parking fees 1.3.0'], signal);
}

async function git(args: readonly string[], signal: AbortSignal): Promise<void> {
  try {
    await promisify(execFile)('git', args, { timeout: GIT_TIMEOUT_MS, signal });
  } catch (cause) {
    throw new LoomError(
      'REPOSITORY_UNREADABLE',
      `git ${args.join(' ')}: ${commandFailure(cause)}`,
      'Correct the path, or mend what git says.',
      {
        cause,
      },
    );
  }
}
