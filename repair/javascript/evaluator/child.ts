// The evaluator: a process of its own, so that an endless loop or a crash costs one candidate. It runs untrusted code, and
// whatever it says is confirmed by the real test command before anything is made of it.
import { join } from 'node:path';
import { mock } from 'node:test';
import vm from 'node:vm';
import { documentedExamples, spelling } from '../../documented-examples.ts';
import type { Effort, Verdict } from '../../engine.ts';
import { cheapAssert, cheapStrictAssert } from './cheap-assert.ts';
import { loadExpectations } from './expectations.ts';
import type { Expectations } from './expectations.ts';
import { Meter } from './fuel.ts';
import { globalCases } from './global-cases.ts';
import { restoreGlobals } from './intact-globals.ts';
import type { BaselineReport, CaseResult, EditSet, FilePlan, Reply, Request } from './messages.ts';
import { Graph } from './modules.ts';
import { behaviour, CallRecorder, inputsNear } from './probing.ts';
import type { RecordedCall } from './probing.ts';
import { Project } from './project.ts';
import { tapeApi } from './tape-cases.ts';
import { TestFile } from './test-cases.ts';

const send = (reply: Reply): void => void process.send?.(reply);

// An IPC channel of its own protects the protocol from whatever the tests print.
const silent = (): boolean => true;
process.stdout.write = silent;
process.stderr.write = silent;
process.exit = ((): never => {
  throw new Error('process.exit was called');
}) as typeof process.exit;
let stray: unknown;
process.on('uncaughtException', (error) => (stray = error));
process.on('unhandledRejection', (error) => (stray = error));

const meter = new Meter();
meter.install();

let declaring = new TestFile();
const testApi = (): Record<string, unknown> => declaring.api;
let expectations: Expectations = { vitest: {}, jest: {} };
/** For files that expect their runner's functions to be there. */
const globalApi = (): Record<string, unknown> => ({
  ...globalCases(declaring),
  ...expectations.jest,
  ...expectations.vitest,
});
const standIns = {
  test: testApi,
  vitest: () => ({
    ...globalCases(declaring, { expect: expectations.vitest.expect, skip: () => undefined }),
    ...expectations.vitest,
  }),
  '@jest/globals': () => ({ ...globalCases(declaring), ...expectations.jest }),
  mocha: () => globalCases(declaring),
  tape: () => tapeApi(declaring),
  assert: () => cheapAssert,
  'assert/strict': () => cheapStrictAssert,
};

let project = new Project('', standIns);
let plan: readonly FilePlan[] = [];
let testFiles: readonly string[] = [];
let fuel = 0;
let loadFuel = 0;
let patienceMs = 5_000;
let stepsMs = 5_000;
/** Loading reads and compiles as well, which a busy machine makes slow. */
const LOAD_MS = 15_000;
/** What a candidate that ran out of steps gets at its second try. */
const PATIENT_STEPS = 20;

const message = (error: unknown): string =>
  (error instanceof Error ? `${error.name}: ${error.message}` : String(error)).slice(0, 400);

async function declare(file: string, graph: Graph): Promise<TestFile> {
  declaring = new TestFile();
  stray = undefined;
  meter.refill(loadFuel, LOAD_MS);
  const tests = declaring;
  Object.assign(globalThis, globalApi());
  await graph.load(join(project.root, file));
  for (const pending of tests.pending) await pending;
  restoreGlobals();
  return tests;
}

/** Runs one test; what strayed out of it as an unhandled error fails it, as it does under the real runner. */
async function runCase(
  tests: TestFile,
  index: number,
  generous = 1,
): Promise<CaseResult & { steps: number; ms: number }> {
  meter.refill(fuel * generous, stepsMs * generous);
  stray = undefined;
  const started = performance.now();
  const outcome = await tests.run(index, patienceMs);
  restoreGlobals();
  const ok = outcome.ok && stray === undefined && !meter.empty;
  return {
    file: '',
    name: tests.cases[index]?.name ?? '',
    ok,
    error: ok ? '' : message(outcome.error ?? stray),
    failedSubtests: outcome.failedSubtests,
    steps: meter.used,
    ms: performance.now() - started,
  };
}

async function open(root: string): Promise<void> {
  project = new Project(root, standIns);
  expectations = await loadExpectations(root);
}

async function baseline(request: Extract<Request, { type: 'baseline' }>): Promise<BaselineReport> {
  const started = performance.now();
  await open(request.root);
  fuel = request.fuel;
  loadFuel = request.fuel;
  const cases: (CaseResult & { index: number; steps: number; ms: number })[] = [];
  const problems: { file: string; message: string }[] = [];
  const sourcesOf: Record<string, string[]> = {};
  const loadTimes: number[] = [];
  let loadSteps = 0;
  const reached: { units: ReadonlySet<number>; ok: boolean }[] = [];
  for (const file of request.testFiles) {
    meter.hits = new Set();
    let tests: TestFile;
    const opened = performance.now();
    const graph = new Graph(project, [], 'coverage');
    try {
      tests = await declare(file, graph);
    } catch (error) {
      problems.push({ file, message: message(error) });
      reached.push({ units: meter.hits, ok: false });
      sourcesOf[file] = graph.loaded;
      continue;
    }
    loadTimes.push(performance.now() - opened);
    loadSteps = Math.max(loadSteps, meter.used);
    const whileLoading = meter.hits;
    for (let index = 0; index < tests.cases.length; index++) {
      meter.hits = new Set(whileLoading);
      const result = await runCase(tests, index);
      reached.push({ units: meter.hits, ok: result.ok });
      cases.push({ ...result, file, index });
    }
    await tests.finish();
    sourcesOf[file] = graph.loaded;
  }
  const failing = new Int32Array(project.units);
  const passing = new Int32Array(project.units);
  for (const { units, ok } of reached) {
    const table = ok ? passing : failing;
    for (const unit of units) table[unit] = (table[unit] ?? 0) + 1;
  }
  const kinds = [...meter.kinds].flatMap(([unit, row]) =>
    row.map((seen, variable) => [unit, variable, [...seen]] as const),
  );
  const sources = project.files.map(({ name, base }) => ({ file: name, base }));
  return {
    type: 'baseline',
    cases,
    sources,
    sourcesOf,
    failing,
    passing,
    kinds,
    problems,
    loadMs: loadTimes.toSorted((a, b) => a - b)[loadTimes.length >> 1] ?? 0,
    loadSteps,
    ms: performance.now() - started,
  };
}

/** Failing tests first, then the others; the first red one decides, unless all of them are asked for. */
async function evaluate(edits: EditSet, effort: Effort): Promise<Verdict> {
  const changed = new Set(edits.map((edit) => edit.file));
  const concerned = plan.filter(
    (file) => file.failing.length > 0 || file.sources.some((source) => changed.has(source)),
  );
  const generous = effort === 'patient' ? PATIENT_STEPS : 1;
  const everything = effort === 'thorough';
  let fixed = 0;
  let red = false;
  const passes = async (tests: TestFile, index: number): Promise<boolean> => (await runCase(tests, index, generous)).ok;
  const load = (file: string): Promise<TestFile> => {
    send({ type: 'alive' });
    return declare(file, new Graph(project, edits, 'fuel'));
  };
  const failed = (): Verdict => ({ green: false, fixed, starved: meter.empty });
  const broken = (): Verdict => ({ ...failed(), broke: true });
  const loaded: { tests: TestFile; rest: readonly number[] }[] = [];
  try {
    for (const { file, failing, passing } of concerned) {
      if (failing.length === 0) continue;
      const tests = await load(file);
      for (const index of failing) {
        if (await passes(tests, index)) fixed++;
        else if (everything && !meter.empty) red = true;
        else return failed();
      }
      loaded.push({ tests, rest: passing });
    }
    // Where nothing is mended it does not matter what breaks.
    if (everything && fixed === 0) return failed();
    for (const { file, failing, passing } of concerned) {
      if (failing.length > 0 || passing.length === 0) continue;
      const tests = await load(file);
      for (const index of passing) if (!(await passes(tests, index))) return broken();
    }
    for (const { tests, rest } of loaded) {
      for (const index of rest) if (!(await passes(tests, index))) return broken();
      await tests.finish();
    }
  } catch {
    // The candidate does not compile, or breaks a test file while it loads.
    return { ...failed(), broke: true };
  }
  return { green: !red, fixed };
}

async function record(): Promise<RecordedCall[]> {
  const recorder = new CallRecorder();
  for (const file of testFiles) {
    const from = join(project.root, file);
    try {
      const tests = await declare(file, new Graph(project, [], 'fuel', { from, wrap: recorder.wrap }));
      for (let index = 0; index < tests.cases.length; index++) await runCase(tests, index);
    } catch {
      // A test file that does not load has no calls to offer.
    }
  }
  return recorder.calls;
}

let inputs: readonly RecordedCall[] | undefined;
let documented: ReturnType<typeof examples> = [];

/** Inputs near those of the tests may lie outside of what the code is for; endless ones are not worth their time. */
const PROBE_FUEL = 100_000;
const PROBE_MS = 40;
const MAX_ENDLESS = 8;

/** Examples in the comments of the sources that the tests call, as calls of exported functions. */
function examples(calls: readonly RecordedCall[]): { call: RecordedCall; expected: string }[] {
  const files = [...new Set(calls.map((call) => call.file))];
  return files.flatMap((file) => {
    const comments = project.file(join(project.root, file)).text.match(/\/\*[\s\S]*?\*\/|(?:\/\/[^\n]*\n\s*)+/g) ?? [];
    return documentedExamples(comments.join('\n')).flatMap(({ name, args, expected }) => {
      const known = calls.find((call) => call.exported === name && call.file === file);
      if (known === undefined) return [];
      try {
        const spelled = args
          .replace(/\bNone\b/g, 'null')
          .replace(/\bTrue\b/g, 'true')
          .replace(/\bFalse\b/g, 'false');
        const values = vm.runInNewContext(`[${spelled}]`, {}, { timeout: 50 }) as unknown[];
        // Values of another context would not be equal to this one's.
        return [{ call: { file, exported: name, args: structuredClone([...values]) }, expected: spelling(expected) }];
      } catch {
        return [];
      }
    });
  });
}

async function probe(edits: EditSet): Promise<{ results: string[]; agreed: number; disagreed: number }> {
  if (inputs === undefined) {
    const calls = await record();
    documented = examples(calls);
    inputs = [...documented.map((example) => example.call), ...inputsNear(calls)];
  }
  const results: string[] = [];
  const modules = new Map<string, Record<string, unknown>>();
  const graph = new Graph(project, edits, 'fuel');
  let endless = 0;
  for (const { file, exported, args } of inputs) {
    meter.refill(PROBE_FUEL, PROBE_MS);
    let module = modules.get(file);
    if (module === undefined) {
      module = await graph.load(join(project.root, file)).catch((): Record<string, unknown> => ({}));
      modules.set(file, module);
    }
    const fn = exported === 'module.exports' ? (module.default ?? module) : module[exported];
    if (typeof fn !== 'function') results.push('missing');
    else if (endless > MAX_ENDLESS) results.push('not tried');
    else results.push(await behaviour(fn as (...a: unknown[]) => unknown, args));
    if (meter.empty) endless++;
  }
  const agreed = documented.filter(({ expected }, i) => spelling(results[i] ?? '') === expected).length;
  return { results, agreed, disagreed: documented.length - agreed };
}

async function answer(request: Request): Promise<void> {
  switch (request.type) {
    case 'baseline':
      send(await baseline(request));
      return;
    case 'prepare':
      // After a restart the project is read again; the plan stays the same.
      if (project.root !== request.root) await open(request.root);
      ({ plan, testFiles, fuel, loadFuel, patienceMs, stepsMs } = request);
      Error.stackTraceLimit = 2;
      send({ type: 'prepared' });
      return;
    case 'evaluate':
      for (const edits of request.batch) send({ type: 'verdict', ...(await evaluate(edits, request.effort)) });
      send({ type: 'done' });
      return;
    case 'probe':
      for (const edits of request.batch) send({ type: 'behaviour', ...(await probe(edits)) });
      send({ type: 'done' });
      return;
    default:
      return request satisfies never;
  }
}

mock.reset();
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
process.on('message', (request: Request) => {
  answer(request).catch((error: unknown) => {
    // Nobody can go on from here; the engine starts another evaluator.
    stray = error;
    process.kill(process.pid, 'SIGKILL');
  });
});
