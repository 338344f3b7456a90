// Which process dies or freezes when, drawn from a seed. Every victim is killed and frozen before any is killed or frozen again,
// and every other freeze outlasts a lease.
import type { SeededRandom } from '../support/seeded-random.ts';
import { shuffled } from './shuffled.ts';

export interface Fault<Victim extends string> {
  readonly victim: Victim;
  /** Milliseconds that it is frozen; null for one that is killed. */
  readonly frozenMs: number | null;
  /** It strikes after so many events of its run; 0 while the bead is being filed. */
  readonly afterEvents: number;
  readonly delayMs: number;
}

export interface PlanOptions<Victim extends string> {
  readonly victims: readonly Victim[];
  readonly runs: number;
  /** How many faults there are at least. @default one a run, and another for every second run */
  readonly faults?: number;
  /** Events of an undisturbed run. */
  readonly events: number;
  readonly leaseTimeoutMs: number;
}

const MAX_DELAY_MS = 400;

/** Returns the faults of each run, in the order in which they strike. */
export function planFaults<Victim extends string>(
  random: SeededRandom,
  { victims, runs, faults = Math.ceil(runs * 1.5), events, leaseTimeoutMs }: PlanOptions<Victim>,
): Fault<Victim>[][] {
  const kinds = victims.flatMap((victim) => [
    { victim, freezes: false },
    { victim, freezes: true },
  ]);
  const plan: Fault<Victim>[][] = Array.from({ length: runs }, () => []);
  const count = Math.max(faults, kinds.length);
  let order: number[] = [];
  let deck: typeof kinds = [];
  let round = -1;
  for (let drawn = 0; drawn < count; drawn++) {
    if (deck.length === 0) {
      deck = shuffled(random, kinds);
      round += 1;
    }
    if (order.length === 0) order = shuffled(random, [...plan.keys()]);
    const { victim, freezes } = deck.pop() as (typeof kinds)[number];
    const long = (victims.indexOf(victim) + round) % 2 === 0;
    const frozenMs = Math.round(leaseTimeoutMs * (long ? 1.3 + 0.7 * random.next() : 0.1 + 0.5 * random.next()));
    plan[order.pop() as number]?.push({
      victim,
      frozenMs: freezes ? frozenMs : null,
      afterEvents: random.whole(0, events - 1),
      delayMs: random.whole(0, MAX_DELAY_MS),
    });
  }
  return plan.map((each) => each.sort((a, b) => a.afterEvents - b.afterEvents));
}

/** For example `postgres killed` or `hub frozen 4.2 s`. */
export const shownFault = ({ victim, frozenMs }: Fault<string>): string =>
  frozenMs === null ? `${victim} killed` : `${victim} frozen ${(frozenMs / 1_000).toFixed(1)} s`;
