// jest: the listing of --verbose where there is one, else the failures and the totals.
import type { ParsedRun, TestResult } from './report.ts';

const FILE = /^(PASS|FAIL) (?:\S+ )??(\S+\.[cm]?[jt]sx?)(?: \([\d.]+ m?s\))?$/;
const RESULT = /^( +)([✓✕○✎√×]) (?:(?:skipped|todo) )?(.+?)(?: \([\d.]+ m?s\))?$/;
const FAILURE = /^ {2}● (.+)$/;

export function parseJest(text: string): ParsedRun | null {
  const totals = [...text.matchAll(/^Tests: +(.*\d+ total)$/gm)].map(([, line = '']) => line);
  if (totals.length === 0 || !/^Test Suites: /m.test(text)) return null;
  const tests = new Map<string, TestResult>();
  let file = '';
  let broken = false;
  let suites: { name: string; indent: number }[] = [];
  let listing = false;
  const lines = text.split('\n');
  for (const [at, line] of lines.entries()) {
    const start = FILE.exec(line);
    if (start !== null) {
      file = (start[2] ?? '').replace(/^\.\//, '');
      suites = [];
      listing = true;
      continue;
    }
    if (/^(Test Suites:|Summary of all failing tests)/.test(line)) file = '';
    if (file === '') continue;
    const failure = FAILURE.exec(line)?.[1];
    if (failure !== undefined) {
      listing = false;
      if (failure === 'Console') continue;
      broken ||= failure === 'Test suite failed to run';
      const path = failure === 'Test suite failed to run' ? [file] : failure.split(' › ');
      tests.set(`${file} ${path.join(' › ')}`, { path, file, status: 'fail', message: messageAfter(lines, at) });
      continue;
    }
    if (!listing || line.trim() === '') continue;
    const indent = (/^ */.exec(line)?.[0] ?? '').length;
    suites = suites.filter((suite) => suite.indent < indent);
    const result = RESULT.exec(line);
    if (result === null) {
      if (indent >= 2) suites.push({ name: line.trim(), indent });
      continue;
    }
    const path = [...suites.map(({ name }) => name), result[3] ?? ''];
    const mark = result[2] ?? '';
    const status = '✓√'.includes(mark) ? 'pass' : '✕×'.includes(mark) ? 'fail' : 'skip';
    tests.set(`${file} ${path.join(' › ')}`, { path, file, status });
  }
  const total = (what: string): number =>
    totals.reduce((all, line) => all + Number(new RegExp(`(\\d+) ${what}`).exec(line)?.[1] ?? 0), 0);
  return {
    runner: 'jest',
    tests: [...tests.values()],
    totals: { passed: total('passed'), failed: total('failed') },
    broken,
  };
}

/** The indented text after a failure's title, up to the code frame or the stack. */
function messageAfter(lines: readonly string[], title: number): string {
  const rest = lines.slice(title + 1, title + 60);
  const end = rest.findIndex((line) => /^\s+(?:at |>? *\d+ \|)/.test(line) || FAILURE.test(line) || FILE.test(line));
  return rest
    .slice(0, end === -1 ? rest.length : end)
    .map((line) => line.replace(/^ {4}/, ''))
    .join('\n')
    .trim();
}
