// One supervised process: started, watched, restarted with growing pauses until it is clear that it cannot live, and ended as
// a whole group. Every wait has a deadline.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { LoomError, messageOf } from '../domain/errors.ts';
import type { LogFile } from './log-file.ts';
import { processIdentity } from './process-identity.ts';
import type { ProcessRecord } from './process-identity.ts';
import type { Reaper } from './reaper.ts';
import { isSystemError } from './system-error.ts';

const DRAIN_MS = 500;
/** `EX_CONFIG` of sysexits.h: what is wrong, only a person can mend. */
const EXIT_CONFIG = 78;

/** How one process of the stack is run. */
export interface PartSpec {
  readonly name: string;
  /** Names of the parts that must serve before this one is started, and that outlive it. */
  readonly needs: readonly string[];
  readonly command: string;
  readonly args: readonly string[];
  /** The whole environment of the process; nothing is inherited beside it. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** Work to be done once before the first start, such as creating a database cluster. */
  readonly prepare?: (signal: AbortSignal) => Promise<void>;
  /** `message`: the process sends `{ ready: true }` over its IPC channel. Otherwise resolves once the process serves. */
  readonly ready: 'message' | ((signal: AbortSignal) => Promise<void>);
  readonly startTimeoutMs: number;
  /** How often the first start is tried. @default 1 */
  readonly startAttempts?: number;
  readonly stopSignal: NodeJS.Signals;
  /** After the stop signal; then the whole group is killed. */
  readonly stopGraceMs: number;
}

/** When a process that ended is started again. */
export interface RestartPolicy {
  /** Pause before the first restart; doubles with each failure in a row. */
  readonly baseDelayMs: number;
  readonly maxDelayMs: number;
  /** So many failures in a row and the part is given up. */
  readonly maxFailures: number;
  /** A process that lived so long after it was ready has not failed in a row. */
  readonly stableMs: number;
}

export type PartEvent =
  | { readonly kind: 'spawned' | 'stopped' }
  | { readonly kind: 'ready'; readonly tookMs: number }
  | { readonly kind: 'exited'; readonly how: string; readonly restartInMs: number }
  | { readonly kind: 'given-up'; readonly how: string; readonly failures: number }
  | { readonly kind: 'log-trouble'; readonly reason: string };

export type PartState = 'idle' | 'starting' | 'ready' | 'restarting' | 'given-up' | 'stopping' | 'stopped';

interface Exit {
  readonly how: string;
  /** The process says that another try ends the same way. */
  readonly final: boolean;
}

interface Run {
  readonly child: ChildProcess;
  /** Settles when the process has ended or could not be started at all; never rejects. */
  readonly exited: Promise<Exit>;
  readonly startedAt: number;
}

export class Part {
  readonly spec: PartSpec;
  readonly log: LogFile;
  state: PartState = 'idle';
  /** How often the process was started again. */
  restarts = 0;
  private readonly reaper: Reaper;
  private readonly policy: RestartPolicy;
  private readonly emit: (event: PartEvent) => void;
  private readonly stopping = new AbortController();
  private run: Run | undefined;
  private killedOnRequest = false;
  private kept: Promise<void> = Promise.resolve();

  constructor(spec: PartSpec, log: LogFile, reaper: Reaper, policy: RestartPolicy, emit: (event: PartEvent) => void) {
    this.spec = spec;
    this.log = log;
    this.reaper = reaper;
    this.policy = policy;
    this.emit = emit;
  }

  /** The process that runs now, to be written down; undefined between two lives. */
  get process(): ProcessRecord | undefined {
    const pid = this.run?.child.pid;
    const identity = pid === undefined ? undefined : processIdentity(pid);
    return pid === undefined || identity === undefined ? undefined : { pid, identity };
  }

  /** Resolves when the part serves. @throws LoomError UNAVAILABLE with the end of its log when it does not. */
  async start(): Promise<void> {
    this.stopping.signal.throwIfAborted();
    this.state = 'starting';
    const startedAt = performance.now();
    await this.spec.prepare?.(this.stopping.signal);
    this.stopping.signal.throwIfAborted();
    for (let attempt = 1; ; attempt += 1) {
      const run = this.launch();
      const trouble = await this.untilReady(run);
      if (trouble === undefined) {
        this.state = 'ready';
        this.emit({ kind: 'ready', tookMs: performance.now() - startedAt });
        this.kept = this.keepAlive(run);
        return;
      }
      await this.end(run);
      this.stopping.signal.throwIfAborted();
      if (attempt >= (this.spec.startAttempts ?? 1)) throw this.startFailure(trouble);
      await delay(this.pauseAfter(attempt), undefined, { signal: this.stopping.signal });
    }
  }

  /** Sends a signal to the process that runs now, as an accident would: it is restarted, but does not count as failing. */
  kill(signal: NodeJS.Signals): void {
    this.killedOnRequest = true;
    this.run?.child.kill(signal);
  }

  /** Ends the process and all of its group. Safe to call at any time and more than once. */
  async stop(): Promise<void> {
    if (this.state === 'stopped') return;
    this.state = 'stopping';
    this.stopping.abort();
    if (this.run) await this.end(this.run);
    await this.kept;
    this.log.close();
    this.state = 'stopped';
    this.emit({ kind: 'stopped' });
  }

  /** Ends the group at once, without the grace time. */
  killNow(): void {
    this.stopping.abort();
    killGroup(this.run?.child.pid);
  }

  private startFailure(trouble: string): LoomError {
    const said = this.log.tail(20);
    return new LoomError(
      'UNAVAILABLE',
      `${this.spec.name} ${trouble}${said ? `; it said:\n${said.replaceAll(/^/gm, '    ')}` : ' and said nothing'}`,
      `Read ${this.log.path}, mend the cause and start again.`,
    );
  }

  private pauseAfter(failures: number): number {
    return Math.min(this.policy.baseDelayMs * 2 ** failures, this.policy.maxDelayMs);
  }

  private launch(): Run {
    const { command, args, env, cwd, ready } = this.spec;
    const child = spawn(command, args, {
      cwd,
      env,
      detached: true, // a group of its own: Ctrl-C reaches the supervisor alone, which then stops all in order
      stdio: ready === 'message' ? ['ignore', 'pipe', 'pipe', 'ipc'] : ['ignore', 'pipe', 'pipe'],
    });
    child.stdout?.on('data', (chunk: Buffer) => this.log.write(chunk));
    child.stderr?.on('data', (chunk: Buffer) => this.log.write(chunk));
    const { pid } = child;
    const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
    if (pid !== undefined) this.reaper.add(pid);
    const exited = new Promise<Exit>((resolve) => {
      child.once('error', (error) => resolve({ how: `could not be started: ${error.message}`, final: false }));
      child.once('exit', (code, signal) => {
        resolve({ how: signal ? `was ended by ${signal}` : `ended with status ${code}`, final: code === EXIT_CONFIG });
      });
    }).then(async (exit) => {
      killGroup(pid); // what the process left behind
      if (pid !== undefined) this.reaper.remove(pid);
      // Its last words are read before it counts as ended; but what escaped from its group could hold the pipes for ever.
      await Promise.race([closed, delay(DRAIN_MS, undefined, { ref: false })]);
      if (this.run === run) this.run = undefined;
      return exit;
    });
    const run: Run = { child, exited, startedAt: performance.now() };
    this.run = run;
    this.emit({ kind: 'spawned' });
    return run;
  }

  /** What went wrong, or undefined once the part serves. */
  private async untilReady(run: Run): Promise<string | undefined> {
    const over = new AbortController();
    const { ready, startTimeoutMs } = this.spec;
    const signal = AbortSignal.any([over.signal, this.stopping.signal]);
    try {
      return await Promise.race([
        (ready === 'message' ? readyMessage(run.child, signal) : ready(signal)).then(() => undefined, messageOf),
        run.exited.then(({ how }) => how),
        delay(startTimeoutMs, `was not ready after ${startTimeoutMs / 1000} s`, { signal: over.signal }),
      ]);
    } finally {
      over.abort();
    }
  }

  private async keepAlive(first: Run): Promise<void> {
    let run = first;
    let readyAt: number | undefined = performance.now();
    let failures = 0;
    while (!this.stopping.signal.aborted) {
      const { how, final } = await run.exited;
      if (this.stopping.signal.aborted) return;
      const stable = readyAt !== undefined && performance.now() - readyAt >= this.policy.stableMs;
      failures = stable || this.killedOnRequest ? 0 : failures + 1;
      this.killedOnRequest = false;
      if (final || failures >= this.policy.maxFailures) {
        this.state = 'given-up';
        this.emit({ kind: 'given-up', how, failures });
        return;
      }
      this.state = 'restarting';
      const restartInMs = this.pauseAfter(failures);
      this.emit({ kind: 'exited', how, restartInMs });
      const stopped = await delay(restartInMs, false, { signal: this.stopping.signal }).catch(() => true);
      if (stopped || this.stopping.signal.aborted) return;
      this.restarts += 1;
      run = this.launch();
      const trouble = await this.untilReady(run);
      readyAt = trouble === undefined ? performance.now() : undefined;
      if (trouble === undefined) {
        this.state = 'ready';
        this.emit({ kind: 'ready', tookMs: performance.now() - run.startedAt });
      } else if (this.run === run) killGroup(run.child.pid); // its exit is met at the top of the loop
    }
  }

  private async end(run: Run): Promise<void> {
    run.child.kill(this.spec.stopSignal);
    const over = new AbortController();
    await Promise.race([
      run.exited,
      delay(this.spec.stopGraceMs, undefined, { signal: over.signal }).then(
        () => killGroup(run.child.pid),
        () => undefined,
      ),
    ]);
    over.abort();
    await run.exited;
  }
}

/** Kills what is left of a process group; nothing left is fine (macOS says EPERM where only a zombie is). */
export function killGroup(leader: number | undefined): void {
  if (leader === undefined) return;
  try {
    process.kill(-leader, 'SIGKILL');
  } catch (error) {
    if (!isSystemError(error, 'ESRCH', 'EPERM')) throw error;
  }
}

function readyMessage(child: ChildProcess, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stopped = (): void => reject(new Error('was stopped before it was ready'));
    if (signal.aborted) stopped();
    signal.addEventListener('abort', stopped, { once: true });
    child.on('message', (message: unknown) => {
      if (typeof message === 'object' && message !== null && 'ready' in message && message.ready === true) resolve();
    });
  });
}
