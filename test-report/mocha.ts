// mocha's default reporter. It names no files.
import type { ParsedRun, TestResult } from './report.ts';

export function parseMocha(text: string): ParsedRun | null {
  const end = /^ {2}(\d+) passing \(/m.exec(text);
  if (end === null) return null;
  const failed = Number(/^ {2}(\d+) failing$/m.exec(text)?.[1] ?? 0);
  const tests: TestResult[] = [];
  let suites: { name: string; indent: number }[] = [];
  for (const line of text.slice(0, end.index).split('\n')) {
    const [, indent = '', text = ''] = /^( +)(\S.*)$/.exec(line) ?? [];
    if (text === '') continue;
    suites = suites.filter((suite) => suite.indent < indent.length);
    const result = /^(?:([✔✓])|(\d+)\)|(-)) (.+?)(?: \(\d+ms\))?$/.exec(text);
    if (result === null) {
      suites.push({ name: text, indent: indent.length });
      continue;
    }
    const [, passed, number, , name = ''] = result;
    const path = [...suites.map((suite) => suite.name), name];
    if (passed !== undefined) tests.push({ path, status: 'pass' });
    else if (number === undefined) tests.push({ path, status: 'skip' });
    else tests.push({ path, status: 'fail', message: messageOf(text.slice(end.index), number) });
  }
  return { runner: 'mocha', tests, totals: { passed: Number(end[1]), failed } };
}

/** The text of the numbered failure: after its title, which ends with a colon, up to its stack. */
function messageOf(failures: string, number: string): string {
  const [, body = ''] =
    new RegExp(`^ {2}${number}\\) [\\s\\S]*?:\\n([\\s\\S]*?)(?=\\n +at |\\n {2}\\d+\\) |$(?![\\s\\S]))`, 'm').exec(
      failures,
    ) ?? [];
  return body.trim();
}
