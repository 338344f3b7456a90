// A seeded order.
import type { SeededRandom } from '../support/seeded-random.ts';

/** A new array with the same items; every order is as likely as any other. */
export function shuffled<Item>(random: SeededRandom, items: readonly Item[]): Item[] {
  const rest = [...items];
  const order: Item[] = [];
  while (rest.length > 0) order.push(...rest.splice(random.whole(0, rest.length - 1), 1));
  return order;
}
