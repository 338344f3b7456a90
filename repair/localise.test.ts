import { describe, expect, test } from '@jest/globals';
import { ochiai, suspicion } from './localise.ts';

describe('ochiai', () => {
  test('is 1 where exactly the failing tests go', () => expect(ochiai({ failing: 3, passing: 0 }, 3)).toBe(1));
  test('is 0 where no failing test goes', () => expect(ochiai({ failing: 0, passing: 4 }, 3)).toBe(0));
  test('falls with every passing test that goes there too', () => {
    expect(ochiai({ failing: 1, passing: 1 }, 1)).toBeGreaterThan(ochiai({ failing: 1, passing: 5 }, 1));
  });
});

describe('suspicion', () => {
  test('gives the most suspicious place 1 and sharpens the rest', () => {
    const scores = suspicion(
      [
        { failing: 1, passing: 3 },
        { failing: 1, passing: 15 },
        { failing: 0, passing: 1 },
      ],
      1,
    );
    expect(scores).toEqual([1, 0.25, 0]);
  });
  test('is nowhere when nothing fails', () => expect(suspicion([{ failing: 0, passing: 2 }], 0)).toEqual([0]));
});
