// Candidates in falling order of weight, produced lazily: a source is only advanced when its best remaining candidate could
// be the best of all, so a project with a million candidates costs only what is taken.

interface Entry<T> {
  readonly weight: number;
  /** Breaks ties in order of arrival, which keeps a search repeatable. */
  readonly order: number;
  readonly open: () => Iterator<T>;
  readonly iterator?: Iterator<T>;
  readonly value?: T;
}

/** A producer of candidates whose weights fall and never exceed `bound`. */
export interface CandidateSource<T> {
  readonly bound: number;
  readonly open: () => Iterator<T>;
}

const before = <T>(a: Entry<T>, b: Entry<T>): boolean =>
  a.weight > b.weight || (a.weight === b.weight && a.order < b.order);

class Heap<T> {
  readonly #items: Entry<T>[] = [];

  get size(): number {
    return this.#items.length;
  }

  push(entry: Entry<T>): void {
    const items = this.#items;
    let i = items.length;
    items.push(entry);
    while (i > 0) {
      const up = (i - 1) >> 1;
      const parent = items[up];
      if (parent === undefined || !before(entry, parent)) break;
      items[i] = parent;
      i = up;
    }
    items[i] = entry;
  }

  pop(): Entry<T> | undefined {
    const items = this.#items;
    const top = items[0];
    const last = items.pop();
    if (top === undefined || last === undefined || items.length === 0) return top;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      const left = items[child];
      const right = items[child + 1];
      if (left === undefined) break;
      if (right !== undefined && before(right, left)) child++;
      const down = items[child] ?? left;
      if (!before(down, last)) break;
      items[i] = down;
      i = child;
    }
    items[i] = last;
    return top;
  }
}

/**
 * Merges the sources by weight. `weightOf` is the candidate's own weight; a candidate above its source's last weight would
 * come late, which costs order and nothing else.
 */
export function* byWeight<T>(
  sources: Iterable<CandidateSource<T>>,
  weightOf: (candidate: T) => number,
): Generator<T, void, undefined> {
  const heap = new Heap<T>();
  let order = 0;
  for (const { bound, open } of sources) if (bound > 0) heap.push({ weight: bound, order: order++, open });
  while (heap.size > 0) {
    const entry = heap.pop();
    if (entry === undefined) return;
    if (entry.value !== undefined) yield entry.value;
    const iterator = entry.iterator ?? entry.open();
    const step = iterator.next();
    if (step.done === true) continue;
    heap.push({ weight: weightOf(step.value), order: entry.order, open: entry.open, iterator, value: step.value });
  }
}
