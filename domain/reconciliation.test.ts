import { expect, test } from '@jest/globals';
import { MAX_RESTARTS, repairsIn, restartPauseSeconds } from './reconciliation.ts';

test('a pass without repairs comes to 0, and repairs of all kinds add up', () => {
  expect(repairsIn({})).toBe(0);
  expect(repairsIn({ orphaned_bead: 2, stale_run: 1 })).toBe(3);
});

test('the pause grows with each restart, from none to half an hour', () => {
  const pauses = Array.from({ length: MAX_RESTARTS + 1 }, (_, restarts) => restartPauseSeconds(restarts) / 60);
  expect(pauses).toEqual([0, 2, 4, 8, 16, 32]);
});
