// The engine's end of an evaluator: starts it as its own process group, asks, and kills the group when an answer is late.
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Effort } from '../engine.ts';
import { killGroup } from '../command/process-group.ts';
import type { BaselineReport, EditSet, Reply, Request } from './evaluator/messages.ts';

const CHILD = fileURLToPath(new URL('./evaluator/child.ts', import.meta.url));
const MEMORY_MB = 768;
/** An evaluator grows with every compiled candidate; a new one from time to time keeps it small. */
const RENEW_AFTER = 20_000;
const MAX_RESTARTS = 20;
/** Starting a process and reading a project has little to do with how long a candidate takes. */
const START_MS = 60_000;
/** A candidate with many more steps may be silent for that much longer. */
const PATIENT_STALLS = 8;

/** The evaluator died or did not answer in time. */
export class EvaluatorLost extends Error {}

export class Evaluator {
  readonly #cwd: string;
  readonly #conditions: readonly string[];
  #child: ChildProcess | undefined;
  #prepare: Extract<Request, { type: 'prepare' }> | undefined;
  #evaluated = 0;
  #restarts = 0;
  /** Longest silence allowed while candidates run. */
  stallMs = 10_000;

  /** @param conditions further conditions under which the project's packages resolve. */
  constructor(cwd: string, conditions: readonly string[] = []) {
    this.#cwd = cwd;
    this.#conditions = conditions;
  }

  #start(): ChildProcess {
    const child = fork(CHILD, [], {
      cwd: this.#cwd,
      detached: true,
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      execArgv: [
        '--experimental-vm-modules',
        '--experimental-import-meta-resolve',
        '--no-warnings',
        ...this.#conditions.map((condition) => `--conditions=${condition}`),
        `--max-old-space-size=${MEMORY_MB}`,
      ],
      env: { ...process.env, NODE_OPTIONS: '', NODE_ENV: 'test' },
    });
    child.on('error', () => undefined);
    this.#child = child;
    return child;
  }

  /** Sends a request and feeds every reply to `take` until that returns true. @throws EvaluatorLost */
  #ask(child: ChildProcess, request: Request, stallMs: number, take: (reply: Reply) => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (act: () => void): void => {
        clearTimeout(timer);
        child.off('message', onMessage);
        child.off('exit', onExit);
        act();
      };
      const lost = (why: string): void => {
        settle(() => {
          this.stop();
          reject(new EvaluatorLost(why));
        });
      };
      const arm = (): NodeJS.Timeout => setTimeout(() => lost(`no answer for ${stallMs} ms`), stallMs);
      let timer = arm();
      const onMessage = (reply: Reply): void => {
        clearTimeout(timer);
        if (take(reply)) settle(resolve);
        else timer = arm();
      };
      const onExit = (): void => lost('the evaluator ended');
      child.on('message', onMessage);
      child.on('exit', onExit);
      child.send(request, (error) => {
        if (error) lost(error.message);
      });
    });
  }

  async baseline(request: Extract<Request, { type: 'baseline' }>, limitMs: number): Promise<BaselineReport> {
    let report: BaselineReport | undefined;
    await this.#ask(this.#child ?? this.#start(), request, limitMs, (reply) => {
      if (reply.type === 'baseline') report = reply;
      return true;
    });
    if (report === undefined) throw new EvaluatorLost('the evaluator gave no baseline');
    return report;
  }

  async prepare(request: Extract<Request, { type: 'prepare' }>): Promise<void> {
    this.#prepare = request;
    await this.#ask(this.#child ?? this.#start(), request, START_MS, () => true);
  }

  /** Too many candidates hung or crashed it for the search to go on. */
  get exhausted(): boolean {
    return this.#restarts >= MAX_RESTARTS;
  }

  async #ready(): Promise<ChildProcess> {
    if (this.#child !== undefined && this.#evaluated > RENEW_AFTER) this.stop();
    if (this.#child === undefined) {
      this.#evaluated = 0;
      this.#restarts++;
      const child = this.#start();
      if (this.#prepare !== undefined) await this.#ask(child, this.#prepare, START_MS, () => true);
    }
    return this.#child ?? this.#start();
  }

  /**
   * One answer per edit set, in order. An edit set that hangs or crashes the evaluator gets `lost`, and the rest goes on in a
   * new one, until that has happened too often: from then on every answer is `lost`.
   */
  async each<T>(
    kind: { readonly type: 'evaluate'; readonly effort: Effort } | { readonly type: 'probe' },
    batch: readonly EditSet[],
    read: (reply: Reply) => T | undefined,
    lost: T,
  ): Promise<T[]> {
    const out: T[] = [];
    while (out.length < batch.length) {
      if (this.exhausted) return batch.map((_, i) => out[i] ?? lost);
      const rest = batch.slice(out.length);
      try {
        const child = await this.#ready();
        const patience = kind.type === 'evaluate' && kind.effort === 'patient' ? PATIENT_STALLS : 1;
        await this.#ask(child, { ...kind, batch: rest }, this.stallMs * patience, (reply) => {
          if (reply.type === 'done') return true;
          const value = read(reply);
          if (value !== undefined) out.push(value);
          return false;
        });
      } catch (error) {
        if (!(error instanceof EvaluatorLost)) throw error;
        out.push(lost);
      }
    }
    this.#evaluated += batch.length;
    return out.slice(0, batch.length);
  }

  stop(): void {
    const child = this.#child;
    this.#child = undefined;
    if (child?.pid !== undefined) killGroup(child.pid);
  }
}
