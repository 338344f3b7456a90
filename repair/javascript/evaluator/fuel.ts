// The two functions that instrumented code calls, as globals of the evaluator's process.
import { COUNT, FUEL } from '../instrument.ts';
import type { Kind } from '../scope.ts';

/** Thrown into code that runs for too long; code that catches it gets it again at its next step. */
class OutOfFuel extends Error {
  constructor() {
    super('the code ran for too many steps: probably an endless loop');
  }
}

const SAMPLES_PER_UNIT = 24;
/** Steps between two looks at the clock; a power of two. */
const CLOCK_EVERY = 4;

// Plain variables: instrumented loops read them at every step.
let left = Number.MAX_SAFE_INTEGER;
let deadline = Number.POSITIVE_INFINITY;

function step(): void {
  if (--left >= 0 && ((left & (CLOCK_EVERY - 1)) !== 0 || performance.now() < deadline)) return;
  left = -1;
  throw new OutOfFuel();
}

export class Meter {
  #limit = 0;
  hits = new Set<number>();
  readonly #samples = new Map<number, number>();
  readonly kinds = new Map<number, Set<Kind>[]>();

  install(): void {
    const globals = globalThis as unknown as Record<string, unknown>;
    globals[FUEL] = step;
    globals[COUNT] = (unit: number, values?: () => readonly unknown[]): void => {
      this.hits.add(unit);
      if (values !== undefined) this.#sample(unit, values);
    };
  }

  /** The steps decide; the time is for steps that grow dearer and dearer, as with a list that is shifted in a loop. */
  refill(limit: number, limitMs: number): void {
    this.#limit = limit;
    left = limit;
    deadline = performance.now() + limitMs;
  }

  get used(): number {
    return this.#limit - left;
  }

  get empty(): boolean {
    return left < 0;
  }

  #sample(unit: number, values: () => readonly unknown[]): void {
    const taken = this.#samples.get(unit) ?? 0;
    if (taken >= SAMPLES_PER_UNIT) return;
    this.#samples.set(unit, taken + 1);
    let row: readonly unknown[];
    try {
      row = values();
    } catch {
      // A variable that is not initialised yet cannot be read; this unit is then left without samples.
      return;
    }
    const kinds = this.kinds.get(unit) ?? row.map(() => new Set<Kind>());
    this.kinds.set(unit, kinds);
    row.forEach((value, i) => {
      if (value !== undefined) kinds[i]?.add(kindOfValue(value));
    });
  }
}

function kindOfValue(value: unknown): Kind {
  switch (typeof value) {
    case 'number':
    case 'bigint':
      return 'number';
    case 'string':
      return 'string';
    case 'boolean':
      return 'boolean';
    case 'function':
      return 'function';
    default:
      return value === null || value === undefined ? 'nullish' : Array.isArray(value) ? 'array' : 'object';
  }
}
