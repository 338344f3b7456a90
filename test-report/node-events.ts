// The marked lines of node-reporter.mjs, which come among whatever else the run prints.
import { nestedPath } from './nested-path.ts';
import type { ParsedRun } from './report.ts';

const MARK = '##loom-test ';

interface Line {
  readonly passed: boolean;
  readonly name: string;
  readonly nesting: number;
  readonly file?: string;
  readonly suite: boolean;
  readonly left: boolean;
  readonly message?: string;
}

export function parseNodeEvents(text: string): ParsedRun | null {
  const lines = text.split('\n').filter((line) => line.startsWith(MARK));
  if (lines.length === 0) return null;
  const events: Line[] = [];
  let broken = false;
  for (const line of lines) {
    try {
      events.push(JSON.parse(line.slice(MARK.length)) as Line);
    } catch {
      broken = true; // cut from the middle of a long output: the rest still tells what it tells
    }
  }
  const paths = nestedPath(events.map(({ name, nesting }) => ({ name, nesting })));
  const tests = events.map((event, index) => ({
    path: paths[index] ?? [event.name],
    ...(event.file === undefined ? {} : { file: event.file }),
    status: event.left ? ('skip' as const) : event.passed ? ('pass' as const) : ('fail' as const),
    ...(event.message === undefined ? {} : { message: event.message }),
    suite: event.suite,
  }));
  return { runner: 'node:test', tests, broken };
}
