import { describe, expect, test } from '@jest/globals';
import { seededRandom } from '../support/seeded-random.ts';
import { dealt, killPoints } from './kill-points.ts';

const VICTIMS = ['host', 'llm', 'orchestrator'] as const;

describe('the points at which runs are killed', () => {
  const points = killPoints(seededRandom(7), 30, VICTIMS);

  test('are every boundary and one place in every stretch', () => {
    const steps = Array.from({ length: 30 }, (_, index) => index + 1);
    const at = (boundary: boolean) =>
      points
        .filter(({ share }) => (share === 0) === boundary)
        .map(({ step }) => step)
        .sort((a, b) => a - b);
    expect(at(true)).toEqual(steps);
    expect(at(false)).toEqual(steps);
    for (const { share } of points) expect(share).toBeLessThan(1);
  });

  test('take the victims in turn', () => {
    for (const victim of VICTIMS) expect(points.filter((point) => point.victim === victim)).toHaveLength(20);
  });

  test('are the same for the same seed, and others for another', () => {
    expect(killPoints(seededRandom(7), 30, VICTIMS)).toEqual(points);
    expect(killPoints(seededRandom(8), 30, VICTIMS)).not.toEqual(points);
  });

  test('are dealt to runs in the order in which they come, each once and apart from one another', () => {
    const runs = dealt(points, 4);
    expect(runs).toHaveLength(15);
    expect(new Set(runs.flat())).toEqual(new Set(points));
    for (const run of runs) {
      expect(run).toHaveLength(4);
      for (const [index, { step }] of run.entries()) {
        const before = run[index - 1];
        if (before !== undefined) expect(step - before.step).toBeGreaterThanOrEqual(6);
      }
    }
  });
});
