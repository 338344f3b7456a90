// Test results by name, from what runners print: TAP (node:test, tape, ...), unittest and pytest.

export interface TestReport {
  readonly passed: ReadonlySet<string>;
  readonly failed: ReadonlySet<string>;
}

const unescapeTap = (name: string): string => name.replace(/\\([#\\])/g, '$1').trim();

/**
 * Names from TAP, subtests included, joined to their parents by " > ". A line of assertions without a name is counted under the comment
 * before it, which is how tape reports.
 */
export function parseTap(text: string): TestReport | undefined {
  if (!/^TAP version 1[34]/m.test(text)) return undefined;
  const passed = new Set<string>();
  const failed = new Set<string>();
  const path: string[] = [];
  let comment = '';
  for (const line of text.split('\n')) {
    const subtest = /^(\s*)# Subtest: (.*)$/.exec(line);
    if (subtest) {
      path[(subtest[1] ?? '').length / 4] = unescapeTap(subtest[2] ?? '');
      continue;
    }
    const heading = /^# (?!(?:tests|suites|pass|fail|cancelled|skipped|todo|duration_ms|ok|file|red|\d)\b)(.*)$/.exec(
      line,
    );
    if (heading) comment = unescapeTap(heading[1] ?? '');
    const point = /^(\s*)(not ok|ok) \d+(?: - | )?(.*?)(?:\s# (SKIP|TODO)\b.*)?$/.exec(line);
    if (point === null) continue;
    const depth = (point[1] ?? '').length / 4;
    const own = unescapeTap(point[3] ?? '');
    const nested = path[depth] === own;
    const name = nested ? [...path.slice(0, depth), own].join(' > ') : comment === '' ? own : comment;
    const ok = point[2] === 'ok' || point[4] === 'TODO';
    if (!ok) {
      failed.add(name);
      passed.delete(name);
    } else if (!failed.has(name)) passed.add(name);
  }
  return { passed, failed };
}

/** Failures as unittest prints them; it names what passed only when asked to be verbose. */
export function parseUnittest(text: string): TestReport | undefined {
  if (!/^Ran \d+ tests? in /m.test(text)) return undefined;
  const failed = new Set<string>();
  for (const match of text.matchAll(/^(?:FAIL|ERROR): (\S+)(?: \(([^)]*)\))?/gm)) failed.add(match[1] ?? '');
  const passed = new Set<string>();
  for (const match of text.matchAll(/^(\w+) \([^)]*\)(?:\n[^\n]*)? \.\.\. ok$/gm)) passed.add(match[1] ?? '');
  return { passed, failed };
}

export function parsePytest(text: string): TestReport | undefined {
  if (!/^=+ .*\b(?:passed|failed|error)s?\b.* =+$/m.test(text)) return undefined;
  const failed = new Set<string>();
  for (const match of text.matchAll(/^(?:FAILED|ERROR) (\S+)/gm)) failed.add((match[1] ?? '').split('::').at(-1) ?? '');
  return { passed: new Set(), failed };
}

/** The first form that fits; undefined when none does. */
export const parseReport = (text: string): TestReport | undefined =>
  parseTap(text) ?? parseUnittest(text) ?? parsePytest(text);

/** Whether a reported name is the one that was asked for: in full, or the last part of it. */
export function sameTest(reported: string, wanted: string): boolean {
  if (reported === wanted) return true;
  const plain = (name: string): string => name.replace(/ (?:>|›|\/) /g, ' ').trim();
  return (
    plain(reported) === plain(wanted) ||
    reported.endsWith(` > ${wanted}`) ||
    wanted.endsWith(` > ${reported}`) ||
    wanted.endsWith(`.${reported}`)
  );
}
