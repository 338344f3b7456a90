import { describe, expect, test } from '@jest/globals';
import { applyEdits, lineAt } from './edits.ts';

describe('applyEdits', () => {
  test('applies edits in any order and keeps everything between them', () => {
    const edits = [
      { start: 8, end: 9, replacement: 'z' },
      { start: 0, end: 1, replacement: 'xy' },
    ];
    expect(applyEdits('a  +  c b', edits)).toBe('xy  +  c z');
  });
  test('inserts where start and end are the same', () => {
    expect(applyEdits('ab', [{ start: 1, end: 1, replacement: '-' }])).toBe('a-b');
  });
  test('refuses edits that overlap or leave the text', () => {
    const overlapping = [
      { start: 0, end: 2, replacement: '' },
      { start: 1, end: 3, replacement: '' },
    ];
    expect(() => applyEdits('abcd', overlapping)).toThrow(RangeError);
    expect(() => applyEdits('ab', [{ start: 1, end: 3, replacement: '' }])).toThrow(RangeError);
  });
});

test('lineAt counts from 1 and puts a newline at the end of its own line', () => {
  expect([0, 1, 2, 3].map((offset) => lineAt('a\nb\n', offset))).toEqual([1, 1, 2, 2]);
});
