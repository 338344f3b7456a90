// vitest: the flat listing of --reporter=verbose, else the failures and the totals.
import type { ParsedRun, TestResult } from './report.ts';

const FLAT = /^ ([✓×↓]) (\S+\.[cm]?[jt]sx?) > (.+?)(?: \d+ms)?$/gm;
const FAILURE = /^ FAIL {2}(?:\|[^|]*\| )?(\S+\.[cm]?[jt]sx?)(?: > (.+)| \[.*\])?$/gm;

export function parseVitest(text: string): ParsedRun | null {
  const line = /^ {6}Tests {2}(.+)$/m.exec(text)?.[1] ?? (/^ Test Files {2}.+$/m.test(text) ? '' : undefined);
  if (line === undefined) return null;
  const tests = new Map<string, TestResult>();
  for (const [, mark, file = '', name = ''] of text.matchAll(FLAT)) {
    const status = mark === '✓' ? 'pass' : mark === '×' ? 'fail' : 'skip';
    tests.set(`${file} ${name}`, { path: name.split(' > '), file, status });
  }
  let broken = false;
  for (const match of text.matchAll(FAILURE)) {
    const [, file = '', name] = match;
    broken ||= name === undefined; // the file could not be loaded
    const message =
      match.input
        .slice(match.index + match[0].length + 1)
        .split(/\n(?: ❯|\n|⎯)/)[0]
        ?.trim() ?? '';
    tests.set(`${file} ${name ?? ''}`, { path: name?.split(' > ') ?? [file], file, status: 'fail', message });
  }
  const total = (what: string): number => Number(new RegExp(`(\\d+) ${what}`).exec(line)?.[1] ?? 0);
  return {
    runner: 'vitest',
    tests: [...tests.values()],
    totals: { passed: total('passed'), failed: total('failed') },
    broken,
  };
}
