// Asks a repository what it is, before anything is written about it. Runs git in the environment of the hub, so that what can be
// read here can be read there.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { LoomError, messageOf } from '../domain/errors.ts';
import { type GitResult, git } from '../hub/git-command.ts';

const LS_REMOTE_MS = 20_000;
const FETCH_MS = 60_000;
/** A file that says how a project is checked is far smaller; anything larger is not read. */
const MAX_FILE_BYTES = 256 * 1024;
const SCHEMES = new Set(['file:', 'git:', 'http:', 'https:', 'ssh:']);
/** Also for the transports that a server redirects to. */
const PROTOCOLS = { GIT_ALLOW_PROTOCOL: 'file:git:http:https:ssh', GIT_SSH_COMMAND: 'ssh -oBatchMode=yes' };

export interface RemoteBranch {
  readonly branch: string;
  readonly commit: string;
}

/** Why a repository is not accepted as written, or undefined. Says nothing about whether it exists. */
function repositoryRefusal(repository: string): string | undefined {
  if (repository.startsWith('-')) return 'it begins with "-", which git takes for an option';
  // eslint-disable-next-line no-control-regex -- control characters are what it looks for
  if (/[\0-\x1f\x7f]/.test(repository)) return 'it holds control characters';
  if (/^[\w+.-]+::/.test(repository)) return 'it names a transport helper, and those run commands';
  if (isAbsolute(repository)) return undefined;
  // git@host:path, as ssh has it.
  if (/^[\w.-]+@[\w.-]+:(?!\/\/)[^\s]+$/.test(repository)) return undefined;
  if (!URL.canParse(repository)) return 'it is neither an absolute path nor a URL';
  const url = new URL(repository);
  if (!SCHEMES.has(url.protocol)) return `${url.protocol} is not one of file:, git:, http:, https:, ssh:`;
  if (url.password !== '' || (url.username !== '' && url.protocol !== 'ssh:')) {
    return 'it holds credentials, which would be stored and shown';
  }
  return undefined;
}

/**
 * The branch to work on and where it stands; without `branch`, the repository's default one. Ends within 20 s.
 * @throws REPOSITORY_UNREADABLE
 */
export async function probeRepository(repository: string, branch: string | undefined): Promise<RemoteBranch> {
  const refusal = repositoryRefusal(repository);
  if (refusal !== undefined) throw unreadable(repository, refusal, 'Give an absolute path or a plain URL.');
  if (
    branch !== undefined &&
    (branch.startsWith('-') || branch.startsWith('refs/') || /[\s~^:?*[\\]|\.\./.test(branch))
  ) {
    throw unreadable(
      repository,
      `"${branch}" cannot be the name of a branch`,
      'Give its short name, for example "main".',
    );
  }
  const listing = await run(['ls-remote', '--symref', '--', repository, 'HEAD', 'refs/heads/*'], LS_REMOTE_MS);
  if (listing.code !== 0) {
    throw unreadable(
      repository,
      listing.code === null ? `git had no answer within ${LS_REMOTE_MS / 1_000} s` : said(listing),
      `Try "git ls-remote ${repository}" as the user who runs Loom, without configuration of your own.`,
    );
  }
  const lines = listing.stdout.split('\n').map((line) => line.split('\t') as [string, string | undefined]);
  const wanted =
    branch ?? lines.find(([what, ref]) => ref === 'HEAD' && what.startsWith('ref: refs/heads/'))?.[0].slice(16);
  if (wanted === undefined) {
    throw unreadable(repository, 'it says of no branch that it is the default one', 'Name one with `branch`.');
  }
  const commit = lines.find(([, ref]) => ref === `refs/heads/${wanted}`)?.[0];
  if (commit === undefined) {
    const others = lines.flatMap(([, ref]) => (ref?.startsWith('refs/heads/') ? [ref.slice(11)] : [])).slice(0, 10);
    throw unreadable(
      repository,
      `it has no branch "${wanted}"${others.length > 0 ? `, but ${others.join(', ')}` : ': it has no commit at all'}`,
      others.length > 0 ? 'Give one of these as `branch`.' : 'Make a first commit, then add the project.',
    );
  }
  return { branch: wanted, commit };
}

/** The named files of a branch that exist and are of a readable size. @throws REPOSITORY_UNREADABLE */
export async function readFiles(
  repository: string,
  { branch, commit }: RemoteBranch,
  paths: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const folder = await mkdtemp(join(tmpdir(), 'loom-probe-'));
  try {
    const at = ['--git-dir', folder];
    await run([...at, 'init', '--quiet', '--bare', folder], FETCH_MS);
    const source = isAbsolute(repository) ? `file://${encodeURI(repository)}` : repository;
    const fetched = await run(
      [...at, 'fetch', '--quiet', '--depth=1', '--no-tags', '--', source, `refs/heads/${branch}`],
      FETCH_MS,
    );
    if (fetched.code !== 0) {
      const why = fetched.code === null ? `fetching took longer than ${FETCH_MS / 1_000} s` : said(fetched);
      throw unreadable(repository, why, 'Name `checks` in the request; then nothing has to be read here.');
    }
    const files = new Map<string, string>();
    const listed = await run([...at, 'ls-tree', '-z', '--long', 'FETCH_HEAD', '--', ...paths], FETCH_MS);
    for (const entry of listed.stdout.split('\0')) {
      const [, object, size, path] = /^100\d{3} blob ([0-9a-f]+) +(\d+)\t(.+)$/s.exec(entry) ?? [];
      if (object === undefined || path === undefined || Number(size) > MAX_FILE_BYTES) continue;
      files.set(path, (await run([...at, 'cat-file', 'blob', object], FETCH_MS)).stdout);
    }
    for (const folderName of await foldersAt(at)) files.set(`${folderName}/`, '');
    return files;
  } catch (error) {
    if (error instanceof LoomError) throw error;
    throw unreadable(repository, messageOf(error), `Look at commit ${commit} with git yourself.`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function foldersAt(at: readonly string[]): Promise<readonly string[]> {
  const { stdout } = await run([...at, 'ls-tree', '-z', '-d', '--name-only', 'FETCH_HEAD'], FETCH_MS);
  return stdout.split('\0').filter((name) => name !== '');
}

const run = (args: readonly string[], timeoutMs: number): Promise<GitResult> =>
  git(args, { timeoutMs, env: PROTOCOLS, cwd: '/' });

const said = ({ stderr }: GitResult): string =>
  stderr
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .slice(0, 3)
    .join(' ')
    .slice(0, 500) || 'git failed without saying why';

const unreadable = (repository: string, why: string, next: string): LoomError =>
  new LoomError('REPOSITORY_UNREADABLE', `${repository} cannot be used: ${why}`, next);
