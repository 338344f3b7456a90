// What `node --test` prints for people. It names no file for a test that passes.
import { nestedPath } from './nested-path.ts';
import type { ParsedRun, TestResult } from './report.ts';

const RESULT = /^( *)([✔✖﹣⚠]) (.+?) \(\d[\d.]*ms\)(?: # (.*))?$/;
const OPENING = /^( *)▶ (.+?)(?: \(\d[\d.]*ms\))?$/;

export function parseNodeSpec(text: string): ParsedRun | null {
  const totals = { passed: sum(text, 'pass'), failed: sum(text, 'fail') + sum(text, 'cancelled') };
  if (!/^ℹ tests \d+$/m.test(text)) return null;
  const [listing = '', failures = ''] = text.split(/^✖ failing tests:$/m);
  const found: { name: string; nesting: number; status: TestResult['status']; parent: boolean }[] = [];
  const opened = new Set<string>();
  for (const line of listing.split('\n')) {
    const opening = OPENING.exec(line);
    if (opening !== null) opened.add(`${opening[1]?.length} ${opening[2]}`);
    const result = RESULT.exec(line);
    if (result === null) continue;
    const [, indent = '', mark, name = '', directive] = result;
    const status = directive !== undefined || mark === '﹣' ? 'skip' : mark === '✔' ? 'pass' : 'fail';
    found.push({ name, nesting: indent.length / 2, status, parent: opened.delete(`${indent.length} ${name}`) });
  }
  const details = failureDetails(failures);
  const paths = nestedPath(found);
  const tests = found.map(({ name, status, parent }, index): TestResult => {
    const detail = status === 'fail' && !parent ? details.get(name)?.shift() : undefined;
    return { path: paths[index] ?? [name], status, ...detail, suite: parent };
  });
  // A parent may be a suite, which is not counted, or a test with subtests, which is: the totals cannot tell them apart.
  const counted = tests.filter(({ suite, status }) => suite !== true && status === 'pass').length;
  const parents = tests.filter(({ suite, status }) => suite === true && status === 'pass').length;
  const agrees = totals.passed >= counted && totals.passed <= counted + parents;
  return { runner: 'node:test', tests, totals: agrees ? { passed: counted, failed: totals.failed } : totals };
}

/** Runs that follow each other, as in a workspace of packages, are added up. */
const sum = (text: string, what: string): number =>
  [...text.matchAll(new RegExp(`^ℹ ${what} (\\d+)$`, 'gm'))].reduce((total, [, count]) => total + Number(count), 0);

function failureDetails(text: string): Map<string, { file: string; message: string }[]> {
  const details = new Map<string, { file: string; message: string }[]>();
  for (const block of text.split(/^test at /m).slice(1)) {
    const [place = '', title = '', ...rest] = block.split('\n');
    const name = RESULT.exec(title)?.[3];
    if (name === undefined) continue;
    const message = rest
      .slice(0, rest.findIndex((line) => /^\s+at /.test(line)) >>> 0)
      .join('\n')
      .trim();
    const known = details.get(name) ?? [];
    known.push({ file: place.replace(/:\d+:\d+$/, ''), message });
    details.set(name, known);
  }
  return details;
}
