// Which places to suspect: a place is suspicious when failing tests execute it and passing tests do not (Ochiai).

/** How often failing and passing tests reach a place. */
export interface Reach {
  readonly failing: number;
  readonly passing: number;
}

/** Ochiai's coefficient, 0..1: 1 when exactly the failing tests reach the place, 0 when no failing test does. */
export function ochiai({ failing, passing }: Reach, allFailing: number): number {
  return failing === 0 || allFailing === 0 ? 0 : failing / Math.sqrt(allFailing * (failing + passing));
}

/**
 * Scores scaled so that the most suspicious place has 1. The square sharpens them: in a large project most places lie in
 * the middle, and there the search must not spend its budget evenly.
 */
export function suspicion(reaches: readonly Reach[], allFailing: number): number[] {
  const scores = reaches.map((reach) => ochiai(reach, allFailing));
  const top = scores.reduce((a, b) => Math.max(a, b), 0);
  return scores.map((score) => (top === 0 ? 0 : (score / top) ** 2));
}
