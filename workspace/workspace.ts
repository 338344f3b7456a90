// One run's checkout on a host. Invariant: the git folder lies beside the work tree and is never seen by the agent's code; HEAD
// stays at the run's base, checkpoints are commits that nothing points to until they are pushed.
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { backoffMs } from '../domain/backoff.ts';
import { LoomError, errorCode } from '../domain/errors.ts';
import { git, GitError, nulSeparated } from './git.ts';
import { makeAccessible, removeTree } from './remove-tree.ts';
import { Serial } from './serial.ts';
import { stageTree } from './stage-tree.ts';
import type { GitFolders, GitOptions, GitOutput } from './git.ts';

const PATIENCE_MS = 60_000;
const BACKOFF = { baseMs: 100, capMs: 5_000 };

export interface WorkspaceSource {
  /** Holds `git/` and `tree/`; created where missing. Its parent should be readable by Loom's user only. */
  readonly dir: string;
  /** http, https, or an absolute path. */
  readonly remoteUrl: string;
  /** Sent as a bearer token, to `remoteUrl` only. */
  readonly token?: string;
  /** Full commit id; status and diff are relative to it. */
  readonly baseCommit: string;
  /** The content to start from; the base's own where absent. */
  readonly checkpoint?: string;
  /** How long a remote that is away is asked again, for each push or fetch. @default 60_000 */
  readonly patienceMs?: number;
}

export interface CommitDetails {
  readonly message: string;
  /** Seconds since the epoch. With the same tree, parent, message and date the commit is the same. */
  readonly date: number;
  /** @default 'Loom <loom@localhost>' */
  readonly author?: { readonly name: string; readonly email: string };
}

export interface ChangedPath {
  /** added, modified, deleted, or type changed (a file became a link). */
  readonly status: 'A' | 'M' | 'D' | 'T';
  readonly path: string;
}

/**
 * Checks out exactly the given content. Idempotent: an existing folder is brought to it, with what git ignores kept.
 * `signal` is the lease's: once it aborts, git calls of this workspace are killed and later ones refuse; `close` still works.
 * @throws LoomError NOT_FOUND where the remote does not have a commit, UNAUTHORIZED, UNAVAILABLE.
 */
export async function openWorkspace(source: WorkspaceSource, signal?: AbortSignal): Promise<Workspace> {
  const workspace = new Workspace(source, signal);
  await workspace.prepare(source.baseCommit, source.checkpoint ?? source.baseCommit);
  return workspace;
}

export class Workspace {
  readonly dir: string;
  /** Host path of the work tree: what a sandbox mounts. */
  readonly tree: string;
  readonly baseCommit: string;
  readonly #folders: GitFolders;
  readonly #source: WorkspaceSource;
  readonly #signal: AbortSignal | undefined;
  readonly #serial = new Serial();

  constructor(source: WorkspaceSource, signal: AbortSignal | undefined) {
    this.dir = source.dir;
    this.tree = join(source.dir, 'tree');
    this.baseCommit = source.baseCommit;
    this.#folders = { gitDir: join(source.dir, 'git'), workTree: this.tree };
    this.#source = source;
    this.#signal = signal;
  }

  /** Called by {@link openWorkspace}. */
  async prepare(base: string, content: string): Promise<void> {
    await this.#serial.run(async () => {
      const isNew = (await mkdir(this.#folders.gitDir, { recursive: true, mode: 0o700 })) !== undefined;
      await mkdir(this.tree, { recursive: true });
      await this.#removeLocks();
      await this.#git(['init', '--quiet', '--template=', '--initial-branch=loom']);
      for (const commit of new Set([base, content])) {
        if (isNew || !(await this.#has(commit))) await this.#download(commit);
      }
      await this.#git(['update-ref', '--no-deref', 'HEAD', base]);
      // Nothing lies in a new tree, so nothing has to be cleaned away: each start of git counts in a run's first moment.
      if (isNew) await this.#git(['read-tree', '--reset', '-u', content]);
      else await this.#restore(content);
    });
  }

  /** Makes tracked files and those that git does not ignore exactly those of the commit; ignored files stay. */
  async restore(commit: string): Promise<void> {
    await this.#serial.run(async () => {
      if (!(await this.#has(commit))) await this.#download(commit);
      await this.#restore(commit);
    });
  }

  /**
   * Commits what git does not ignore. Null when that is the parent's very tree. Nested repositories are left out like
   * ignored content, links are stored as links, and no filter or hook runs.
   * @throws LoomError TOO_LARGE, which the agent can mend.
   */
  async checkpoint(parent: string, details: CommitDetails): Promise<string | null> {
    return this.#serial.run(async () => {
      const tree = await this.#stage();
      if (tree === (await this.#git(['rev-parse', `${parent}^{tree}`])).stdout.trim()) return null;
      const { name, email } = details.author ?? { name: 'Loom', email: 'loom@localhost' };
      const date = `${details.date} +0000`;
      const { stdout } = await this.#git(['commit-tree', tree, '-p', parent], {
        stdin: details.message,
        env: {
          GIT_AUTHOR_NAME: name,
          GIT_AUTHOR_EMAIL: email,
          GIT_AUTHOR_DATE: date,
          GIT_COMMITTER_NAME: name,
          GIT_COMMITTER_EMAIL: email,
          GIT_COMMITTER_DATE: date,
        },
      });
      return stdout.trim();
    });
  }

  /** Moves `ref` of the remote to the commit. @throws LoomError CONFLICT where the remote refuses, UNAVAILABLE, UNAUTHORIZED. */
  async push(commit: string, ref: string): Promise<void> {
    await this.#serial.run(async () => {
      const args = ['push', '--quiet', '--porcelain', '--no-verify', this.#source.remoteUrl, `+${commit}:${ref}`];
      await this.#askRemote(args, `push ${ref}`);
    });
  }

  /** Fetches a ref or a full commit id and returns the commit. @throws LoomError NOT_FOUND, UNAUTHORIZED, UNAVAILABLE. */
  async fetch(refOrCommit: string): Promise<string> {
    return this.#serial.run(() => this.#fetch(refOrCommit));
  }

  /** What differs from the base, new files included. */
  async status(): Promise<ChangedPath[]> {
    return this.#serial.run(async () => this.#changed(this.baseCommit, await this.#stage()));
  }

  /** The same as a unified diff against a commit; the base where none is given. Binary content is only named. */
  async diff(base = this.baseCommit): Promise<string> {
    return this.#serial.run(async () => {
      const tree = await this.#stage();
      const { stdout } = await this.#git(['diff-tree', '-p', '-r', '--no-ext-diff', '--no-textconv', '-M', base, tree]);
      return stdout;
    });
  }

  /** Paths that differ between two commits, each renaming as a removal and an addition. */
  async changedPaths(from: string, to: string): Promise<ChangedPath[]> {
    return this.#serial.run(() => this.#changed(from, to));
  }

  /** What git ignores, as paths; a folder that is ignored as a whole is one of them, without its content. */
  async ignored(): Promise<string[]> {
    return this.#serial.run(async () => {
      const args = ['ls-files', '-z', '--others', '--ignored', '--exclude-standard', '--directory'];
      return nulSeparated((await this.#git(args)).stdout).map((path) => path.replace(/\/$/, ''));
    });
  }

  /** Every regular file or link of the project: tracked, or new and not ignored. Sorted. */
  async files(): Promise<string[]> {
    return this.#serial.run(async () => {
      await this.#stage();
      return nulSeparated((await this.#git(['ls-files', '-z', '--cached'])).stdout);
    });
  }

  /** Removes the folder with everything in it. */
  async close(): Promise<void> {
    await this.#serial.run(() => removeTree(this.dir));
  }

  async #stage(): Promise<string> {
    return this.#accessible(() => stageTree((args, options) => this.#git(args, options), this.tree));
  }

  async #changed(from: string, to: string): Promise<ChangedPath[]> {
    const { stdout } = await this.#git(['diff-tree', '-r', '-z', '--name-status', '--no-renames', from, to]);
    const fields = nulSeparated(stdout);
    const changes: ChangedPath[] = [];
    for (let index = 0; index + 1 < fields.length; index += 2) {
      changes.push({ status: fields[index] as ChangedPath['status'], path: fields[index + 1] ?? '' });
    }
    return changes;
  }

  async #restore(commit: string): Promise<void> {
    await this.#accessible(async () => {
      await this.#git(['read-tree', '--reset', '-u', commit]);
      const { stderr } = await this.#git(['clean', '-ffdq'], { accept: [0, 1] });
      const left = leftBehind(stderr);
      if (left.length === 0) return;
      // git removes neither what its owner has locked nor what lies deeper than a path may be long. The whole of each
      // top folder concerned goes, ignored content included, and comes back from the commit.
      for (const name of left) await removeTree(join(this.tree, name));
      await this.#git(['read-tree', '--reset', '-u', commit]);
    });
  }

  /** A folder that its owner has locked stops git (unless Loom is root): it is unlocked and the step repeated once. */
  async #accessible<T>(step: () => Promise<T>): Promise<T> {
    try {
      return await step();
    } catch (error) {
      if (!(error instanceof GitError) || !/Permission denied/.test(error.stderr)) throw error;
      await makeAccessible(this.tree);
      return step();
    }
  }

  async #has(commit: string): Promise<boolean> {
    const { code } = await this.#git(['cat-file', '-e', `${commit}^{commit}`], { accept: [0, 1, 128] });
    return code === 0;
  }

  async #download(refOrCommit: string): Promise<void> {
    const args = ['fetch', '--quiet', '--no-tags', this.#source.remoteUrl, refOrCommit];
    await this.#askRemote(args, `fetch ${refOrCommit}`);
  }

  async #fetch(refOrCommit: string): Promise<string> {
    await this.#download(refOrCommit);
    return (await this.#git(['rev-parse', '--verify', 'FETCH_HEAD^{commit}'])).stdout.trim();
  }

  /** A remote that is started anew answers in a moment; both a push and a fetch may be repeated. */
  async #askRemote(args: readonly string[], what: string): Promise<void> {
    const giveUpAt = Date.now() + (this.#source.patienceMs ?? PATIENCE_MS);
    for (let failures = 1; ; failures++) {
      try {
        await this.#git(args, this.#remote());
        return;
      } catch (error) {
        const fault = remoteFault(error, what);
        const pause = backoffMs(failures, BACKOFF);
        if (errorCode(fault) !== 'UNAVAILABLE' || Date.now() + pause > giveUpAt) throw fault;
        await delay(pause, undefined, this.#signal === undefined ? {} : { signal: this.#signal });
      }
    }
  }

  /** What only calls to the remote get: its protocol and the credential, bound to its address. */
  #remote(): GitOptions {
    const { remoteUrl, token } = this.#source;
    const protocol = /^(https?):\/\//.exec(remoteUrl)?.[1] ?? (remoteUrl.startsWith('/') ? 'file' : null);
    if (protocol === null) {
      throw new LoomError('BAD_INPUT', 'A remote is an http(s) address or an absolute path.', 'Correct the remote.');
    }
    return {
      deadlineMs: 600_000,
      env: { GIT_ALLOW_PROTOCOL: protocol },
      settings: token === undefined ? {} : { [`http.${remoteUrl}.extraHeader`]: `Authorization: Bearer ${token}` },
    };
  }

  async #git(args: readonly string[], options: GitOptions = {}): Promise<GitOutput> {
    return git(this.#folders, args, { ...options, ...(this.#signal === undefined ? {} : { signal: this.#signal }) });
  }

  /** Locks of a git that was killed; nobody else works in this folder. */
  async #removeLocks(): Promise<void> {
    for (const name of await readdir(this.#folders.gitDir)) {
      if (name.endsWith('.lock')) await rm(join(this.#folders.gitDir, name), { force: true });
    }
  }
}

/** First components of the paths that `git clean` names in its warnings, for example: could not open directory 'a/b/': ... */
const leftBehind = (warnings: string): string[] => [
  ...new Set([...warnings.matchAll(/^warning: [^']*'([^'/]+)\/?.*$/gm)].map((match) => match[1] ?? '')),
];

function remoteFault(error: unknown, what: string): unknown {
  if (!(error instanceof GitError)) return error;
  const text = error.stderr;
  if (/failed to push some refs|HTTP 409|error: 409/.test(text)) {
    return new LoomError(
      'CONFLICT',
      `The remote refused to ${what}: ${text.trim()}`,
      'Ask the hub whether the lease holds.',
      {
        cause: error,
      },
    );
  }
  if (/HTTP 40[13]|401|403|Authentication failed|could not read Username/.test(text)) {
    return new LoomError('UNAUTHORIZED', `The remote does not let this host ${what}.`, 'Check the token.', {
      cause: error,
    });
  }
  if (/not our ref|couldn't find remote ref|not advertise|does not exist|not found/i.test(text)) {
    return new LoomError('NOT_FOUND', `The remote cannot ${what}: ${text.trim()}`, 'Check the commit.', {
      cause: error,
    });
  }
  return new LoomError('UNAVAILABLE', `Could not ${what}: ${text.trim()}`, 'Try again.', { cause: error });
}
