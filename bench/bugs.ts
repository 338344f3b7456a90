// Real bugs through the whole path: filed over REST, worked on by the built-in repairer, judged by the gate, landed.
import { execFile } from 'node:child_process';
import { appendFile, cp, mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { LoomError } from '../domain/errors.ts';
import { runCommand } from '../repair/command/process-group.ts';
import { hideTests } from '../repair/hide-tests.ts';
import { type Stack, startStack } from '../up/stack.ts';
import { median, percentile, printReport } from './report.ts';
import { type LoomApi, openApi } from './api.ts';

const run = promisify(execFile);

/** The shares of the cases with made-up projects that have to land, by language; `aimed` is hoped for. */
const LANDED = {
  javascript: { required: 0.65, aimed: 0.75 },
  python: { required: 0.55, aimed: 0.7 },
} as const;
/** With the stack warm. */
const AIM_MEDIAN_MS = 5_000;
/** With hidden tests: landed changes that those tests refute. */
const AIM_WRONG = 0.05;
/** What a bead may take besides its test runs. */
const PATIENCE_MS = 180_000;

interface BugReport {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly language: string;
  readonly setup_command?: string;
  readonly test_command: string;
  readonly test_timeout_ms: number;
  readonly failing_tests: readonly { readonly file: string; readonly name: string }[];
  readonly protected: readonly string[];
}

/** One line of the output file. */
interface CaseResult {
  readonly id: string;
  /** The folder that holds the case, and whether it is a published package put together anew. */
  readonly set: string;
  readonly real: boolean;
  readonly language: string;
  /** `landed`, or the bead's last status, or `timeout`. */
  readonly outcome: string;
  readonly ms: number;
  readonly turns: number;
  readonly candidates: number | null;
  readonly confidence: number | null;
  /** The landed change as a unified diff. */
  readonly patch: string | null;
  readonly reason: string | null;
  /** With hidden tests: whether the landed change passes them too; null where nothing landed or nothing was hidden. */
  readonly right: boolean | null;
}

export async function benchBugs(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      set: { type: 'string' },
      out: { type: 'string' },
      filter: { type: 'string' },
      limit: { type: 'string' },
      holdout: { type: 'string', default: '0' },
      json: { type: 'boolean', default: false },
    },
  });
  if (values.set === undefined)
    throw new LoomError('BAD_INPUT', 'The folder of the cases is missing', 'Give it with --set DIR.');
  const cases = (await findCases(resolve(values.set)))
    .filter((dir) => values.filter === undefined || dir.includes(values.filter))
    .slice(0, values.limit === undefined ? undefined : Number(values.limit));
  if (cases.length === 0)
    throw new LoomError(
      'BAD_INPUT',
      `${values.set} holds no case`,
      'A case is a folder with a bug.json; give the folder of a set, or one above it.',
    );
  if (values.out !== undefined) await writeFile(values.out, '');

  const holdout = Number(values.holdout);
  if (!(holdout >= 0 && holdout < 1))
    throw new LoomError(
      'BAD_INPUT',
      `--holdout ${values.holdout} is not a share`,
      'Give a number from 0 to below 1, for example 0.33.',
    );

  const folder = await mkdtemp(join(tmpdir(), 'loom-bench-'));
  let stack: Stack | undefined;
  const results: CaseResult[] = [];
  try {
    stack = await startStack({ dataDir: join(folder, 'data'), ports: 'free', env: process.env });
    const api = await openApi(stack);
    for (const [index, dir] of cases.entries()) {
      const result = await runCase(api, dir, join(folder, `case-${index}`), holdout);
      results.push(result);
      if (values.out !== undefined) await appendFile(values.out, `${JSON.stringify(result)}\n`);
      const landed = results.filter(({ outcome }) => outcome === 'landed').length;
      console.log(
        `${String(landed).padStart(3)}/${String(results.length).padEnd(3)} ${result.outcome.padEnd(10)} ${String(result.ms).padStart(6)} ms  ${result.id}`,
      );
    }
  } finally {
    await stack?.stop();
    await rm(folder, { recursive: true, force: true });
  }
  return report(results, values.json, holdout);
}

function report(results: readonly CaseResult[], json: boolean, holdout: number): number {
  const figures: Record<string, number | string | null> = {};
  const aims: Record<string, { aim: string; met: boolean }> = {};
  const sets = Map.groupBy(results, ({ set }) => set);
  // A single set is told by its languages already.
  if (sets.size > 1) for (const [set, all] of sets) figures[`${set}Landed`] = `${landedOf(all)}/${all.length}`;
  const madeUp = results.filter(({ real }) => !real);
  for (const language of ['javascript', 'python'] as const) {
    const all = madeUp.filter((result) => (result.language === 'python') === (language === 'python'));
    if (all.length === 0) continue;
    const share = landedOf(all) / all.length;
    const { required, aimed } = LANDED[language];
    figures[`${language}Landed`] = `${landedOf(all)}/${all.length}`;
    figures[`${language}LandedShare`] = share;
    aims[`${language}LandedShare`] = { aim: `at least ${required} (aim ${aimed})`, met: share >= required };
  }
  // What real projects need is reported and not judged: nobody knows yet what can be asked.
  const real = results.filter((result) => result.real);
  if (real.length > 0) figures['realProjectsLanded'] = `${landedOf(real)}/${real.length}`;
  if (holdout > 0) {
    const judged = results.filter(({ right }) => right !== null);
    const wrong = judged.filter(({ right }) => right === false).length;
    figures['wrong'] = `${wrong}/${judged.length}`;
    figures['wrongShare'] = judged.length === 0 ? null : wrong / judged.length;
    aims['wrongShare'] = { aim: `at most ${AIM_WRONG}`, met: judged.length > 0 && wrong / judged.length <= AIM_WRONG };
  }
  if (madeUp.length > 0) {
    const times = madeUp.map(({ ms }) => ms);
    const middle = median(times);
    figures['medianMs'] = middle;
    figures['p95Ms'] = percentile(times, 0.95);
    aims['medianMs'] = { aim: `below ${AIM_MEDIAN_MS}`, met: middle !== null && middle < AIM_MEDIAN_MS };
  }
  if (real.length > 0) figures['realProjectsMedianMs'] = median(real.map(({ ms }) => ms));
  console.log('');
  return printReport({ name: 'bugs', figures, aims }, json);
}

const landedOf = (results: readonly CaseResult[]): number =>
  results.filter(({ outcome }) => outcome === 'landed').length;

async function runCase(api: LoomApi, dir: string, copy: string, holdout: number): Promise<CaseResult> {
  const bug = JSON.parse(await readFile(join(dir, 'bug.json'), 'utf8')) as BugReport;
  const base = {
    id: bug.id,
    set: basename(dirname(dir)),
    real: await exists(join(dir, 'source.json')),
    language: bug.language,
    turns: 0,
    candidates: null,
    confidence: null,
    patch: null,
    right: null,
  };
  const hidden = await makeRepository(dir, copy, bug, holdout);
  const project = await api.post('/projects', {
    name: bug.id.toLowerCase().replaceAll(/[^a-z0-9-]/g, '-'),
    repository: copy,
    branch: 'main',
    checks: { test: bug.test_command, timeoutMs: bug.test_timeout_ms },
    ...(bug.setup_command === undefined ? {} : { setup: bug.setup_command }),
    protected: bug.protected,
  });
  const started = performance.now();
  const created = await api.post('/beads', {
    project: project['id'],
    type: 'bug',
    title: bug.title.slice(0, 200),
    description: bug.description,
    failingTests: bug.failing_tests.filter(({ name }) => !hidden.has(name)),
  });
  const id = String(created['id']);
  const ended = await api.untilEnded(id, PATIENCE_MS + 4 * bug.test_timeout_ms);
  const ms = Math.round(performance.now() - started);
  if (!ended) return { ...base, outcome: 'timeout', ms, reason: 'no end in time' };
  const bead = (await api.get(`/beads/${id}`)) as {
    status: string;
    reason: string | null;
    runs: { id: string; turns: number }[];
  };
  const last = bead.runs.at(-1);
  const search = last === undefined ? {} : await searchResult(api, last.id);
  const landed = bead.status === 'closed';
  const patch = landed ? await api.text(`/beads/${id}/diff`) : null;
  return {
    ...base,
    outcome: landed ? 'landed' : bead.status,
    ms,
    turns: last?.turns ?? 0,
    candidates: search.candidates ?? null,
    confidence: search.confidence ?? null,
    patch,
    reason: bead.reason,
    right: patch === null || holdout === 0 ? null : await passesWhole(dir, `${copy}-whole`, bug, patch),
  };
}

async function searchResult(api: LoomApi, runId: string): Promise<{ candidates?: number; confidence?: number }> {
  const { steps } = (await api.get(`/runs/${runId}/steps?limit=100`)) as {
    steps: { content: { action?: string; data?: { candidates?: number; confidence?: number } } }[];
  };
  return (
    steps.find(({ content }) => content.action === 'repair_search' && content.data !== undefined)?.content.data ?? {}
  );
}

/** Cases lie in `<set>/<id>/`; the folder given may be a case, a set, or one above the sets. */
async function findCases(dir: string, depth = 0): Promise<string[]> {
  if (await exists(join(dir, 'bug.json'))) return [dir];
  if (depth === 3 || !(await exists(dir))) return [];
  const entries = await readdir(dir, { withFileTypes: true });
  const found = await Promise.all(
    entries.filter((entry) => entry.isDirectory()).map((entry) => findCases(join(dir, entry.name), depth + 1)),
  );
  return found.flat().sort();
}

/** The project as it stands, with the bug, as the first commit of a repository. Returns the names of the tests it hid. */
async function makeRepository(
  dir: string,
  copy: string,
  bug: BugReport,
  holdout: number,
): Promise<ReadonlySet<string>> {
  await copyProject(dir, copy);
  const hidden = holdout > 0 ? hideTests(copy, bug.failing_tests, holdout) : new Set<string>();
  const ignore = join(copy, '.gitignore');
  if (!(await exists(ignore))) await writeFile(ignore, 'node_modules/\n__pycache__/\n');
  const git = (...args: string[]) =>
    run('git', ['-c', 'user.name=bench', '-c', 'user.email=bench@localhost', ...args], { cwd: copy });
  await git('init', '--quiet', '--initial-branch=main');
  await git('add', '--all');
  await git('commit', '--quiet', '--message', 'The project with its bug');
  return hidden;
}

async function copyProject(dir: string, copy: string): Promise<void> {
  const source = join(dir, 'repo');
  if (await exists(source)) await cp(source, copy, { recursive: true });
  else await run(process.execPath, [join(dirname(dirname(dir)), 'materialise.mjs'), dir, copy], { timeout: 300_000 });
  await run('chmod', ['-R', 'u+w', copy]);
}

/** Judges a landed change by all tests, those included that were hidden from Loom. */
async function passesWhole(dir: string, copy: string, bug: BugReport, patch: string): Promise<boolean> {
  await copyProject(dir, copy);
  const file = `${copy}.patch`;
  await writeFile(file, patch);
  await run('git', ['apply', file], { cwd: copy });
  // The runtime that the sandbox gives to the project as well.
  const env = { ...process.env, PATH: `${dirname(process.execPath)}:${process.env['PATH']}` };
  return (await runCommand(bug.test_command, { cwd: copy, timeoutMs: bug.test_timeout_ms, env })).code === 0;
}

const exists = async (path: string): Promise<boolean> => (await stat(path).catch(() => undefined)) !== undefined;
