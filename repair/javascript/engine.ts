// The search engine for JavaScript and TypeScript whose tests can be loaded into the evaluator.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Baseline, Behaviour, Candidate, Effort, Engine, Verdict } from '../engine.ts';
import { sameTest } from '../command/reports.ts';
import { suspicion } from '../localise.ts';
import { globs, isJavaScriptTest, listFiles } from '../project-files.ts';
import { lineAt } from '../edits.ts';
import type { RepairRequest, Suspect, TestName } from '../protocol.ts';
import { Evaluator, EvaluatorLost } from './evaluator-process.ts';
import type { BaselineReport, FilePlan } from './evaluator/messages.ts';
import { SCRIPT_FILE } from './parse.ts';
import { proposeCandidates } from './propose.ts';
import type { SuspectSource } from './propose.ts';
import { readSource } from './source.ts';
import { vocabulary } from '../vocabulary.ts';

/** Steps per test in the first run, when nothing is known of the tests yet. */
const FIRST_FUEL = 1_500_000;
/** A right candidate may need far more steps than the faulty program did: so many are allowed whatever the passing tests need ... */
const MIN_FUEL = 100_000;
/** ... and so many when no test passes to compare with. */
const BLIND_FUEL = 400_000;
const MAX_TEST_FILES = 500;
/** Endless tests end one by one in the first run, where the real command would hang once. */
const SPARE_MS = 40_000;
const MIN_STEPS_MS = 100;
const MIN_PATIENCE_MS = 1_000;
const MAX_PATIENCE_MS = 10_000;
const MIN_STALL_MS = 1_500;
const MAX_STALL_MS = 30_000;

export class JavaScriptEngine implements Engine {
  readonly batchSize = 48;
  readonly #root: string;
  readonly #request: RepairRequest;
  readonly #evaluator: Evaluator;
  #suspects: SuspectSource[] = [];
  #words: string[] = [];

  constructor(root: string, request: RepairRequest) {
    this.#root = root;
    this.#request = request;
    this.#evaluator = new Evaluator(root, resolveConditions(root));
  }

  async baseline(): Promise<Baseline> {
    const named = this.#request.failingTests.map((test) => test.file).filter((file) => SCRIPT_FILE.test(file));
    const found = listFiles(this.#root, SCRIPT_FILE).filter((file) => isJavaScriptTest(file));
    const testFiles = [...new Set([...named, ...found])].slice(0, MAX_TEST_FILES);
    if (testFiles.length === 0) return refuse('no test file was found');
    let report: BaselineReport;
    try {
      report = await this.#evaluator.baseline(
        { type: 'baseline', root: this.#root, testFiles, fuel: FIRST_FUEL },
        this.#request.testTimeoutMs + SPARE_MS,
      );
    } catch (error) {
      if (!(error instanceof EvaluatorLost)) throw error;
      return refuse(`the tests could not be run in process: ${error.message}`);
    }
    const broken =
      report.problems.find((problem) => named.includes(problem.file)) ??
      (report.cases.length === 0 ? report.problems[0] : undefined);
    if (broken !== undefined) return refuse(`${broken.file} could not be loaded in process: ${broken.message}`);
    const red = report.cases.filter((test) => !test.ok);
    const missing = this.#request.failingTests.find((wanted) => !red.some((test) => isWanted(test, wanted)));
    if (missing !== undefined) return refuse(`"${missing.name}" does not fail in process`);
    // Without names every failing test counts; with names the others may stay red.
    const wanted =
      this.#request.failingTests.length === 0
        ? red
        : red.filter((test) => this.#request.failingTests.some((name) => isWanted(test, name)));
    await this.#prepare(report, testFiles, wanted);
    const suspects = this.#localise(report, testFiles, wanted.length);
    const passing = report.cases.filter((test) => test.ok);
    return { ok: true, problem: '', failing: wanted, passing, suspects };
  }

  async #prepare(report: BaselineReport, testFiles: readonly string[], wanted: BaselineReport['cases']): Promise<void> {
    const plan = testFiles.map((file): FilePlan => {
      const cases = report.cases.filter((test) => test.file === file);
      const failing = cases.filter((test) => wanted.includes(test)).map((test) => test.index);
      return {
        file,
        failing,
        passing: cases.filter((test) => test.ok).map((test) => test.index),
        sources: report.sourcesOf[file] ?? [],
      };
    });
    const broken = new Set(report.problems.map((problem) => problem.file));
    // A test that passes tells what is normal; one that ran dry tells nothing.
    const normal = report.cases.filter((test) => test.ok).reduce((most, test) => Math.max(most, test.steps), 0);
    // A test that fails without running dry may have done what later ones rely on, such as filling a table.
    const needed = report.cases
      .filter((test) => !test.ok && test.steps < FIRST_FUEL)
      .reduce((most, test) => Math.max(most, test.steps), 0);
    const slowest = report.cases.filter((test) => test.ok).reduce((most, test) => Math.max(most, test.ms), 0);
    const patienceMs = Math.max(MIN_PATIENCE_MS, Math.min(MAX_PATIENCE_MS, slowest * 10));
    this.#evaluator.stallMs = Math.min(MAX_STALL_MS, Math.max(MIN_STALL_MS, slowest * 20, report.loadMs * 6));
    await this.#evaluator.prepare({
      type: 'prepare',
      root: this.#root,
      plan: plan.filter((file) => !broken.has(file.file)),
      testFiles: plan.filter((file) => file.failing.length > 0).map((file) => file.file),
      fuel: Math.max(normal === 0 ? BLIND_FUEL : MIN_FUEL, normal * 20, needed * 3),
      loadFuel: Math.max(MIN_FUEL, report.loadSteps * 20),
      patienceMs,
      stepsMs: Math.max(MIN_STEPS_MS, slowest * 10),
    });
  }

  #localise(report: BaselineReport, testFiles: readonly string[], failing: number): Suspect[] {
    const isProtected = globs(this.#request.protected);
    const isAllowed = this.#request.files === undefined ? () => true : globs(this.#request.files);
    const reaches = [...report.failing].map((count, unit) => ({ failing: count, passing: report.passing[unit] ?? 0 }));
    const scores = suspicion(reaches, failing);
    const suspects: Suspect[] = [];
    for (const { file, base } of report.sources) {
      if (
        testFiles.includes(file) ||
        isJavaScriptTest(file) ||
        isProtected(file) ||
        !isAllowed(file) ||
        !SCRIPT_FILE.test(file)
      )
        continue;
      const text = readFileSync(join(this.#root, file), 'utf8');
      const source = readSource(file, text);
      for (const [unit, variable, kinds] of report.kinds) {
        const binding = source.units[unit - base]?.variables[variable];
        if (binding !== undefined) for (const kind of kinds) binding.kinds.add(kind);
      }
      const suspicious = new Map<number, number>();
      for (const { id, node } of source.units) {
        const score = scores[base + id] ?? 0;
        if (score <= 0) continue;
        suspicious.set(id, score);
        suspects.push({ file, line: lineAt(text, node.start ?? 0), score });
      }
      if (suspicious.size > 0) this.#suspects.push({ source, suspicion: suspicious });
    }
    this.#words = vocabulary(
      testFiles
        .filter((file) => report.cases.some((test) => test.file === file && !test.ok))
        .map((file) => readFileSync(join(this.#root, file), 'utf8')),
      this.#suspects.map(({ source }) => source.text),
    );
    return suspects.sort((a, b) => b.score - a.score);
  }

  candidates(): Iterable<Candidate> {
    return proposeCandidates(this.#suspects, this.#words);
  }

  evaluate(batch: readonly Candidate[], effort: Effort = 'quick'): Promise<readonly Verdict[]> {
    return this.#evaluator.each(
      { type: 'evaluate', effort },
      batch.map((candidate) => candidate.edits),
      (reply): Verdict | undefined => (reply.type === 'verdict' ? reply : undefined),
      { green: false, fixed: 0, starved: true },
    );
  }

  probe(candidates: readonly Candidate[]): Promise<readonly Behaviour[]> {
    return this.#evaluator.each(
      { type: 'probe' },
      candidates.map((candidate) => candidate.edits),
      (reply): Behaviour | undefined => (reply.type === 'behaviour' ? reply : undefined),
      { results: [], agreed: 0, disagreed: 0 },
    );
  }

  get exhausted(): boolean {
    return this.#evaluator.exhausted;
  }

  close(): Promise<void> {
    this.#evaluator.stop();
    return Promise.resolve();
  }
}

/** Conditions that the configuration of vitest or vite adds, read as text: running it would start the tool. */
function resolveConditions(root: string): string[] {
  const config = readdirSync(root).find((name) => /^vite(?:st)?\.config\.[cm]?[jt]s$/.test(name));
  if (config === undefined) return [];
  const lists = readFileSync(join(root, config), 'utf8').matchAll(/\bconditions:\s*\[([^\]]*)\]/g);
  return [
    ...new Set([...lists].flatMap((list) => [...(list[1] ?? '').matchAll(/['"]([^'"]+)['"]/g)].map((m) => m[1] ?? ''))),
  ];
}

const refuse = (problem: string): Baseline => ({ ok: false, problem, failing: [], passing: [], suspects: [] });

const isWanted = (test: { file: string; name: string; failedSubtests: readonly string[] }, wanted: TestName): boolean =>
  (wanted.file === '' || wanted.file === test.file) &&
  [test.name, ...test.failedSubtests].some((name) => sameTest(name, wanted.name));
