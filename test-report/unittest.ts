// Python's unittest, with and without -v. It writes to standard error; without -v, tests that pass have no name.
import type { ParsedRun, TestResult } from './report.ts';

const SUMMARY = /^Ran (\d+) tests? in [\d.]+s$/gm;
/** `test_bad (tests.test_sum.TestSum.test_bad)`, before Python 3.11 without the method at the end. */
const TEST = /^(\S+) \(([\w.]+)\)/;

export function parseUnittest(text: string): ParsedRun | null {
  const ran = [...text.matchAll(SUMMARY)].reduce((total, [, count]) => total + Number(count), 0);
  if (!/^Ran \d+ tests? in /m.test(text) || !/^(OK|FAILED|NO TESTS RAN)\b/m.test(text)) return null;
  const tests = new Map<string, TestResult>();
  const add = (test: string, result: Pick<TestResult, 'status' | 'message'>): void => {
    const place = placeOf(test);
    if (place === null) return;
    const key = place.path.join('.');
    const before = tests.get(key);
    if (before?.status === 'fail' && before.message !== undefined) return;
    tests.set(key, { ...place, ...result });
  };
  const [listing = ''] = text.split(/^={70}$/m);
  for (const [, test = '', word = ''] of listing.matchAll(
    /^(\S+ \([\w.]+\))(?:\n[^\n]*?| \([^\n]*?\))? \.\.\. (?:[^\n]*?\n)??(?:[^\n]*?)(ok|FAIL|ERROR|skipped|expected failure|unexpected success)\b[^\n]*$/gm,
  )) {
    const passed = word === 'ok' || word === 'expected failure';
    add(test, { status: passed ? 'pass' : word === 'skipped' ? 'skip' : 'fail' });
  }
  for (const [, test = '', body = ''] of text.matchAll(
    /^(?:FAIL|ERROR): (\S+ \([\w.]+\)).*\n(?:.*\n)?-{70}\n([\s\S]*?)(?=\n\n[=-]{70}$|\n={70}$)/gm,
  )) {
    add(test, { status: 'fail', message: messageOf(body) });
  }
  const skipped = count(text, 'skipped');
  const all = [...tests.values()];
  const failing = all.filter(({ status }) => status === 'fail').length;
  const failed = Math.max(failing, count(text, 'unexpected successes'));
  return { runner: 'unittest', tests: all, totals: { passed: Math.max(0, ran - failed - skipped), failed } };
}

function placeOf(text: string): { path: string[]; file?: string } | null {
  const [, method = '', dotted = ''] = TEST.exec(text) ?? [];
  if (dotted === '') return null;
  const loader = /^unittest\.loader\.(?:_FailedTest|ModuleSkipped)\.?(.*)$/.exec(dotted);
  if (loader !== null) {
    // The module could not be loaded: the test has its name.
    const module = loader[1] === '' || loader[1] === undefined ? method : loader[1];
    return { path: [module], file: `${module.replaceAll('.', '/')}.py` };
  }
  const parts = dotted.split('.');
  if (parts.at(-1) === method) parts.pop();
  const className = parts.pop() ?? '';
  return { path: [className, method], ...(parts.length === 0 ? {} : { file: `${parts.join('/')}.py` }) };
}

/** The exception: what follows the last line of the traceback that shows code. */
function messageOf(body: string): string {
  const lines = body.trimEnd().split('\n');
  const start = lines.findLastIndex((line) => /^\s/.test(line)) + 1;
  return lines.slice(start).join('\n').trim() || (lines.at(-1) ?? '');
}

const count = (text: string, what: string): number =>
  [...text.matchAll(new RegExp(`^(?:OK|FAILED) \\(.*\\b${what}=(\\d+)`, 'gm'))].reduce(
    (total, [, n]) => total + Number(n),
    0,
  );
