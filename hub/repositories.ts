// The projects' bare repositories. Invariant: a branch moves only here, and only by compare-and-swap.
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { LoomError } from '../domain/errors.ts';
import { candidateRef } from '../domain/ids.ts';
import { type PathChange, protectedChanges } from '../gate/protection.ts';
import type { Project } from '../store/projects.ts';
import { type GitOptions, git } from './git-command.ts';

export interface Candidate {
  readonly beadId: string;
  readonly attempt: number;
  readonly candidate: string;
  readonly base: string;
  readonly target: string;
  readonly message: string;
  /** Globs that the project protects. */
  readonly protectedPaths: readonly string[];
  /** Seconds since the epoch; fixed, so that the same candidate always becomes the same commit. */
  readonly date: number;
}

export type Integration =
  | { readonly kind: 'ready'; readonly commit: string; readonly restored: readonly string[] }
  | { readonly kind: 'conflict'; readonly paths: readonly string[] }
  | { readonly kind: 'empty'; readonly restored: readonly string[] };

export interface Repositories {
  /** Brings the hub's branch up to its upstream and says where it is. @throws REPOSITORY_UNREADABLE UNAVAILABLE */
  followUpstream(project: Project): Promise<string>;
  /** One commit on top of `target`: the candidate's changes without those of protected paths. Idempotent. */
  integrate(project: Project, candidate: Candidate): Promise<Integration>;
  /** Moves the branch from `expected` to `commit`. Returns where the branch stands afterwards. */
  land(project: Project, expected: string, commit: string): Promise<string>;
  diff(projectId: string, from: string, to: string): Promise<string>;
}

export function openRepositories(dir: string): Repositories {
  const pathOf = (projectId: string) => join(dir, `${projectId}.git`);
  const run = (projectId: string, args: readonly string[], options: GitOptions = {}) =>
    git(args, { ...options, cwd: pathOf(projectId) });

  const mustPrint = async (projectId: string, args: readonly string[], options: GitOptions = {}): Promise<string> => {
    const result = await run(projectId, args, options);
    if (result.code === 0) return result.stdout;
    throw new LoomError(
      'UNAVAILABLE',
      `git ${args[0]} ended with ${result.code}: ${result.stderr.trim()}`,
      'It is tried again; look at the hub log if it goes on.',
    );
  };
  /** For output that is one line, such as an id. */
  const must = async (projectId: string, args: readonly string[], options: GitOptions = {}): Promise<string> =>
    (await mustPrint(projectId, args, options)).trim();

  const branchCommit = async (project: Project): Promise<string | null> => {
    const result = await run(project.id, ['rev-parse', '--verify', '--quiet', `refs/heads/${project.branch}^{commit}`]);
    return result.code === 0 ? result.stdout.trim() : null;
  };

  const isAncestor = async (project: Project, ancestor: string, of: string) =>
    (await run(project.id, ['merge-base', '--is-ancestor', ancestor, of])).code === 0;

  const ensure = async (project: Project): Promise<void> => {
    const path = pathOf(project.id);
    if (await stat(path).catch(() => undefined)) return;
    await mkdir(dir, { recursive: true });
    // Made aside and moved into place, so that a killed hub leaves no half repository under the name; and each aside by itself,
    // because the first beads of a project may come at once.
    const fresh = `${path}.new-${randomUUID()}`;
    const made = await git(['init', '--quiet', '--bare', '--initial-branch', project.branch, fresh]);
    if (made.code !== 0)
      throw new LoomError(
        'UNAVAILABLE',
        `git init: ${made.stderr.trim()}`,
        'Check that the data folder is writable and has room.',
      );
    await rename(fresh, path).catch(async (error: NodeJS.ErrnoException) => {
      await rm(fresh, { recursive: true, force: true });
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
    });
  };

  const fetchUpstream = async (project: Project): Promise<string> => {
    const tracking = `refs/loom/upstream/${project.branch}`;
    const fetched = await run(
      project.id,
      ['fetch', '--quiet', '--no-tags', project.repository, `+refs/heads/${project.branch}:${tracking}`],
      {
        timeoutMs: 110_000,
      },
    );
    if (fetched.code === 0) return must(project.id, ['rev-parse', tracking]);
    const why = fetched.stderr.trim() || 'no answer in time';
    const local = project.repository.startsWith('/');
    throw new LoomError(
      local || why.includes("couldn't find remote ref") ? 'REPOSITORY_UNREADABLE' : 'UNAVAILABLE',
      `Branch ${project.branch} of ${project.repository} cannot be fetched: ${why}`,
      'Check that the repository exists, has that branch, and may be read by the user that runs the hub.',
    );
  };

  /** The tree with every protected path as it is in `target`, and which paths that changed. */
  const withProtectedRestored = async (projectId: string, tree: string, target: string, globs: readonly string[]) => {
    const listed = await run(projectId, [
      'diff-tree',
      '-r',
      '-z',
      '--raw',
      '--no-renames',
      '--abbrev=64',
      target,
      tree,
    ]);
    if (listed.code !== 0)
      throw new LoomError('UNAVAILABLE', `git diff-tree: ${listed.stderr.trim()}`, 'It is tried again.');
    const taken = protectedChanges(parseRawDiff(listed.stdout), globs);
    if (taken.length === 0) return { tree, restored: [] };
    const index = { GIT_INDEX_FILE: join(pathOf(projectId), `index-${randomUUID()}`) };
    try {
      await must(projectId, ['read-tree', tree], { env: index });
      const lines = taken.map(({ path, old }) => `${old.mode} ${old.id}\t${path}\0`);
      await must(projectId, ['update-index', '-z', '--index-info'], { env: index, input: lines.join('') });
      return { tree: await must(projectId, ['write-tree'], { env: index }), restored: taken.map(({ path }) => path) };
    } finally {
      await rm(index.GIT_INDEX_FILE, { force: true });
    }
  };

  const moveBranch = async (project: Project, to: string, from: string | null): Promise<boolean> =>
    (await run(project.id, ['update-ref', `refs/heads/${project.branch}`, to, from ?? '0'.repeat(40)])).code === 0;

  return {
    async followUpstream(project) {
      await ensure(project);
      const upstream = await fetchUpstream(project);
      const own = await branchCommit(project);
      // Ahead of upstream means landed here and not yet taken over there; it stays.
      if (own === null || (own !== upstream && (await isAncestor(project, own, upstream)))) {
        if (await moveBranch(project, upstream, own)) return upstream;
      }
      const now = await branchCommit(project);
      if (now === null)
        throw new LoomError('UNAVAILABLE', `Branch ${project.branch} vanished from the hub`, 'It is fetched again.');
      return now;
    },

    async integrate(project, { beadId, attempt, candidate, base, target, message, date, protectedPaths }) {
      let tree = await must(project.id, ['rev-parse', `${candidate}^{tree}`]);
      if (target !== base) {
        const merged = await run(project.id, [
          'merge-tree',
          '--write-tree',
          '--name-only',
          '--no-messages',
          target,
          candidate,
        ]);
        const [written = '', ...paths] = merged.stdout.trim().split('\n');
        if (merged.code === 1) return { kind: 'conflict', paths: paths.filter((path) => path !== '') };
        if (merged.code !== 0) {
          throw new LoomError(
            'UNAVAILABLE',
            `git merge-tree ended with ${merged.code}: ${merged.stderr.trim()}`,
            'Merging needs git 2.38 or newer on the hub.',
          );
        }
        tree = written;
      }
      const { tree: judged, restored } = await withProtectedRestored(project.id, tree, target, protectedPaths);
      if (judged === (await must(project.id, ['rev-parse', `${target}^{tree}`]))) return { kind: 'empty', restored };
      const person = { GIT_AUTHOR_NAME: 'Loom', GIT_AUTHOR_EMAIL: 'loom@localhost', GIT_AUTHOR_DATE: `${date} +0000` };
      const commit = await must(project.id, ['commit-tree', judged, '-p', target], {
        input: message,
        env: {
          ...person,
          GIT_COMMITTER_NAME: 'Loom',
          GIT_COMMITTER_EMAIL: 'loom@localhost',
          GIT_COMMITTER_DATE: person.GIT_AUTHOR_DATE,
        },
      });
      await must(project.id, ['update-ref', candidateRef(beadId, attempt), commit]);
      return { kind: 'ready', commit, restored };
    },

    async land(project, expected, commit) {
      if (project.landing === 'upstream') {
        const pushed = await run(
          project.id,
          [
            'push',
            '--quiet',
            `--force-with-lease=refs/heads/${project.branch}:${expected}`,
            project.repository,
            `${commit}:refs/heads/${project.branch}`,
          ],
          { timeoutMs: 110_000 },
        );
        const upstream = await fetchUpstream(project);
        await moveBranch(project, upstream, await branchCommit(project));
        if (pushed.code !== 0 && upstream === expected) {
          throw new LoomError(
            'REPOSITORY_UNREADABLE',
            `The push to ${project.repository} was refused: ${pushed.stderr.trim()}`,
            'Allow pushes to that branch (it must not be checked out there), or use landing "hub".',
          );
        }
        return (await isAncestor(project, commit, upstream)) ? commit : upstream;
      }
      if (await moveBranch(project, commit, expected)) return commit;
      const head = await branchCommit(project);
      if (head === null)
        throw new LoomError('UNAVAILABLE', `Branch ${project.branch} vanished from the hub`, 'It is fetched again.');
      // A repeat of a landing that had succeeded: the branch may have moved on since.
      return (await isAncestor(project, commit, head)) ? commit : head;
    },

    async diff(projectId, from, to) {
      return mustPrint(projectId, ['diff', '--no-color', '--no-ext-diff', '--no-textconv', from, to, '--']);
    },
  };
}

interface RawChange extends PathChange {
  /** What stood there before; mode 000000 for an added path. */
  readonly old: { readonly mode: string; readonly id: string };
}

/** Reads `git diff-tree -r -z --raw`: `:<old mode> <new mode> <old id> <new id> <status>`, then the path. */
function parseRawDiff(output: string): RawChange[] {
  const fields = output.split('\0');
  const changes: RawChange[] = [];
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const [mode = '', , id = '', , status = ''] = (fields[at] ?? '').slice(1).split(' ');
    changes.push({ status: status[0] as PathChange['status'], path: fields[at + 1] ?? '', old: { mode, id } });
  }
  return changes;
}
