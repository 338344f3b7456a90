// Commands run as process groups of their own, because killing a package manager leaves its children running.
import { spawn } from 'node:child_process';

export interface CommandResult {
  /** Null when a signal or the time limit ended it. */
  readonly code: number | null;
  readonly timedOut: boolean;
  /** Both streams as they came, cut in the middle above the limit. */
  readonly output: string;
  readonly ms: number;
}

const OUTPUT_LIMIT = 2_000_000;

/** Kills the group that `leader` leads. A group that is gone already is what was wanted. */
export function killGroup(leader: number): void {
  try {
    process.kill(-leader, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Runs `command` with `sh -c` and kills its whole group at the time limit, or when `signal` says so. */
export function runCommand(
  command: string,
  options: { cwd: string; timeoutMs: number; env?: NodeJS.ProcessEnv; signal?: AbortSignal },
): Promise<CommandResult> {
  const started = performance.now();
  return new Promise((resolve, reject) => {
    const child = spawn('sh', ['-c', command], {
      cwd: options.cwd,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...options.env },
    });
    const head: string[] = [];
    let tail = '';
    let size = 0;
    let timedOut = false;
    const take = (chunk: string): void => {
      size += chunk.length;
      if (size <= OUTPUT_LIMIT / 2) head.push(chunk);
      else tail = (tail + chunk).slice(-OUTPUT_LIMIT / 2);
    };
    child.stdout.setEncoding('utf8').on('data', take);
    child.stderr.setEncoding('utf8').on('data', take);
    const timer = setTimeout(() => {
      timedOut = true;
      if (child.pid !== undefined) killGroup(child.pid);
    }, options.timeoutMs);
    const abort = (): void => {
      if (child.pid !== undefined) killGroup(child.pid);
    };
    options.signal?.addEventListener('abort', abort, { once: true });
    child.on('error', (error) => {
      clearTimeout(timer);
      reject(new Error(`cannot start "${command}" in ${options.cwd}: ${error.message}`, { cause: error }));
    });
    // A grandchild may hold the pipes open after the command has ended, hence 'exit' and a kill, then 'close'.
    child.on('exit', () => {
      if (child.pid !== undefined) killGroup(child.pid);
    });
    child.on('close', (code) => {
      clearTimeout(timer);
      options.signal?.removeEventListener('abort', abort);
      resolve({
        code: timedOut ? null : code,
        timedOut,
        output: head.join('') + tail,
        ms: performance.now() - started,
      });
    });
  });
}
