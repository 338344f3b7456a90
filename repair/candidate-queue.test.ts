import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { byWeight } from './candidate-queue.ts';

const source = (weights: readonly number[], opened?: () => void): { bound: number; open: () => Iterator<number> } => ({
  bound: Math.max(0, ...weights),
  open: () => {
    opened?.();
    return weights[Symbol.iterator]();
  },
});

describe('byWeight', () => {
  test('merges falling sources into one falling order, losing nothing', () => {
    const weights = fc.array(fc.array(fc.double({ min: 0.01, max: 1, noNaN: true }), { maxLength: 8 }), {
      maxLength: 8,
    });
    fc.assert(
      fc.property(weights, (lists) => {
        const sources = lists.map((list) => source(list.toSorted((a, b) => b - a)));
        const merged = [...byWeight(sources, (weight) => weight)];
        expect(merged).toEqual(lists.flat().sort((a, b) => b - a));
      }),
    );
  });
  test('does not open a source before its bound is reached', () => {
    let opened = 0;
    const candidates = byWeight([source([0.9, 0.8]), source([0.1], () => opened++)], (weight) => weight);
    candidates.next();
    candidates.next();
    expect(opened).toBe(0);
    expect(candidates.next().value).toBe(0.1);
    expect(opened).toBe(1);
  });
  test('never opens a source without weight', () => {
    expect([
      ...byWeight(
        [
          {
            bound: 0,
            open: () => {
              throw new Error('opened');
            },
          },
        ],
        () => 1,
      ),
    ]).toEqual([]);
  });
});
