import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { backoffMs } from './backoff.ts';

const policy = { baseMs: 100, capMs: 1_000 };

test('backoffMs does not wait before the first try, then doubles up to the cap', () => {
  expect([0, 1, 2, 3, 4, 5, 500].map((failures) => backoffMs(failures, policy))).toEqual([
    0, 100, 200, 400, 800, 1_000, 1_000,
  ]);
});

test('backoffMs never falls and never exceeds the cap', () => {
  fc.assert(
    fc.property(fc.nat(10_000), (failures) => {
      expect(backoffMs(failures + 1, policy)).toBeGreaterThanOrEqual(backoffMs(failures, policy));
      expect(backoffMs(failures, policy)).toBeLessThanOrEqual(policy.capMs);
    }),
  );
});
