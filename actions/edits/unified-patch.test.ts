import { describe, expect, test } from '@jest/globals';
import { applyHunks, parsePatch } from './unified-patch.ts';

const patched = (text: string, patch: string): string =>
  applyHunks(text, parsePatch(`--- a/f\n+++ b/f\n${patch}`)[0]?.hunks ?? []);

describe('parsePatch', () => {
  test('reads paths with and without prefixes, time stamps and prose around', () => {
    const files = parsePatch(
      'Here it is:\n--- src/a.js\t2026-01-01\n+++ src/a.js\t2026-01-02\n@@ -1 +1 @@\n-a\n+b\nThat is all.\n',
    );
    expect(files).toMatchObject([{ oldPath: 'src/a.js', newPath: 'src/a.js' }]);
  });

  test('knows creation, deletion, renaming and modes', () => {
    expect(
      parsePatch(
        'diff --git a/x b/x\nnew file mode 100755\n--- /dev/null\n+++ b/x\n@@ -0,0 +1 @@\n+a\n' +
          'diff --git a/y b/y\ndeleted file mode 100644\n--- a/y\n+++ /dev/null\n@@ -1 +0,0 @@\n-a\n' +
          'diff --git a/m b/n\nsimilarity index 100%\nrename from m\nrename to n\n' +
          'diff --git a/s b/s\nold mode 100644\nnew mode 100755\n',
      ),
    ).toMatchObject([
      { oldPath: null, newPath: 'x', mode: 0o755 },
      { oldPath: 'y', newPath: null },
      { oldPath: 'm', newPath: 'n', hunks: [] },
      { oldPath: 's', newPath: 's', mode: 0o755 },
    ]);
  });

  test.each([
    ['no diff at all', 'names no file'],
    ['@@ -1 +1 @@\n-a\n+b\n', 'a hunk without'],
    ['--- a/f\n+++ b/f\n@@ -1,3 +1 @@\n-a\n+b\n', 'other numbers of lines'],
    ['diff --git a/f b/f\nGIT binary patch\n', 'binary'],
  ])('%j is refused: %s', (patch, reason) => {
    expect(() => parsePatch(patch)).toThrow(reason);
  });
});

describe('applyHunks', () => {
  test('puts a hunk where its lines stand, near the line that it names', () => {
    expect(patched('x\nx\na\nb\n', '@@ -1,2 +1,2 @@\n a\n-b\n+c\n')).toBe('x\nx\na\nc\n');
    expect(patched('a\n1\na\n2\na\n3\n', '@@ -3 +3 @@\n-a\n+b\n')).toBe('a\n1\nb\n2\na\n3\n');
  });

  test('keeps or changes the missing end of the last line, as the patch says', () => {
    expect(patched('a\nb', '@@ -1,2 +1,2 @@\n-a\n+x\n b\n\\ No newline at end of file\n')).toBe('x\nb');
    expect(patched('a', '@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+b\n')).toBe('b\n');
    expect(patched('a\n', '@@ -1 +1 @@\n-a\n+b\n\\ No newline at end of file\n')).toBe('b');
    expect(patched('a\nb\nc', '@@ -1 +1 @@\n-a\n+x\n')).toBe('x\nb\nc');
  });

  test('keeps carriage returns, and gives them to new lines', () => {
    expect(patched('a\r\nb\r\n', '@@ -1,2 +1,3 @@\n a\n+new\n b\n')).toBe('a\r\nnew\r\nb\r\n');
  });

  test('inserts into an empty file and empties a full one', () => {
    expect(patched('', '@@ -0,0 +1,2 @@\n+a\n+b\n')).toBe('a\nb\n');
    expect(patched('a\n', '@@ -1 +0,0 @@\n-a\n')).toBe('');
  });

  test('an empty context line may have lost its blank', () => {
    expect(patched('a\n\nb\n', '@@ -1,3 +1,3 @@\n a\n\n-b\n+c\n')).toBe('a\n\nc\n');
  });

  test('a hunk that does not fit is named with its first line', () => {
    expect(() => patched('a\n', '@@ -1 +1 @@\n-z\n+b\n')).toThrow(
      'hunk 1 (line 1) does not fit: the lines from "z" on',
    );
  });
});
