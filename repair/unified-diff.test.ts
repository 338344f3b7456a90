import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { unifiedDiff } from './unified-diff.ts';

function afterGitApply(before: string, diff: string): string {
  const dir = mkdtempSync(join(tmpdir(), 'loom-diff-test-'));
  try {
    writeFileSync(join(dir, 'f.txt'), before);
    execFileSync('git', ['apply', '--whitespace=nowarn', '-'], {
      cwd: dir,
      input: diff,
      env: { ...process.env, GIT_CEILING_DIRECTORIES: tmpdir() },
    });
    return readFileSync(join(dir, 'f.txt'), 'utf8');
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

describe('unifiedDiff', () => {
  test('is empty when nothing changed', () => {
    expect(unifiedDiff('f.txt', 'a\n', 'a\n')).toBe('');
  });
  test('shows three lines of context and joins near changes into one hunk', () => {
    const lines = Array.from({ length: 12 }, (_, i) => `${i}\n`);
    const diff = unifiedDiff('f.txt', lines.join(''), lines.with(4, 'four\n').with(7, 'seven\n').join(''));
    expect(diff.match(/^@@/gm)).toHaveLength(1);
    expect(diff).toContain('@@ -2,10 +2,10 @@');
  });
  test('says so when the last line has no newline', () => {
    expect(unifiedDiff('f.txt', 'a', 'b')).toBe(
      '--- a/f.txt\n+++ b/f.txt\n@@ -1,1 +1,1 @@\n-a\n\\ No newline at end of file\n+b\n\\ No newline at end of file\n',
    );
  });
  test('is what git apply takes, whatever the change', () => {
    const text = fc
      .array(fc.constantFrom('a', 'b', 'c', ''), { minLength: 1, maxLength: 24 })
      .map((lines) => lines.map((line) => `${line}\n`).join(''));
    fc.assert(
      fc.property(text, text, (before, after) => {
        fc.pre(before !== after);
        expect(afterGitApply(before, unifiedDiff('f.txt', before, after))).toBe(after);
      }),
      { numRuns: 40 },
    );
  });
});
