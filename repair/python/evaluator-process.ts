// The Python process that evaluates candidates in memory. A candidate that hangs or crashes it costs a restart, and those are bounded.
import { fileURLToPath } from 'node:url';
import type { Edit } from '../edits.ts';
import type { Behaviour, Effort, Verdict } from '../engine.ts';
import { spelling } from '../documented-examples.ts';
import { LineProcess, ProcessLost } from './line-process.ts';

const SCRIPT = fileURLToPath(new URL('./evaluator.py', import.meta.url));
/** The process ends itself by processor time; this is for what sleeps, and for a machine that is busy elsewhere. */
const MIN_STALL_MS = 10_000;
const START_MS = 30_000;
const MAX_RESTARTS = 30;

export interface Case {
  readonly file: string;
  readonly name: string;
  readonly full: string;
  readonly index: number;
  readonly ok: boolean;
  readonly steps: number;
  readonly ms: number;
}

/** What the first run tells: tests, which statements they reach, and the kinds of values that names held. */
export interface FirstRun {
  readonly cases: readonly Case[];
  readonly problems: readonly { readonly file: string; readonly message: string }[];
  readonly reach: readonly (readonly [
    file: string,
    statement: number,
    failing: number,
    passing: number,
    line: number,
  ])[];
  readonly kinds: readonly (readonly [file: string, name: string, kinds: readonly string[]])[];
  /** Files of the project that a test file loads, itself included. */
  readonly sources: Readonly<Record<string, readonly string[]>>;
  /** Bytes of address space. */
  readonly memory: number;
}

export interface Plan {
  readonly plan: readonly {
    readonly file: string;
    readonly failing: readonly number[];
    readonly passing: readonly number[];
    readonly sources: readonly string[];
  }[];
  /** Steps that a test may take. */
  readonly fuel: number;
  /** Seconds of processor time that a test may take. */
  readonly seconds: number;
  readonly memory: number;
  readonly examples: readonly { readonly name: string; readonly args: string; readonly expected: string }[];
}

const LOST: Verdict = { green: false, fixed: 0, broke: true };

export class EvaluatorProcess {
  readonly #root: string;
  #process: LineProcess | undefined;
  #plan: Plan | undefined;
  #stallMs = MIN_STALL_MS;
  #restarts = 0;

  constructor(root: string) {
    this.#root = root;
  }

  /** @returns undefined when the tests crash or hang the process. */
  async firstRun(testFiles: readonly string[], fuel: number, limitMs: number): Promise<FirstRun | undefined> {
    let report: FirstRun | undefined;
    this.#process = this.#start();
    try {
      await this.#process.ask({ type: 'baseline', root: this.#root, testFiles, fuel }, limitMs, (line) => {
        report = JSON.parse(line) as FirstRun;
        return true;
      });
    } catch (error) {
      if (!(error instanceof ProcessLost)) throw error;
    }
    return report;
  }

  /** To be called before `evaluate` and `probe`; `stallMs` bounds the wait for one candidate. */
  async prepare(plan: Plan, stallMs: number): Promise<void> {
    this.#plan = plan;
    this.#stallMs = Math.max(MIN_STALL_MS, stallMs);
    this.#process ??= this.#start();
    await this.#process.ask({ type: 'prepare', root: this.#root, ...plan }, START_MS, () => true);
  }

  evaluate(batch: readonly (readonly Edit[])[], effort: Effort): Promise<Verdict[]> {
    return this.#each({ type: 'evaluate', effort }, batch, (line) => JSON.parse(line) as Verdict, LOST);
  }

  probe(batch: readonly (readonly Edit[])[]): Promise<Behaviour[]> {
    const read = (line: string): Behaviour => {
      const { results, expected } = JSON.parse(line) as { results: string[]; expected: string[] };
      const agreed = expected.filter((text, i) => spelling(text) === spelling(results[i] ?? '')).length;
      return { results, agreed, disagreed: expected.length - agreed };
    };
    return this.#each({ type: 'probe' }, batch, read, { results: [], agreed: 0, disagreed: 0 });
  }

  get exhausted(): boolean {
    return this.#restarts > MAX_RESTARTS;
  }

  stop(): void {
    this.#process?.stop();
  }

  #start(): LineProcess {
    return new LineProcess('python3', [SCRIPT], this.#root);
  }

  async #each<T>(
    request: object,
    batch: readonly (readonly Edit[])[],
    read: (line: string) => T,
    lost: T,
  ): Promise<T[]> {
    const out: T[] = [];
    while (out.length < batch.length) {
      try {
        if (this.#process === undefined) {
          if (++this.#restarts > MAX_RESTARTS || this.#plan === undefined) return batch.map((_, i) => out[i] ?? lost);
          await this.prepare(this.#plan, this.#stallMs);
        }
        const rest = { ...request, root: this.#root, batch: batch.slice(out.length) };
        await this.#process?.ask(rest, this.#stallMs, (line) => {
          out.push(read(line));
          return out.length === batch.length;
        });
      } catch (error) {
        if (!(error instanceof ProcessLost)) throw error;
        // The candidate that was under way is the one that did it.
        if (this.#process !== undefined) out.push(lost);
        this.#process = undefined;
      }
    }
    return out;
  }
}
