// A frozen host that is thawed after its lease has moved changes nothing, whatever it was doing; `npm run chaos -- zombies` has more
// moments and all phases.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Lane, openLane } from '../chaos/lane.ts';
import type { ComparedBead } from '../chaos/run-comparison.ts';
import { haunt, undisturbedZombieRun } from '../chaos/zombie.ts';
import { type ZombieMoment, shownMoment } from '../chaos/zombie-moments.ts';

const MOMENTS: readonly ZombieMoment[] = [
  { phase: 'set-up', delayMs: 100, whole: false, thawed: 'at the end' },
  { phase: 'append', delayMs: 0, whole: true, thawed: 'at the take-over' },
  { phase: 'gate', delayMs: 100, whole: true, thawed: 'at the end' },
];

let lane: Lane;
let expected: ComparedBead;
beforeAll(async () => {
  lane = await openLane({ fused: false });
  expected = await undisturbedZombieRun(lane);
}, 120_000);
afterAll(() => lane.stop());

test.each(MOMENTS.map((moment) => [shownMoment(moment), moment] as const))(
  'a host frozen in the phase %s changes nothing',
  async (_, moment) => {
    expect(await haunt(lane, moment, expected)).toEqual([]);
  },
  180_000,
);
