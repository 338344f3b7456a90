// Chance that can be repeated: the same seed draws the same numbers (mulberry32). What runs beside it is as hurried as ever, so a
// seed repeats the plan of a chaos run and not each of its interleavings.

export interface SeededRandom {
  /** From 0 up to but without 1. */
  next(): number;
  /** A whole number from `from` to `to`, both included. */
  whole(from: number, to: number): number;
  /** True in this share of the draws. */
  chance(share: number): boolean;
  /** A generator of its own, so that what one part draws does not depend on how much another has drawn. */
  fork(): SeededRandom;
}

export function seededRandom(seed: number): SeededRandom {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const whole = (from: number, to: number): number => from + Math.floor(next() * (to - from + 1));
  return { next, whole, chance: (share) => next() < share, fork: () => seededRandom(whole(0, 2 ** 32 - 1)) };
}
