// Brings git's index to what the work tree holds and git does not ignore, and writes it as a tree.
import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { LoomError } from '../domain/errors.ts';
import { GitError, nulSeparated } from './git.ts';
import type { GitOptions, GitOutput } from './git.ts';

const MAX_FILE_BYTES = 100 * 1024 * 1024;
const MAX_CHANGED_BYTES = 512 * 1024 * 1024;
const MAX_CHANGED_FILES = 50_000;

type Git = (args: readonly string[], options?: GitOptions) => Promise<GitOutput>;

/**
 * Returns the id of the tree. Sizes are checked before anything is stored.
 * @throws LoomError TOO_LARGE; GitError with "Permission denied" where a folder is locked
 */
export async function stageTree(git: Git, workTree: string): Promise<string> {
  /** git only warns of a folder that it cannot open, and goes on as if nothing were in it. */
  const seeingAll = async (args: readonly string[]): Promise<GitOutput> => {
    const output = await git(args);
    if (/Permission denied/.test(output.stderr)) throw new GitError(args[0] ?? '', output.code, output.stderr);
    return output;
  };
  // diff-files takes what lies behind a link for deleted, where ls-files would look through the link.
  const tracked = await seeingAll(['diff-files', '-z', '--name-status', '--no-renames', '--ignore-submodules=all']);
  const fields = nulSeparated(tracked.stdout);
  const deleted = fields.filter((_, index) => fields[index - 1] === 'D' && index % 2 === 1);
  const modified = fields.filter((_, index) => fields[index - 1] !== 'D' && index % 2 === 1);
  const others = await seeingAll(['ls-files', '-z', '--others', '--exclude-standard']);
  // A nested repository is listed with a slash at its end. It stays out: its history and configuration are not the project's.
  const paths = [...modified, ...nulSeparated(others.stdout).filter((path) => !path.endsWith('/'))];
  await checkSizes(paths, workTree);
  await git(['update-index', '-z', '--force-remove', '--stdin'], { stdin: deleted.join('\0') });
  await git(['update-index', '-z', '--add', '--remove', '--replace', '--stdin'], { stdin: paths.join('\0') });
  return (await git(['write-tree'])).stdout.trim();
}

async function checkSizes(paths: readonly string[], workTree: string): Promise<void> {
  if (paths.length > MAX_CHANGED_FILES) {
    throw tooLarge(`${paths.length} files have changed; at most ${MAX_CHANGED_FILES} can be kept at once.`);
  }
  let total = 0;
  for (const path of paths) {
    const stat = await lstat(join(workTree, path)).catch(() => null); // deleted, or behind a link: nothing to store
    if (stat === null || !stat.isFile()) continue;
    total += stat.size;
    if (stat.size > MAX_FILE_BYTES)
      throw tooLarge(`${path} has ${stat.size} bytes; at most ${MAX_FILE_BYTES} can be kept.`);
  }
  if (total > MAX_CHANGED_BYTES)
    throw tooLarge(`The changed files have ${total} bytes; at most ${MAX_CHANGED_BYTES} can be kept.`);
}

const tooLarge = (message: string): LoomError =>
  new LoomError('TOO_LARGE', message, 'Delete what is not part of the change, or add it to .gitignore.');
