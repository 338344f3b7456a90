import { describe, expect, test } from '@jest/globals';
import type { Candidate } from './engine.ts';
import { compose } from './pairs.ts';

const single = (operator: string, weight: number, start: number, end = start + 1): Candidate => ({
  edits: [{ file: 'a.js', start, end, replacement: operator }],
  operator,
  weight,
  line: 1,
});

describe('compose', () => {
  const a = single('a', 0.9, 0);
  const b = single('b', 0.5, 5);
  const c = single('c', 0.4, 10);

  test('gives each pair once, the likeliest first, weighing the product', () => {
    const pairs = [...compose([a, b, c], [a, b, c])];
    expect(pairs.map(({ operator }) => operator)).toEqual(['a, b', 'a, c', 'b, c']);
    expect(pairs.map(({ weight }) => Number(weight.toFixed(2)))).toEqual([0.45, 0.36, 0.2]);
    expect(pairs[0]?.edits).toEqual([...a.edits, ...b.edits]);
  });
  test('leaves out edits of the same text, and two insertions at one place, whose order nobody knows', () => {
    expect([...compose([single('wide', 0.9, 0, 6)], [b])]).toEqual([]);
    expect([...compose([single('here', 0.9, 3, 3)], [single('too', 0.8, 3, 3)])]).toEqual([]);
  });
  test('pairs edits of different files whatever their offsets', () => {
    const elsewhere: Candidate = { ...a, edits: [{ file: 'b.js', start: 0, end: 1, replacement: '' }] };
    expect([...compose([a], [elsewhere])]).toHaveLength(1);
  });
});
