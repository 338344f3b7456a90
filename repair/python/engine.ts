// The search engine for Python: one process proposes edits from Python's own syntax tree, another one evaluates them in memory.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sameTest } from '../command/reports.ts';
import { documentedExamples, spelling } from '../documented-examples.ts';
import type { Edit } from '../edits.ts';
import type { Baseline, Behaviour, Candidate, Engine, Verdict } from '../engine.ts';
import { vocabulary } from '../vocabulary.ts';
import { suspicion } from '../localise.ts';
import { globs, isPythonTest, listFiles } from '../project-files.ts';
import type { RepairRequest, Suspect } from '../protocol.ts';
import { LineProcess, ProcessLost } from './line-process.ts';

const script = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const FIRST_STEPS = 400_000;
const MIN_STEPS = 200_000;
const MIN_SECONDS = 0.25;
const MIN_STALL_MS = 2_000;
const MAX_TEST_FILES = 300;
/** Endless tests end one by one in the first run, where the real command would hang once. */
const SPARE_MS = 40_000;
const MAX_RESTARTS = 20;

interface Case {
  readonly file: string;
  readonly name: string;
  readonly full: string;
  readonly index: number;
  readonly ok: boolean;
  readonly steps: number;
  readonly ms: number;
}

interface Report {
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
  readonly sources: Readonly<Record<string, readonly string[]>>;
}

const codePoints = (text: string, offset: number): number => Array.from(text.slice(0, offset)).length;

const refuse = (problem: string): Baseline => ({ ok: false, problem, failing: [], passing: [], suspects: [] });

export class PythonEngine implements Engine {
  readonly batchSize = 48;
  readonly #root: string;
  readonly #request: RepairRequest;
  #evaluator: LineProcess | undefined;
  #proposer: LineProcess | undefined;
  #prepare: object = {};
  #stallMs = MIN_STALL_MS;
  #restarts = 0;
  #open: object = {};
  /** Texts whose characters are not all one UTF-16 unit: Python's offsets have to be converted there. */
  readonly #wide = new Map<string, string | undefined>();

  constructor(root: string, request: RepairRequest) {
    this.#root = root;
    this.#request = request;
  }

  #start(): LineProcess {
    this.#evaluator = new LineProcess('python3', [script('./evaluator.py')], this.#root);
    return this.#evaluator;
  }

  async baseline(): Promise<Baseline> {
    const named = this.#request.failingTests.map((test) => test.file).filter((file) => file.endsWith('.py'));
    const found = listFiles(this.#root, /\.py$/).filter((file) => /(?:^|\/)(?:test_[^/]*|[^/]*_test)\.py$/.test(file));
    const testFiles = [...new Set([...named, ...found])].slice(0, MAX_TEST_FILES);
    if (testFiles.length === 0) return refuse('no test file was found');
    let report: Report | undefined;
    try {
      await this.#start().ask(
        { type: 'baseline', root: this.#root, testFiles, fuel: FIRST_STEPS },
        this.#request.testTimeoutMs + SPARE_MS,
        (line) => {
          report = JSON.parse(line) as Report;
          return true;
        },
      );
    } catch (error) {
      if (!(error instanceof ProcessLost)) throw error;
    }
    if (report === undefined) return refuse('the tests could not be run in one Python process');
    const known = report;
    const broken =
      known.problems.find((problem) => named.includes(problem.file)) ??
      (known.cases.length === 0 ? known.problems[0] : undefined);
    if (broken !== undefined) return refuse(`${broken.file} could not be loaded in process: ${broken.message}`);
    const red = known.cases.filter((test) => !test.ok);
    const isWanted = (test: Case, wanted: { file: string; name: string }): boolean =>
      (wanted.file === '' || wanted.file === test.file) &&
      (sameTest(test.name, wanted.name) || sameTest(test.full, wanted.name));
    const missing = this.#request.failingTests.find((wanted) => !red.some((test) => isWanted(test, wanted)));
    if (missing !== undefined) return refuse(`"${missing.name}" does not fail in process`);
    const failing =
      this.#request.failingTests.length === 0
        ? red
        : red.filter((test) => this.#request.failingTests.some((wanted) => isWanted(test, wanted)));
    const passing = known.cases.filter((test) => test.ok);
    await this.#prepareEvaluator(known, testFiles, failing, passing);
    return { ok: true, problem: '', failing, passing, suspects: this.#localise(known, testFiles, failing) };
  }

  async #prepareEvaluator(
    report: Report,
    testFiles: readonly string[],
    failing: readonly Case[],
    passing: readonly Case[],
  ): Promise<void> {
    const of = (file: string, cases: readonly Case[]): number[] =>
      cases.filter((test) => test.file === file).map((test) => test.index);
    const steps = passing.reduce((most, test) => Math.max(most, test.steps), 0);
    const slowest = passing.reduce((most, test) => Math.max(most, test.ms), 0);
    this.#stallMs = Math.max(MIN_STALL_MS, slowest * 20);
    this.#prepare = {
      type: 'prepare',
      root: this.#root,
      plan: testFiles
        .filter((file) => report.sources[file] !== undefined)
        .map((file) => ({
          file,
          failing: of(file, failing),
          passing: of(file, passing),
          sources: report.sources[file],
        })),
      fuel: Math.max(MIN_STEPS, steps * 20),
      examples: this.#examples(report),
      seconds: Math.max(MIN_SECONDS, slowest / 100),
    };
    await this.#evaluator?.ask(this.#prepare, this.#stallMs, () => true);
  }

  /** Doc strings and comments of the sources that the tests load. */
  #examples(report: Report): { file: string; name: string; args: string; expected: string }[] {
    const files = new Set(
      Object.values(report.sources)
        .flat()
        .filter((file) => !isPythonTest(file)),
    );
    return [...files].flatMap((file) => {
      const text = readFileSync(join(this.#root, file), 'utf8');
      const comments = text.match(/"""[\s\S]*?"""|'''[\s\S]*?'''|(?:#[^\n]*\n\s*)+/g) ?? [];
      return documentedExamples(comments.join('\n')).map((example) => ({ ...example, file }));
    });
  }

  #localise(report: Report, testFiles: readonly string[], failing: readonly Case[]): Suspect[] {
    const isProtected = globs(this.#request.protected);
    const isAllowed = this.#request.files === undefined ? () => true : globs(this.#request.files);
    const scores = suspicion(
      report.reach.map((row) => ({ failing: row[2], passing: row[3] })),
      failing.length,
    );
    const suspects: Record<string, [number, number][]> = {};
    const places: Suspect[] = [];
    report.reach.forEach(([file, statement, , , line], i) => {
      const score = scores[i] ?? 0;
      if (score <= 0 || testFiles.includes(file) || isPythonTest(file) || isProtected(file) || !isAllowed(file)) return;
      (suspects[file] ??= []).push([statement, score]);
      places.push({ file, line, score });
    });
    const texts = Object.keys(suspects).map((file) => readFileSync(join(this.#root, file), 'utf8'));
    const tests = [...new Set(failing.map((test) => test.file))].map((file) =>
      readFileSync(join(this.#root, file), 'utf8'),
    );
    this.#open = { type: 'open', root: this.#root, suspects, kinds: report.kinds, words: vocabulary(tests, texts) };
    return places.sort((a, b) => b.score - a.score);
  }

  async *candidates(): AsyncGenerator<Candidate, void, undefined> {
    this.#proposer = new LineProcess('python3', [script('./propose.py')], this.#root);
    const limitMs = 60_000;
    await this.#proposer.ask(this.#open, limitMs, () => true);
    for (;;) {
      let batch: Candidate[] = [];
      await this.#proposer.ask({ type: 'next', count: 96 }, limitMs, (line) => {
        batch = JSON.parse(line) as Candidate[];
        return true;
      });
      if (batch.length === 0) return;
      for (const candidate of batch) yield this.#toUtf16(candidate);
    }
  }

  #toUtf16(candidate: Candidate): Candidate {
    const edits = candidate.edits.map((edit): Edit => {
      if (!this.#wide.has(edit.file)) {
        const text = readFileSync(join(this.#root, edit.file), 'utf8');
        this.#wide.set(edit.file, /[\u{10000}-\u{10ffff}]/u.test(text) ? text : undefined);
      }
      const text = this.#wide.get(edit.file);
      if (text === undefined) return edit;
      const points = Array.from(text);
      const at = (offset: number): number => points.slice(0, offset).join('').length;
      return { ...edit, start: at(edit.start), end: at(edit.end) };
    });
    return { ...candidate, edits };
  }

  /** The evaluator counts code points. */
  #toCodePoints(edits: readonly Edit[]): Edit[] {
    return edits.map((edit) => {
      const text = this.#wide.get(edit.file);
      return text === undefined
        ? edit
        : { ...edit, start: codePoints(text, edit.start), end: codePoints(text, edit.end) };
    });
  }

  async #each<T>(
    type: 'evaluate' | 'probe',
    batch: readonly Candidate[],
    read: (line: string) => T,
    lost: T,
  ): Promise<T[]> {
    const out: T[] = [];
    while (out.length < batch.length) {
      if (this.#evaluator === undefined) {
        if (++this.#restarts > MAX_RESTARTS) return batch.map((_, i) => out[i] ?? lost);
        await this.#start().ask(this.#prepare, MIN_STALL_MS, () => true);
      }
      const rest = batch.slice(out.length).map((candidate) => this.#toCodePoints(candidate.edits));
      try {
        await this.#evaluator?.ask({ type, batch: rest }, this.#stallMs, (line) => {
          out.push(read(line));
          return out.length === batch.length;
        });
      } catch (error) {
        if (!(error instanceof ProcessLost)) throw error;
        out.push(lost);
        this.#evaluator = undefined;
      }
    }
    return out;
  }

  evaluate(batch: readonly Candidate[]): Promise<readonly Verdict[]> {
    return this.#each('evaluate', batch, (line) => JSON.parse(line) as Verdict, { green: false, fixed: 0 });
  }

  probe(candidates: readonly Candidate[]): Promise<readonly Behaviour[]> {
    return this.#each(
      'probe',
      candidates,
      (line) => {
        const { results, expected } = JSON.parse(line) as { results: string[]; expected: string[] };
        const agreed = expected.filter((text, i) => spelling(text) === spelling(results[i] ?? '')).length;
        return { results, agreed, disagreed: expected.length - agreed };
      },
      { results: [], agreed: 0, disagreed: 0 },
    );
  }

  get exhausted(): boolean {
    return this.#restarts > MAX_RESTARTS;
  }

  close(): Promise<void> {
    this.#evaluator?.stop();
    this.#proposer?.stop();
    return Promise.resolve();
  }
}
