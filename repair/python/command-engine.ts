// The fallback for tests that cannot be loaded into the evaluator (fixtures, plug-ins, other interpreters): each candidate is a run of the
// real tests, so only some dozens can be tried, and localisation has to do most of the work.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sameTest } from '../command/reports.ts';
import type { TestReport } from '../command/reports.ts';
import type { Scratch, TestRun } from '../command/scratch.ts';
import type { Baseline, Behaviour, Candidate, Engine, Verdict } from '../engine.ts';
import { globs, isPythonTest } from '../project-files.ts';
import type { RepairRequest, Suspect, TestName } from '../protocol.ts';
import { vocabulary } from '../vocabulary.ts';
import { narrowCommands } from './narrow-commands.ts';
import { Proposer } from './proposer.ts';

const TRACING = fileURLToPath(new URL('./tracing', import.meta.url));
/** Runs of the tests that a search may cost. */
const MAX_RUNS = 100;
/** A suite slower than this leaves too few candidates to be worth the wait. */
const MAX_RUN_MS = 20_000;
/** Suspicion of lines that passing tests execute as well, and of lines away from the trace of the failure. */
const SHARED = 0.4;
const FAR = 0.6;
const NEAR_LINES = 6;

type Lines = ReadonlyMap<string, ReadonlySet<number>>;

const refuse = (problem: string): Baseline => ({ ok: false, problem, failing: [], passing: [], suspects: [] });

export class PythonCommandEngine implements Engine {
  readonly batchSize = 1;
  readonly #root: string;
  readonly #request: RepairRequest;
  readonly #scratch: Scratch;
  readonly #firstRun: Promise<TestRun>;
  readonly #proposer: Proposer;
  #command: string;
  #limitMs: number;
  #runs = 0;
  #wanted: readonly TestName[] = [];
  #before: TestReport | undefined;
  #suspects: Readonly<Record<string, readonly (readonly [number, number])[]>> = {};
  #words: readonly string[] = [];

  constructor(root: string, request: RepairRequest, scratch: Scratch, firstRun: Promise<TestRun>) {
    this.#root = root;
    this.#request = request;
    this.#scratch = scratch;
    this.#firstRun = firstRun;
    this.#proposer = new Proposer(root);
    this.#command = request.testCommand;
    this.#limitMs = request.testTimeoutMs;
  }

  async baseline(): Promise<Baseline> {
    const first = await this.#firstRun;
    if (first.timedOut)
      return refuse(`"${this.#request.testCommand}" did not end within ${this.#request.testTimeoutMs} ms`);
    if (first.code === 0) return refuse('the test command is green');
    const reported = [...(first.report?.failed ?? [])].map((name): TestName => ({ file: '', name }));
    this.#wanted = this.#request.failingTests.length > 0 ? this.#request.failingTests : reported;
    if (this.#wanted.length === 0) return refuse('the output of the tests names no failing test');
    const run = await this.#choose(first);
    if (run.ms > MAX_RUN_MS)
      return refuse(`one run of the tests takes longer than ${MAX_RUN_MS / 1000} s, which leaves too few candidates`);
    this.#before = run.report;
    this.#limitMs = Math.min(this.#request.testTimeoutMs, Math.max(4_000, run.ms * 5));
    const places = this.#localise(run);
    const passing = [...(first.report?.passed ?? [])].map((name): TestName => ({ file: '', name }));
    return { ok: true, problem: '', failing: this.#wanted, passing, suspects: places };
  }

  candidates(): AsyncIterable<Candidate> {
    // A run is too dear to find a syntax error with.
    return this.#proposer.candidates({
      suspects: this.#suspects,
      kinds: [],
      words: this.#words,
      lines: true,
      parsed: true,
    });
  }

  async evaluate(batch: readonly Candidate[]): Promise<readonly Verdict[]> {
    const verdicts: Verdict[] = [];
    for (const candidate of batch) {
      this.#runs++;
      const run = await this.#scratch.run(this.#command, candidate.edits, this.#limitMs);
      const failed = run.report === undefined ? undefined : [...run.report.failed];
      const fixed =
        failed === undefined
          ? 0
          : this.#wanted.filter((test) => !failed.some((name) => sameTest(name, test.name))).length;
      const broke = failed === undefined || failed.some((name) => this.#before?.failed.has(name) !== true);
      const named = fixed === this.#wanted.length && !broke;
      verdicts.push({ green: !run.timedOut && (run.code === 0 || named), fixed, broke });
    }
    return verdicts;
  }

  probe(candidates: readonly Candidate[]): Promise<readonly Behaviour[]> {
    return Promise.resolve(candidates.map(() => ({ results: [], agreed: 0, disagreed: 0 })));
  }

  get exhausted(): boolean {
    return this.#runs >= MAX_RUNS;
  }

  close(): Promise<void> {
    this.#proposer.stop();
    return Promise.resolve();
  }

  /** The cheapest command that shows the failures, traced. */
  async #choose(first: TestRun): Promise<TestRun & { lines: Lines; shared: Lines }> {
    const none: Lines = new Map();
    for (const { wanted, others } of narrowCommands(this.#request.testCommand, this.#wanted)) {
      const { run, lines } = await this.#traced(wanted);
      const failed = [...(run.report?.failed ?? [])];
      if (run.timedOut || !this.#wanted.every((test) => failed.some((name) => sameTest(name, test.name)))) continue;
      const plain = await this.#scratch.run(wanted, [], this.#request.testTimeoutMs);
      this.#command = wanted;
      const shared = others === undefined ? none : (await this.#traced(others)).lines;
      return { ...plain, lines, shared };
    }
    return { ...first, lines: (await this.#traced(this.#request.testCommand)).lines, shared: none };
  }

  async #traced(command: string): Promise<{ run: TestRun; lines: Lines }> {
    const to = mkdtempSync(join(tmpdir(), 'loom-trace-'));
    try {
      const run = await this.#scratch.run(command, [], this.#request.testTimeoutMs, undefined, {
        LOOM_TRACE_ROOT: this.#scratch.dir,
        LOOM_TRACE_TO: to,
        PYTHONPATH: [TRACING, process.env.PYTHONPATH ?? ''].filter((part) => part !== '').join(':'),
      });
      const lines = new Map<string, Set<number>>();
      for (const name of readdirSync(to)) {
        const seen = JSON.parse(readFileSync(join(to, name), 'utf8')) as Record<string, number[]>;
        for (const [file, numbers] of Object.entries(seen))
          lines.set(file, new Set([...(lines.get(file) ?? []), ...numbers]));
      }
      return { run, lines };
    } finally {
      rmSync(to, { recursive: true, force: true });
    }
  }

  #localise({ lines, shared, output }: { lines: Lines; shared: Lines; output: string }): Suspect[] {
    const isProtected = globs(this.#request.protected);
    const isAllowed = this.#request.files === undefined ? () => true : globs(this.#request.files);
    const tests = new Set(this.#wanted.map((test) => test.file));
    const frames = [...output.matchAll(/(?:File "|^)([^\s":]+\.py)(?:", line |:)(\d+)/gm)].map((match) => ({
      file: (match[1] ?? '').replace(`${this.#scratch.dir}/`, ''),
      line: Number(match[2]),
    }));
    const suspects: Record<string, [number, number][]> = {};
    const places: Suspect[] = [];
    for (const [file, numbers] of lines) {
      if (tests.has(file) || isPythonTest(file) || isProtected(file) || !isAllowed(file)) continue;
      for (const line of numbers) {
        const near = frames.some((frame) => frame.file === file && Math.abs(frame.line - line) <= NEAR_LINES);
        const score = (shared.get(file)?.has(line) === true ? SHARED : 1) * (near ? 1 : FAR);
        (suspects[file] ??= []).push([line, score]);
        places.push({ file, line, score });
      }
    }
    this.#suspects = suspects;
    const read = (file: string): string => readFileSync(join(this.#root, file), 'utf8');
    this.#words = vocabulary([...tests].filter((file) => file !== '').map(read), Object.keys(suspects).map(read));
    return places.sort((a, b) => b.score - a.score);
  }
}
