// Offline measurement, no Temporal: `node repair/bench.ts --set DIR [--filter TEXT] [--stride N] [--holdout 0.33] [--out FILE] [--jobs 1]`.
// Copies each case, hides a part of its tests where asked to, runs the repairer on the copy, and judges its patch with all tests.
import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { runCommand } from './command/process-group.ts';
import { applyEdits } from './edits.ts';
import { hideTests } from './hide-tests.ts';
import { LAND_AT } from './protocol.ts';
import type { RepairResult, TestName } from './protocol.ts';

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));
const SCALE_SECONDS = 300;

interface Bug {
  readonly id: string;
  readonly language: string;
  readonly test_command: string;
  readonly test_timeout_ms: number;
  readonly failing_tests: readonly TestName[];
  readonly protected?: readonly string[];
}

export interface Row {
  readonly id: string;
  readonly language: string;
  readonly outcome: string;
  /** All tests, the hidden ones included, are green with the patch. */
  readonly right: boolean;
  readonly confidence: number;
  readonly evaluations: number;
  readonly ms: number;
  readonly operator: string;
  readonly reason: string;
  readonly diff: string;
  readonly rivals: number;
  readonly evidence: object;
}

function runRepair(cwd: string, request: object): Promise<RepairResult> {
  return new Promise((done, fail) => {
    const child = spawn(process.execPath, [MAIN], { cwd, stdio: ['pipe', 'pipe', 'inherit'] });
    let out = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => (out += chunk));
    child.on('error', fail);
    child.on('close', (code) => {
      const last = out.trim().split('\n').at(-1) ?? '';
      if (code === 0) done(JSON.parse(last) as RepairResult);
      else fail(new Error(`repair/main.ts ended with ${code}`));
    });
    child.stdin.end(JSON.stringify(request));
  });
}

async function judge(dir: string, holdout: number): Promise<Row> {
  const bug = JSON.parse(readFileSync(join(dir, 'bug.json'), 'utf8')) as Bug;
  const home = mkdtempSync(join(tmpdir(), 'loom-bench-'));
  try {
    const given = join(home, 'given');
    const whole = join(home, 'whole');
    cpSync(join(dir, 'repo'), given, { recursive: true });
    cpSync(join(dir, 'repo'), whole, { recursive: true });
    const hidden = holdout > 0 ? hideTests(given, bug.failing_tests, holdout) : new Set<string>();
    const result = await runRepair(given, {
      testCommand: bug.test_command,
      failingTests: bug.failing_tests.filter((test) => !hidden.has(test.name)),
      protected: bug.protected ?? [],
      testTimeoutMs: bug.test_timeout_ms,
      maxSeconds: SCALE_SECONDS,
    });
    let right = false;
    const edits = result.patch?.edits ?? [];
    for (const file of new Set(edits.map((edit) => edit.file))) {
      const path = join(whole, file);
      writeFileSync(
        path,
        applyEdits(
          readFileSync(path, 'utf8'),
          edits.filter((edit) => edit.file === file),
        ),
      );
    }
    if (edits.length > 0)
      right = (await runCommand(bug.test_command, { cwd: whole, timeoutMs: bug.test_timeout_ms })).code === 0;
    const { outcome, confidence, evaluations, ms, reason } = result;
    return {
      id: bug.id,
      language: bug.language,
      outcome,
      right,
      confidence,
      evaluations,
      ms,
      operator: result.patch?.operator ?? '',
      reason,
      diff: result.patch?.diff ?? '',
      rivals: result.alternatives.length,
      evidence: result.evidence ?? {},
    };
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

/** A fault of the repairer is a row like any other, and the rest is still measured. */
const crashed = (id: string, error: unknown): Row => ({
  id,
  language: '',
  outcome: 'crashed',
  right: false,
  confidence: 0,
  evaluations: 0,
  ms: 0,
  operator: '',
  reason: String(error),
  diff: '',
  rivals: 0,
  evidence: {},
});

const percentile = (values: readonly number[], p: number): number =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * p))] ?? 0;

export function summary(rows: readonly Row[]): string {
  const found = rows.filter((row) => row.outcome === 'repaired');
  const landed = found.filter((row) => row.confidence >= LAND_AT);
  const share = (n: number, of: number): string => `${n}/${of} (${of === 0 ? 0 : Math.round((100 * n) / of)} %)`;
  const times = rows.map((row) => row.ms);
  return [
    `green ${share(found.length, rows.length)}, right ${share(found.filter((row) => row.right).length, rows.length)}`,
    `landed at ${LAND_AT}: ${share(landed.length, rows.length)}, of these wrong ${share(landed.filter((row) => !row.right).length, landed.length)}`,
    `evaluations median ${percentile(
      rows.map((row) => row.evaluations),
      0.5,
    )}, time median ${percentile(times, 0.5)} ms, p95 ${percentile(times, 0.95)} ms`,
  ].join('\n');
}

const { values } = parseArgs({
  options: {
    set: { type: 'string' },
    filter: { type: 'string', default: '' },
    stride: { type: 'string', default: '1' },
    holdout: { type: 'string', default: '0' },
    out: { type: 'string' },
    jobs: { type: 'string', default: '1' },
  },
});
if (values.set === undefined) throw new Error('--set DIR is missing: a folder of cases, each with bug.json and repo/');
const set = resolve(values.set);
const stride = Number(values.stride);
const cases = readdirSync(set)
  .filter((name) => existsSync(join(set, name, 'repo')) && name.includes(values.filter))
  .filter((_, i) => i % stride === 0)
  .map((name) => join(set, name));
const rows: Row[] = [];
const queue = [...cases];
const worker = async (): Promise<void> => {
  for (let dir = queue.shift(); dir !== undefined; dir = queue.shift()) {
    const row = await judge(dir, Number(values.holdout)).catch((error: unknown) => crashed(basename(dir), error));
    rows.push(row);
    const mark = row.outcome !== 'repaired' ? '-' : row.right ? 'ok' : 'WRONG';
    console.log(
      `${basename(dir).padEnd(40)} ${mark.padEnd(6)} ${row.confidence.toFixed(2)} ${String(row.evaluations).padStart(6)} ${String(row.ms).padStart(7)} ms  ${row.operator || row.outcome} +${row.rivals}`,
    );
  }
};
await Promise.all(Array.from({ length: Number(values.jobs) }, worker));
console.log(summary(rows));
if (values.out !== undefined)
  writeFileSync(
    values.out,
    `${JSON.stringify(
      rows.toSorted((a, b) => (a.id < b.id ? -1 : 1)),
      null,
      1,
    )}\n`,
  );
