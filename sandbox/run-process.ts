// Starts one process, feeds it, collects what it says, and ends it at its deadline. How it is ended is the caller's affair.
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import type { ChildProcess } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { CappedOutput } from './capped-output.ts';
import type { CommandResult, CommandSpec } from './sandbox.ts';

const DEFAULT_OUTPUT_LIMIT = 1024 * 1024;

/** After a kill the pipes close at once, unless a process escaped it; then the result must not wait for ever. */
const CLOSE_GRACE_MS = 5_000;

export interface ProcessPlan {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Descriptor 3 and up: bytes to be read there, or `'read'` for one that the process writes to. */
  readonly extra?: readonly (Uint8Array | 'read')[];
  /** Called with the text of each `'read'` descriptor as it grows. */
  readonly onStatus?: (text: string) => void;
  readonly kill: (child: ChildProcess) => void;
  /** Called when the process has ended, before its pipes are waited for. */
  readonly onExit?: (child: ChildProcess) => void;
}

/** @throws the error of `spawn` (ENOENT, E2BIG, EAGAIN ...), or the reason of `spec.signal` once everything has ended. */
export async function runProcess(
  plan: ProcessPlan,
  spec: Pick<CommandSpec, 'stdin' | 'timeoutMs' | 'outputLimitBytes' | 'signal' | 'onStdout'>,
): Promise<CommandResult> {
  spec.signal?.throwIfAborted();
  const started = performance.now();
  const extra = plan.extra ?? [];
  const child = spawn(plan.program, [...plan.args], {
    env: { ...plan.env },
    ...(plan.cwd === undefined ? {} : { cwd: plan.cwd }),
    // A group of its own, so that a signal for the platform's terminal does not reach it, and a kill reaches all of it.
    detached: true,
    // Standard input is a pipe even where nothing is sent: 'ignore' would hand over the host's own /dev/null.
    stdio: ['pipe', 'pipe', 'pipe', ...extra.map(() => 'pipe' as const)],
  });

  const limit = spec.outputLimitBytes ?? DEFAULT_OUTPUT_LIMIT;
  const stdout = new CappedOutput(limit);
  const stderr = new CappedOutput(limit);
  child.stdout?.on('data', (chunk: Buffer) => {
    stdout.write(chunk);
    spec.onStdout?.(chunk);
  });
  child.stderr?.on('data', (chunk: Buffer) => stderr.write(chunk));
  // A process may close its end before it has read everything; that is its right. Any other failure is the platform's.
  const watch = (stream: Readable | Writable): void => {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE' && error.code !== 'ECONNRESET') child.emit('error', error);
    });
  };
  if (child.stdin !== null) {
    watch(child.stdin);
    child.stdin.end(spec.stdin);
  }
  extra.forEach((content, index) => {
    const stream = child.stdio[index + 3] as Readable & Writable;
    watch(stream);
    if (content !== 'read') return stream.end(content);
    let text = '';
    stream.setEncoding('utf8').on('data', (part: string) => plan.onStatus?.((text += part)));
    return undefined;
  });

  child.once('exit', () => plan.onExit?.(child));
  let timedOut = false;
  let graceTimer: NodeJS.Timeout | undefined;
  const end = (): void => {
    plan.kill(child);
    graceTimer ??= setTimeout(() => child.stdio.forEach((stream) => stream?.destroy()), CLOSE_GRACE_MS);
  };
  const timer = setTimeout(() => {
    timedOut = true;
    end();
  }, spec.timeoutMs);
  spec.signal?.addEventListener('abort', end);
  try {
    const { code, signal } = await ended(child);
    spec.signal?.throwIfAborted();
    return {
      exitCode: timedOut ? null : code,
      signal: signal ?? (timedOut ? 'SIGKILL' : signalOfCode(code)),
      timedOut,
      durationMs: Math.round(performance.now() - started),
      stdout: stdout.text(),
      stderr: stderr.text(),
      truncated: { stdout: stdout.cutBytes, stderr: stderr.cutBytes },
    };
  } finally {
    clearTimeout(timer);
    clearTimeout(graceTimer);
    spec.signal?.removeEventListener('abort', end);
  }
}

const ended = (child: ChildProcess): Promise<{ code: number | null; signal: NodeJS.Signals | null }> =>
  new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code, signal }));
  });

const SIGNAL_NAMES = new Map(Object.entries(constants.signals).map(([name, number]) => [128 + number, name]));

const signalOfCode = (code: number | null): string | null => (code === null ? null : (SIGNAL_NAMES.get(code) ?? null));

/** Kills a detached child with its whole group; one that has already ended is no error. */
export function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
