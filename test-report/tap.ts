// The Test Anything Protocol: Node's (subtests, indented) and the flat one of tape and its kin, where a comment names the test
// and each line is one assertion of it.
import { nestedPath } from './nested-path.ts';
import type { ParsedRun, TestResult } from './report.ts';

interface Point {
  readonly ok: boolean;
  readonly name: string;
  readonly nesting: number;
  readonly left: boolean;
  /** Comment that stood before it. */
  readonly group: string | null;
  readonly detail: ReadonlyMap<string, string>;
}

const POINT = /^(\s*)(not )?ok\b(?: +\d+)?(?: +-)? ?(.*)$/;

export function parseTap(text: string): ParsedRun | null {
  const lines = text.split('\n');
  const version = lines.findIndex((line) => /^TAP version 1[34]$/.test(line));
  const plan = lines.some((line) => /^1\.\.\d+/.test(line));
  if (version === -1 && !plan) return null;
  const points: Point[] = [];
  let group: string | null = null;
  let bailed = false;
  let subtests = false;
  for (let at = Math.max(0, version); at < lines.length; at++) {
    const line = lines[at] ?? '';
    const comment = /^\s*# (Subtest: )?(.+)$/.exec(line);
    if (comment !== null) {
      subtests ||= comment[1] !== undefined;
      if (!/^(tests|pass|fail|ok|suites|cancelled|skipped|todo|duration_ms)\b/.test(comment[2] ?? ''))
        group = comment[2] ?? null;
      continue;
    }
    bailed ||= line.startsWith('Bail out!');
    const point = POINT.exec(line);
    if (point === null) continue;
    const indent = point[1] ?? '';
    const directive = /(?<!\\) # (SKIP|TODO)\b.*$/i.exec(point[3] ?? '');
    const block = yamlBlock(lines, at + 1, indent);
    at = block.next - 1;
    points.push({
      ok: point[2] === undefined,
      name: (directive === null ? (point[3] ?? '') : (point[3] ?? '').slice(0, directive.index)).replaceAll('\\#', '#'),
      nesting: Math.floor(indent.length / 4),
      left: directive !== null,
      group,
      detail: block.values,
    });
  }
  if (points.length === 0) return null;
  return { runner: subtests ? 'node:test' : 'tap', tests: subtests ? nested(points) : flat(points), broken: bailed };
}

function nested(points: readonly Point[]): TestResult[] {
  const paths = nestedPath(points);
  return points.map((point, index) => {
    const file = /^(.*?)(?::\d+)*$/.exec(point.detail.get('location') ?? '')?.[1];
    return {
      path: paths[index] ?? [point.name],
      status: point.left ? 'skip' : point.ok ? 'pass' : 'fail',
      ...(file === undefined || file === '' ? {} : { file }),
      ...(point.ok || !point.detail.has('error') ? {} : { message: point.detail.get('error') ?? '' }),
      suite: point.detail.get('type') === 'suite',
    };
  });
}

/** Assertions under a comment are one test; one that stands before any comment is a test itself. */
function flat(points: readonly Point[]): TestResult[] {
  const tests = new Map<string, TestResult>();
  for (const point of points) {
    const key = point.group ?? `\0${point.name}`;
    const before = tests.get(key)?.status;
    if (before === 'fail') continue;
    const status = point.left ? (before ?? 'skip') : point.ok ? 'pass' : 'fail';
    tests.set(key, {
      path: [point.group ?? point.name],
      status,
      ...(status === 'fail' ? { message: point.name } : {}),
    });
  }
  return [...tests.values()];
}

/** The indented block between --- and ...; only its own scalars are read. */
function yamlBlock(
  lines: readonly string[],
  start: number,
  indent: string,
): { values: Map<string, string>; next: number } {
  const values = new Map<string, string>();
  if (lines[start]?.trim() !== '---') return { values, next: start };
  const end = lines.findIndex((line, index) => index > start && line.trim() === '...' && line.startsWith(indent));
  const stop = end === -1 ? lines.length : end;
  const inner = (/^\s*/.exec(lines[start] ?? '')?.[0] ?? '').length;
  for (let at = start + 1; at < stop; at++) {
    const entry = /^(\s*)(\w+):\s*(.*)$/.exec(lines[at] ?? '');
    if (entry === null || (entry[1] ?? '').length !== inner) continue;
    let value = entry[3] ?? '';
    if (/^[|>]-?$/.test(value)) {
      const text: string[] = [];
      while (
        at + 1 < stop &&
        (/^\s*$/.test(lines[at + 1] ?? '') || (lines[at + 1] ?? '').startsWith(' '.repeat(inner + 1)))
      ) {
        text.push((lines[++at] ?? '').slice(inner + 2));
      }
      value = text.join('\n').trimEnd();
    }
    values.set(entry[2] ?? '', value.replace(/^'(.*)'$/s, '$1'));
  }
  return { values, next: end === -1 ? lines.length : end + 1 };
}
