import { expect, test } from '@jest/globals';
import { seededRandom } from '../support/seeded-random.ts';
import { PHASES, zombieMoments } from './zombie-moments.ts';

test('twenty moments are spread over all phases, with and without the children, thawed early and late', () => {
  const moments = zombieMoments(seededRandom(1), 20);
  expect(moments).toHaveLength(20);
  for (const phase of Object.keys(PHASES)) {
    const own = moments.filter((moment) => moment.phase === phase);
    expect(own.length).toBeGreaterThanOrEqual(2);
    expect(new Set(own.map(({ whole }) => whole)).size).toBe(2);
    expect(new Set(own.map(({ thawed }) => thawed)).size).toBe(2);
  }
  expect(zombieMoments(seededRandom(1), 20)).toEqual(moments);
});
