// pytest: the short summary (`-rfEpsxX` names every test), or the listing of -v.
import type { ParsedRun, TestResult } from './report.ts';

const TOTALS =
  /^=+ (?:.*, )?(?:\d+ (?:passed|failed|errors?|skipped|xfailed|xpassed|deselected|warnings?|subtests passed)|no tests ran)\b.* in [\d.]+s.*=+$/m;
const SUMMARY_LINE = /^(FAILED|PASSED|ERROR|XFAIL|XPASS|SUBFAILED\S*) (\S+?\.py(?:::\S.*?)?)(?: - (.*))?$/gm;
const LISTING_LINE = /^(\S+?\.py::.+?) (PASSED|FAILED|ERROR|SKIPPED|XFAIL|XPASS|SUBFAILED\S*)\b.*$/gm;

export function parsePytest(text: string): ParsedRun | null {
  const line = TOTALS.exec(text)?.[0];
  if (line === undefined) return null;
  const tests = new Map<string, TestResult>();
  const add = (word: string, id: string, message: string | undefined): void => {
    const [file = '', ...path] = id.split('::');
    const status = STATUS[word.replace(/\(.*$/, '')] ?? 'fail';
    // A test with a failed subtest is listed as passed as well.
    if (tests.get(id)?.status === 'fail' && tests.get(id)?.message !== undefined) return;
    if (tests.get(id)?.status === 'fail' && status !== 'fail') return;
    tests.set(id, {
      path: path.length > 0 ? path : [file],
      file,
      status,
      ...(message === undefined ? {} : { message }),
    });
  };
  for (const [, id = '', word = ''] of text.matchAll(LISTING_LINE)) add(word, id, undefined);
  const [, summary = ''] = text.split(/^=+ short test summary info =+$/m);
  for (const [, word = '', id = '', message] of summary.matchAll(SUMMARY_LINE)) add(word, id, message);
  const total = (what: string): number => Number(new RegExp(`(\\d+) ${what}`).exec(line)?.[1] ?? 0);
  const all = [...tests.values()];
  const failing = all.filter(({ status }) => status === 'fail').length;
  const passing = all.filter(({ status }) => status === 'pass').length;
  const failed = total('failed') + total('error');
  // Where a subtest fails, its test is counted as passed and as failed.
  const passed = passing > 0 ? Math.min(passing, total('passed') + total('xfailed')) : total('passed');
  return {
    runner: 'pytest',
    tests: all,
    totals: { passed, failed: Math.min(failed, failing) || failed },
    broken: /Interrupted|no tests ran/.test(text),
  };
}

const STATUS: Readonly<Record<string, TestResult['status']>> = {
  PASSED: 'pass',
  XFAIL: 'pass',
  SKIPPED: 'skip',
  FAILED: 'fail',
  ERROR: 'fail',
  SUBFAILED: 'fail',
  XPASS: 'pass',
};
