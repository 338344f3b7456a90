// The fallback for suites that cannot be loaded into the evaluator (jest, vitest, mocha, tape, ...): each candidate is a run of the real
// tests, so only some dozens can be tried, and localisation has to do most of the work.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sameTest } from '../command/reports.ts';
import type { TestReport } from '../command/reports.ts';
import type { Scratch, TestRun } from '../command/scratch.ts';
import { lineAt } from '../edits.ts';
import type { Baseline, Behaviour, Candidate, Engine, Verdict } from '../engine.ts';
import { globs, isJavaScriptTest } from '../project-files.ts';
import type { RepairRequest, Suspect, TestName } from '../protocol.ts';
import { SCRIPT_FILE } from './parse.ts';
import { proposeCandidates } from './propose.ts';
import type { SuspectSource } from './propose.ts';
import { readSource } from './source.ts';
import { syntaxErrorAt, syntaxRepairs } from './syntax-repairs.ts';
import { vocabulary } from '../vocabulary.ts';

/** Runs of the tests that a search may cost. */
const MAX_RUNS = 100;
/** A suite slower than this leaves too few candidates to be worth the wait. */
const MAX_RUN_MS = 20_000;
/** A narrower command may take longer than the whole one by chance, but not by much. */
const NARROW_SHARE = 1.5;
const NARROW_MS = 2_000;

interface CoveredRange {
  readonly startOffset: number;
  readonly endOffset: number;
  readonly count: number;
}

/** V8's counts per file: for a place the innermost range decides. */
function readCoverage(dir: string, root: string): Map<string, CoveredRange[]> {
  const out = new Map<string, CoveredRange[]>();
  for (const name of readdirSync(dir)) {
    const { result } = JSON.parse(readFileSync(join(dir, name), 'utf8')) as {
      result: { url: string; functions: { ranges: CoveredRange[] }[] }[];
    };
    for (const script of result) {
      if (!script.url.startsWith('file://')) continue;
      const path = fileURLToPath(script.url);
      if (!path.startsWith(`${root}/`)) continue;
      const file = path.slice(root.length + 1);
      out.set(file, [...(out.get(file) ?? []), ...script.functions.flatMap((fn) => fn.ranges)]);
    }
  }
  return out;
}

function isCovered(ranges: readonly CoveredRange[], offset: number): boolean {
  let best: CoveredRange | undefined;
  for (const range of ranges) {
    if (range.startOffset > offset || range.endOffset <= offset) continue;
    if (best === undefined || range.endOffset - range.startOffset <= best.endOffset - best.startOffset) best = range;
  }
  return best !== undefined && best.count > 0;
}

/** The file that a folder with a manifest stands for: `require('..')`. */
function mainOf(root: string, folder: string): string | undefined {
  const manifest = join(root, folder, 'package.json');
  if (!existsSync(manifest)) return undefined;
  const { main } = JSON.parse(readFileSync(manifest, 'utf8')) as { main?: unknown };
  const path = posix.normalize(posix.join(folder, typeof main === 'string' ? main : 'index.js'));
  return [path, `${path}.js`].find((each) => SCRIPT_FILE.test(each) && existsSync(join(root, each)));
}

/** The project's own files that a file imports, directly or not; nearer ones first. */
function importClosure(root: string, from: readonly string[]): string[] {
  const out: string[] = [];
  const queue = [...from];
  const seen = new Set(queue);
  for (let file = queue.shift(); file !== undefined && out.length < 400; file = queue.shift()) {
    if (!existsSync(join(root, file))) continue;
    out.push(file);
    const text = readFileSync(join(root, file), 'utf8');
    for (const match of text.matchAll(/(?:from|import|require\(|import\()\s*['"](\.[^'"]*)['"]/g)) {
      const base = posix.normalize(posix.join(dirname(file), match[1] ?? ''));
      const bare = base.replace(/\.([cm]?)js$/, '.$1ts');
      const options = [
        base,
        bare,
        ...['.ts', '.js', '.mjs', '.cjs', '.tsx', '.jsx', '/index.ts', '/index.js'].map((tail) => base + tail),
      ];
      const found =
        options.find((option) => SCRIPT_FILE.test(option) && existsSync(join(root, option))) ?? mainOf(root, base);
      if (found === undefined || seen.has(found)) continue;
      seen.add(found);
      queue.push(found);
    }
  }
  return out;
}

/** Commands that run these test files only, by what the files and the project use. */
function narrowCommands(root: string, files: readonly string[]): string[] {
  const texts = files.map((file) => readFileSync(join(root, file), 'utf8'));
  const quoted = files.map((file) => `'${file.replaceAll("'", "'\\''")}'`);
  const all = quoted.join(' ');
  const has = (name: string): boolean => existsSync(join(root, 'node_modules', '.bin', name));
  if (texts.every((text) => /['"]node:test['"]/.test(text)))
    return [files.length === 1 ? `node ${all}` : `node --test ${all}`];
  if (texts.every((text) => /['"](?:tape|tap)['"]/.test(text)))
    return [quoted.map((file) => `node ${file}`).join(' && ')];
  const runners = [
    ['vitest', `node_modules/.bin/vitest run ${all}`],
    ['jest', `node_modules/.bin/jest --runTestsByPath ${all}`],
    ['mocha', `node_modules/.bin/mocha ${all}`],
  ] as const;
  return runners.filter(([name]) => has(name)).map(([, command]) => command);
}

export class CommandEngine implements Engine {
  readonly batchSize = 1;
  readonly #root: string;
  readonly #request: RepairRequest;
  readonly #scratch: Scratch;
  readonly #firstRun: Promise<TestRun>;
  #command: string;
  #limitMs: number;
  #runs = 0;
  #before: TestReport | undefined;
  #suspects: SuspectSource[] = [];
  #words: string[] = [];
  readonly #syntax: Candidate[] = [];

  constructor(root: string, request: RepairRequest, scratch: Scratch, firstRun: Promise<TestRun>) {
    this.#root = root;
    this.#request = request;
    this.#scratch = scratch;
    this.#firstRun = firstRun;
    this.#command = request.testCommand;
    this.#limitMs = request.testTimeoutMs;
  }

  async baseline(): Promise<Baseline> {
    const first = await this.#firstRun;
    this.#before = first.report;
    if (first.timedOut)
      return refuse(`"${this.#request.testCommand}" did not end within ${this.#request.testTimeoutMs} ms`);
    if (first.code === 0) return refuse('the test command is green');
    const reported = [...(first.report?.failed ?? [])].map((name): TestName => ({ file: '', name }));
    const failing = this.#request.failingTests.length > 0 ? this.#request.failingTests : reported;
    if (failing.length === 0) return refuse('the output of the tests names no failing test');
    const testFiles = [...new Set(failing.map((test) => test.file).filter((file) => file !== ''))];
    const coverage = await this.#narrow(testFiles, first);
    if (coverage === undefined)
      return refuse(`one run of the tests takes longer than ${MAX_RUN_MS / 1000} s, which leaves too few candidates`);
    const suspects = this.#localise(testFiles, coverage);
    const passing = [...(first.report?.passed ?? [])].map((name): TestName => ({ file: '', name }));
    return { ok: true, problem: '', failing, passing, suspects };
  }

  /** Chooses the cheapest command that shows the failure, and what it covers. */
  async #narrow(testFiles: readonly string[], first: TestRun): Promise<Map<string, CoveredRange[]> | undefined> {
    const dir = mkdtempSync(join(tmpdir(), 'loom-coverage-'));
    try {
      for (const command of testFiles.length === 0 ? [] : narrowCommands(this.#root, testFiles)) {
        const run = await this.#scratch.run(command, [], this.#request.testTimeoutMs, undefined, {
          NODE_V8_COVERAGE: dir,
        });
        if (run.code === 0 || run.timedOut || run.ms > first.ms * NARROW_SHARE + NARROW_MS) continue;
        this.#command = command;
        this.#before = run.report;
        this.#limitMs = Math.max(2_000, run.ms * 4);
        return run.ms > MAX_RUN_MS ? undefined : readCoverage(dir, this.#scratch.dir);
      }
      if (first.ms > MAX_RUN_MS) return undefined;
      this.#limitMs = Math.min(this.#request.testTimeoutMs, Math.max(2_000, first.ms * 4));
      return new Map();
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  }

  #localise(testFiles: readonly string[], coverage: ReadonlyMap<string, CoveredRange[]>): Suspect[] {
    const isProtected = globs(this.#request.protected);
    const isAllowed = this.#request.files === undefined ? () => true : globs(this.#request.files);
    const near = importClosure(this.#root, testFiles);
    const files = [...new Set([...near, ...coverage.keys()])].filter(
      (file) =>
        SCRIPT_FILE.test(file) &&
        !isJavaScriptTest(file) &&
        !testFiles.includes(file) &&
        !file.includes('node_modules/') &&
        !isProtected(file) &&
        isAllowed(file),
    );
    const suspects: Suspect[] = [];
    files.forEach((file, distance) => {
      const text = readFileSync(join(this.#root, file), 'utf8');
      if (syntaxErrorAt(file, text) !== undefined) {
        this.#syntax.push(...syntaxRepairs(file, text));
        suspects.push({ file, line: lineAt(text, syntaxErrorAt(file, text) ?? 0), score: 1 });
        return;
      }
      const source = readSource(file, text);
      const ranges = coverage.get(file);
      const suspicious = new Map<number, number>();
      for (const { id, node } of source.units) {
        const offset = node.start ?? 0;
        if (ranges !== undefined && !isCovered(ranges, offset)) continue;
        // What the test imports first is nearest to what it tests.
        const score = 1 / (1 + distance * 0.15);
        suspicious.set(id, score);
        suspects.push({ file, line: lineAt(text, offset), score });
      }
      if (suspicious.size > 0) this.#suspects.push({ source, suspicion: suspicious });
    });
    this.#words = vocabulary(
      testFiles.map((file) => readFileSync(join(this.#root, file), 'utf8')),
      this.#suspects.map(({ source }) => source.text),
    );
    return suspects.sort((a, b) => b.score - a.score);
  }

  candidates(): Iterable<Candidate> {
    // Nothing else can be found while a file does not parse.
    return this.#syntax.length > 0 ? this.#syntax : proposeCandidates(this.#suspects, this.#words);
  }

  get exhausted(): boolean {
    return this.#runs >= MAX_RUNS;
  }

  async evaluate(batch: readonly Candidate[]): Promise<readonly Verdict[]> {
    const verdicts: Verdict[] = [];
    for (const candidate of batch) {
      if (!compiles(candidate, this.#suspects)) {
        verdicts.push({ green: false, fixed: 0 });
        continue;
      }
      this.#runs++;
      const run = await this.#scratch.run(this.#command, candidate.edits, this.#limitMs);
      const wanted = this.#request.failingTests;
      const { report } = run;
      const fixed = wanted.filter(
        (test) => report !== undefined && [...report.passed].some((name) => sameTest(name, test.name)),
      ).length;
      // The command may stay red for other tests, but not for one that was green.
      const before = this.#before?.failed;
      const broken =
        report === undefined || before === undefined || [...report.failed].some((name) => !before.has(name));
      const named = wanted.length > 0 && fixed === wanted.length && !broken;
      verdicts.push({ green: !run.timedOut && (run.code === 0 || named), fixed });
    }
    return verdicts;
  }

  probe(candidates: readonly Candidate[]): Promise<readonly Behaviour[]> {
    return Promise.resolve(candidates.map(() => ({ results: [], agreed: 0, disagreed: 0 })));
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

const refuse = (problem: string): Baseline => ({ ok: false, problem, failing: [], passing: [], suspects: [] });

/** A run is too dear to find a syntax error with. */
function compiles(candidate: Candidate, suspects: readonly SuspectSource[]): boolean {
  for (const { source } of suspects) {
    const edits = candidate.edits.filter((edit) => edit.file === source.file);
    if (edits.length === 0) continue;
    try {
      readSource(
        source.file,
        edits
          .toSorted((a, b) => b.start - a.start)
          .reduce((text, edit) => text.slice(0, edit.start) + edit.replacement + text.slice(edit.end), source.text),
      );
    } catch {
      return false;
    }
  }
  return true;
}
