// Where a run is killed: every boundary between two steps and every stretch between them, each with one of the victims in turn.
import type { SeededRandom } from '../support/seeded-random.ts';
import { shuffled } from './shuffled.ts';

export interface KillPoint<Victim extends string> {
  /** The step whose record is waited for. */
  readonly step: number;
  /** How far into the stretch to the next step; 0 is the boundary itself. */
  readonly share: number;
  readonly victim: Victim;
}

/**
 * All points of a run with `steps` steps in a seeded order, the victims in turn. The stretch after the last step ends with the bead.
 */
export function killPoints<Victim extends string>(
  random: SeededRandom,
  steps: number,
  victims: readonly Victim[],
): KillPoint<Victim>[] {
  const places = Array.from({ length: steps }, (_, index) => index + 1).flatMap((step) => [
    { step, share: 0 },
    { step, share: 0.05 + 0.9 * random.next() },
  ]);
  return shuffled(random, places).map((place, index) => ({
    ...place,
    victim: victims[index % victims.length] as Victim,
  }));
}

/** Deals points to runs, so that those of one run lie apart, and puts each run's in the order in which they come. */
export function dealt<Victim extends string>(
  points: readonly KillPoint<Victim>[],
  perRun: number,
): KillPoint<Victim>[][] {
  const runs = Math.ceil(points.length / perRun);
  const inOrder = [...points].sort((a, b) => a.step + a.share - (b.step + b.share));
  return Array.from({ length: runs }, (_, run) => inOrder.filter((_point, index) => index % runs === run));
}
