// The only place that starts git for a workspace. Invariant: nothing that an agent can write (files, attributes, nested
// repositories) and nothing of the user's configuration decides what git executes or where it connects.
import { spawn } from 'node:child_process';
import { LoomError } from '../domain/errors.ts';

const DEFAULT_DEADLINE_MS = 120_000;
const OUTPUT_LIMIT = 64 * 1024 * 1024;

/** Settings that win over every file. Hooks, monitors, helpers and submodules are ways to make git run something. */
const SETTINGS: Readonly<Record<string, string>> = {
  'core.hooksPath': '/dev/null',
  'core.fsmonitor': 'false',
  'core.untrackedCache': 'false',
  'core.attributesFile': '/dev/null',
  'core.excludesFile': '/dev/null',
  'core.autocrlf': 'false',
  'core.symlinks': 'true',
  'core.quotePath': 'false',
  'credential.helper': '',
  'submodule.recurse': 'false',
  'fetch.recurseSubmodules': 'false',
  'diff.ignoreSubmodules': 'all',
  'gc.auto': '0',
  'maintenance.auto': 'false',
  'http.followRedirects': 'false',
  'advice.addEmbeddedRepo': 'false',
  'safe.directory': '*',
};

export interface GitOptions {
  /** Settings for this call, over {@link SETTINGS}. The place for credentials: never in the arguments. */
  readonly settings?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string;
  /** @default 120_000 */
  readonly deadlineMs?: number;
  readonly signal?: AbortSignal;
  /** Exit codes that are answers rather than failures. @default [0] */
  readonly accept?: readonly number[];
}

export interface GitOutput {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A git call that failed. `message` holds the subcommand and what git said, never arguments or credentials. */
export class GitError extends Error {
  override readonly name = 'GitError';
  readonly code: number | null;
  readonly stderr: string;
  constructor(subcommand: string, code: number | null, stderr: string) {
    super(
      `git ${subcommand} ended with ${code ?? 'a kill at its deadline'}: ${stderr.trim().slice(-2_000) || 'no message'}`,
    );
    this.code = code;
    this.stderr = stderr;
  }
}

/** One repository: its git folder and the work tree, which does not contain it. */
export interface GitFolders {
  readonly gitDir: string;
  readonly workTree: string;
}

/**
 * Runs git to its end.
 * @throws GitError for an exit code that is not accepted, LoomError UNAVAILABLE at the deadline, the signal's reason.
 */
export async function git(folders: GitFolders, args: readonly string[], options: GitOptions = {}): Promise<GitOutput> {
  options.signal?.throwIfAborted();
  const subcommand = args[0] ?? '';
  const deadlineMs = options.deadlineMs ?? DEFAULT_DEADLINE_MS;
  const child = spawn('git', [...args], {
    cwd: '/',
    env: environment(folders, options),
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const stdout = collect(child.stdout);
  const stderr = collect(child.stderr);
  child.stdin.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') child.emit('error', error); // git may end without reading all of it; its status tells why
  });
  child.stdin.end(options.stdin ?? '');
  const kill = (): void => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  };
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    kill();
  }, deadlineMs);
  options.signal?.addEventListener('abort', kill);
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', resolve);
    });
    options.signal?.throwIfAborted();
    if (late) {
      throw new LoomError(
        'UNAVAILABLE',
        `git ${subcommand} did not end within ${deadlineMs / 1000} s.`,
        'Try again; if it stays so, look at the load of this machine and of the repository server.',
      );
    }
    const output = { stdout: stdout.text(), stderr: stderr.text() };
    if (stdout.overflowed()) throw new GitError(subcommand, code, `more than ${OUTPUT_LIMIT} bytes of output`);
    if (code === null || !(options.accept ?? [0]).includes(code)) throw new GitError(subcommand, code, output.stderr);
    return { code, ...output };
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === 'ENOENT' ? noGit(error) : error;
  } finally {
    clearTimeout(timer);
    options.signal?.removeEventListener('abort', kill);
  }
}

function environment({ gitDir, workTree }: GitFolders, options: GitOptions): Record<string, string> {
  const settings = Object.entries({ ...SETTINGS, ...options.settings });
  const { PATH, GIT_SSL_CAINFO, SSL_CERT_FILE, SSL_CERT_DIR } = process.env;
  const passed = { PATH, GIT_SSL_CAINFO, SSL_CERT_FILE, SSL_CERT_DIR };
  return {
    ...Object.fromEntries(Object.entries(passed).filter((entry): entry is [string, string] => entry[1] !== undefined)),
    LC_ALL: 'C',
    GIT_DIR: gitDir,
    GIT_WORK_TREE: workTree,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_ATTR_NOSYSTEM: '1',
    GIT_NO_REPLACE_OBJECTS: '1',
    GIT_TERMINAL_PROMPT: '0',
    GIT_ALLOW_PROTOCOL: 'none',
    GIT_CONFIG_COUNT: String(settings.length),
    ...Object.fromEntries(
      settings.flatMap(([key, value], index) => [
        [`GIT_CONFIG_KEY_${index}`, key],
        [`GIT_CONFIG_VALUE_${index}`, value],
      ]),
    ),
    ...options.env,
  };
}

function collect(stream: NodeJS.ReadableStream): { text(): string; overflowed(): boolean } {
  const chunks: Buffer[] = [];
  let size = 0;
  stream.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size <= OUTPUT_LIMIT) chunks.push(chunk);
  });
  return { text: () => Buffer.concat(chunks).toString('utf8'), overflowed: () => size > OUTPUT_LIMIT };
}

const noGit = (cause: unknown): LoomError =>
  new LoomError('UNAVAILABLE', 'git is not on the PATH of this host.', 'Install git 2.35 or newer.', { cause });

/** Splits NUL-separated output. */
export const nulSeparated = (text: string): string[] => text.split('\0').filter((part) => part !== '');
