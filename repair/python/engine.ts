// The search engine for Python: one process proposes edits from Python's own syntax tree, another one evaluates them in memory.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sameTest } from '../command/reports.ts';
import { documentedExamples } from '../documented-examples.ts';
import type { Baseline, Behaviour, Candidate, Effort, Engine, Verdict } from '../engine.ts';
import { suspicion } from '../localise.ts';
import { globs, isPythonTest, listFiles } from '../project-files.ts';
import type { RepairRequest, Suspect, TestName } from '../protocol.ts';
import { vocabulary } from '../vocabulary.ts';
import { EvaluatorProcess } from './evaluator-process.ts';
import type { Case, FirstRun, Plan } from './evaluator-process.ts';
import { Proposer } from './proposer.ts';
import type { Proposals } from './proposer.ts';

const FIRST_STEPS = 400_000;
/** Few, because endless loops are what makes a search slow, and the patient round gives more to those that might need it. */
const MIN_STEPS = 50_000;
const MIN_SECONDS = 0.1;
const MAX_TEST_FILES = 300;
/** Endless tests end one by one in the first run, where the real command would hang once. */
const SPARE_MS = 100_000;

const refuse = (problem: string): Baseline => ({ ok: false, problem, failing: [], passing: [], suspects: [] });

const isWanted = (test: Case, wanted: TestName): boolean =>
  (wanted.file === '' || wanted.file === test.file) &&
  [test.name, test.full].some(
    (name) => sameTest(name, wanted.name) || sameTest(withoutArguments(name), withoutArguments(wanted.name)),
  );

/** Not every report tells which set of arguments of a parametrised test failed. */
const withoutArguments = (name: string): string => name.replace(/\[.*$/, '').replaceAll('::', '.');

export class PythonEngine implements Engine {
  readonly batchSize = 48;
  readonly #root: string;
  readonly #request: RepairRequest;
  readonly #evaluator: EvaluatorProcess;
  readonly #proposer: Proposer;
  #proposals: Proposals = { suspects: {}, kinds: [], words: [] };

  constructor(root: string, request: RepairRequest) {
    this.#root = root;
    this.#request = request;
    this.#evaluator = new EvaluatorProcess(root);
    this.#proposer = new Proposer(root);
  }

  async baseline(): Promise<Baseline> {
    const named = this.#request.failingTests.map((test) => test.file).filter((file) => file.endsWith('.py'));
    const found = listFiles(this.#root, /\.py$/).filter((file) => /(?:^|\/)(?:test_[^/]*|[^/]*_test)\.py$/.test(file));
    const testFiles = [...new Set([...named, ...found])].slice(0, MAX_TEST_FILES);
    if (testFiles.length === 0) return refuse('no test file was found');
    const known = await this.#evaluator.firstRun(testFiles, FIRST_STEPS, this.#request.testTimeoutMs + SPARE_MS);
    if (known === undefined) return refuse('the tests could not be run in one Python process');
    const broken =
      known.problems.find((problem) => named.includes(problem.file)) ??
      (known.cases.length === 0 ? known.problems[0] : undefined);
    if (broken !== undefined) return refuse(`${broken.file} could not be loaded in process: ${broken.message}`);
    const red = known.cases.filter((test) => !test.ok);
    const missing = this.#request.failingTests.find((wanted) => !red.some((test) => isWanted(test, wanted)));
    if (missing !== undefined) return refuse(`"${missing.name}" does not fail in process`);
    const failing =
      this.#request.failingTests.length === 0
        ? red
        : red.filter((test) => this.#request.failingTests.some((wanted) => isWanted(test, wanted)));
    const passing = known.cases.filter((test) => test.ok);
    const slowest = passing.reduce((most, test) => Math.max(most, test.ms), 0);
    await this.#evaluator.prepare(this.#plan(known, testFiles, failing, passing), slowest * 20);
    return { ok: true, problem: '', failing, passing, suspects: this.#localise(known, testFiles, failing) };
  }

  candidates(): AsyncIterable<Candidate> {
    return this.#proposer.candidates(this.#proposals);
  }

  evaluate(batch: readonly Candidate[], effort: Effort = 'quick'): Promise<readonly Verdict[]> {
    return this.#evaluator.evaluate(
      batch.map((candidate) => this.#proposer.toCodePoints(candidate.edits)),
      effort,
    );
  }

  probe(candidates: readonly Candidate[]): Promise<readonly Behaviour[]> {
    return this.#evaluator.probe(candidates.map((candidate) => this.#proposer.toCodePoints(candidate.edits)));
  }

  get exhausted(): boolean {
    return this.#evaluator.exhausted;
  }

  close(): Promise<void> {
    this.#evaluator.stop();
    this.#proposer.stop();
    return Promise.resolve();
  }

  #plan(known: FirstRun, testFiles: readonly string[], failing: readonly Case[], passing: readonly Case[]): Plan {
    const of = (file: string, cases: readonly Case[]): number[] =>
      cases.filter((test) => test.file === file).map((test) => test.index);
    const steps = passing.reduce((most, test) => Math.max(most, test.steps), 0);
    const slowest = passing.reduce((most, test) => Math.max(most, test.ms), 0);
    return {
      plan: testFiles.flatMap((file) => {
        const sources = known.sources[file];
        return sources === undefined ? [] : [{ file, failing: of(file, failing), passing: of(file, passing), sources }];
      }),
      fuel: Math.max(MIN_STEPS, steps * 20),
      seconds: Math.max(MIN_SECONDS, slowest / 100),
      memory: known.memory,
      examples: this.#examples(known),
    };
  }

  /** Doc strings and comments of the sources that the tests load. */
  #examples(known: FirstRun): Plan['examples'] {
    const files = new Set(
      Object.values(known.sources)
        .flat()
        .filter((file) => !isPythonTest(file)),
    );
    return [...files].flatMap((file) => {
      const text = readFileSync(join(this.#root, file), 'utf8');
      const comments = text.match(/"""[\s\S]*?"""|'''[\s\S]*?'''|(?:#[^\n]*\n\s*)+/g) ?? [];
      return documentedExamples(comments.join('\n'));
    });
  }

  #localise(known: FirstRun, testFiles: readonly string[], failing: readonly Case[]): Suspect[] {
    const isProtected = globs(this.#request.protected);
    const isAllowed = this.#request.files === undefined ? () => true : globs(this.#request.files);
    const scores = suspicion(
      known.reach.map((row) => ({ failing: row[2], passing: row[3] })),
      failing.length,
    );
    const suspects: Record<string, [number, number][]> = {};
    const places: Suspect[] = [];
    known.reach.forEach(([file, statement, , , line], i) => {
      const score = scores[i] ?? 0;
      if (score <= 0 || testFiles.includes(file) || isPythonTest(file) || isProtected(file) || !isAllowed(file)) return;
      (suspects[file] ??= []).push([statement, score]);
      places.push({ file, line, score });
    });
    const texts = Object.keys(suspects).map((file) => readFileSync(join(this.#root, file), 'utf8'));
    const tests = [...new Set(failing.map((test) => test.file))].map((file) =>
      readFileSync(join(this.#root, file), 'utf8'),
    );
    this.#proposals = { suspects, kinds: known.kinds, words: vocabulary(tests, texts) };
    return places.sort((a, b) => b.score - a.score);
  }
}
