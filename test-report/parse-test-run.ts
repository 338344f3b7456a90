// What a test run says, read from its output. Pure. An output that cannot be read is `unknown` and proves nothing, whatever the
// exit status; a report whose numbers do not agree with the runner's own is not called complete.
import { stripVTControlCharacters } from 'node:util';
import { isTest } from './match-test.ts';
import { parseJest } from './jest.ts';
import { parseMocha } from './mocha.ts';
import { parseNodeEvents } from './node-events.ts';
import { parseNodeSpec } from './node-spec.ts';
import { parsePytest } from './pytest.ts';
import { parseTap } from './tap.ts';
import { parseUnittest } from './unittest.ts';
import { parseVitest } from './vitest.ts';
import type { NamedTest, ParsedRun, TestReport, TestResult } from './report.ts';

// The order goes from the most telling signs to the least; a suite's output may contain another runner's.
const PARSERS = [
  parseNodeEvents,
  parsePytest,
  parseUnittest,
  parseVitest,
  parseJest,
  parseTap,
  parseNodeSpec,
  parseMocha,
];

/** How a test command ended; a result of the sandbox is one. */
export interface TestOutput {
  readonly stdout: string;
  readonly stderr: string;
  /** Null where it was killed. */
  readonly exitCode: number | null;
  /** Bytes that are missing from the middle of each stream. */
  readonly truncated: { readonly stdout: number; readonly stderr: number };
}

export function parseTestRun({ stdout, stderr, exitCode, truncated }: TestOutput): TestReport {
  const text = plain(`${stdout}\n${stderr}`);
  const whole = exitCode !== null && truncated.stdout + truncated.stderr === 0;
  for (const parse of PARSERS) {
    const run = parse(text);
    if (run !== null) return reportOf(run, whole);
  }
  return { runner: 'unknown', passed: null, failed: null, failing: [], passing: [], complete: false, results: [] };
}

function reportOf(run: ParsedRun, whole: boolean): TestReport {
  const named = (status: TestResult['status']): NamedTest[] =>
    run.tests
      .filter((test) => test.status === status && test.suite !== true)
      .map(({ path, file, message }) => ({
        name: path.join(' > '),
        ...(file === undefined ? {} : { file }),
        ...(message === undefined ? {} : { message }),
      }));
  const failing = named('fail');
  const passing = named('pass');
  const { passed, failed } = run.totals ?? { passed: passing.length, failed: failing.length };
  const agrees = passing.length === passed && failing.length >= failed;
  return {
    runner: run.runner,
    passed,
    failed: Math.max(failed, run.broken === true ? 1 : 0),
    failing,
    passing,
    complete: agrees && whole && run.broken !== true,
    results: run.tests,
  };
}

/** Without colours and carriage returns. */
const plain = (text: string): string => stripVTControlCharacters(text).replaceAll('\r\n', '\n');

/**
 * `absent`: the report lists every test and this one is not among them. `unknown`: the output does not tell. `name` may be the
 * test alone, or with its suites in the form of any runner; an empty `file` fits every file. A name
 * that fits several is green only when none of them is red.
 */
export function statusOf(
  report: TestReport,
  named: { readonly file: string; readonly name: string },
): 'pass' | 'fail' | 'absent' | 'unknown' {
  const fitting = report.results.filter((test) => isTest(test, named));
  if (fitting.some(({ status }) => status === 'fail')) return 'fail';
  if (fitting.some(({ status }) => status === 'pass')) return 'pass';
  // A skipped test has not run, and so proves nothing.
  if (fitting.length > 0) return 'absent';
  return report.complete ? 'absent' : 'unknown';
}
