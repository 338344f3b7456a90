// For measuring: removes a part of the tests from a project, so that a repair can be judged by tests that it has not seen.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestName } from './protocol.ts';

interface Found {
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

/** Top-level `test(...)` calls that end with `});` in the first column. */
function javascriptTests(text: string): Found[] {
  return [...text.matchAll(/^(?:test|it)\((['"`])((?:(?!\1)[^\\\n]|\\.)*)\1[\s\S]*?^\}\);?\n/gm)].map((match) => ({
    name: (match[2] ?? '').replace(/\\(.)/g, '$1'),
    start: match.index,
    end: match.index + match[0].length,
  }));
}

/** Methods of unittest cases, up to the next method or the end of the class. */
function pythonTests(text: string): Found[] {
  return [...text.matchAll(/^( +)def (test\w*)\(self\):\n(?:\1 +[^\n]*\n|\s*\n)*/gm)].map((match) => ({
    name: match[2] ?? '',
    start: match.index,
    end: match.index + match[0].length,
  }));
}

/**
 * Removes about `share` of the tests of each file that holds failing ones, always the same, and never all failing ones.
 * @returns the names that were removed.
 */
export function hideTests(root: string, failing: readonly TestName[], share: number): Set<string> {
  const hidden = new Set<string>();
  for (const file of new Set(failing.map((test) => test.file))) {
    const path = join(root, file);
    const text = readFileSync(path, 'utf8');
    const tests = file.endsWith('.py') ? pythonTests(text) : javascriptTests(text);
    const isFailing = (name: string): boolean => failing.some((test) => test.file === file && test.name === name);
    let shown = tests.filter((test) => isFailing(test.name)).length;
    const gone: Found[] = [];
    const wanted = Math.round(tests.length * share);
    // From the end, every third or so: neither only the simple tests, which come first, nor only the hard ones.
    const step = Math.max(1, Math.floor(tests.length / Math.max(1, wanted)));
    for (let i = tests.length - 1; i >= 0 && gone.length < wanted; i -= step) {
      const test = tests[i];
      if (test === undefined || (isFailing(test.name) && --shown < 1)) continue;
      gone.push(test);
    }
    let out = text;
    for (const test of gone.sort((a, b) => b.start - a.start)) {
      hidden.add(test.name);
      out = out.slice(0, test.start) + out.slice(test.end);
    }
    writeFileSync(path, out);
  }
  return hidden;
}
