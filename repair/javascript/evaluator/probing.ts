// What a function computes near the inputs of the tests: calls from the tests are recorded, inputs varied a little, results
// written down as text. Two patches with the same texts are taken for the same repair.
import { inspect } from 'node:util';
import type { Wrap } from './modules.ts';

export interface RecordedCall {
  readonly file: string;
  readonly exported: string;
  readonly args: readonly unknown[];
}

const CALLS = 60;
const INPUTS = 240;

const show = (value: unknown): string =>
  inspect(value, { depth: 6, maxArrayLength: 200, maxStringLength: 500, breakLength: Infinity, sorted: true });

/** Collects the distinct calls that test files make to functions of the sources they import. */
export class CallRecorder {
  readonly calls: RecordedCall[] = [];
  readonly #seen = new Set<string>();

  readonly wrap: Wrap = (file, exported) => {
    if (typeof exported === 'function') return this.#spy(file, 'module.exports', exported) as Record<string, unknown>;
    if (typeof exported !== 'object' || exported === null) return exported;
    return Object.fromEntries(
      Object.entries(exported).map(([name, value]) => [
        name,
        typeof value === 'function' ? this.#spy(file, name, value) : value,
      ]),
    );
  };

  #spy(file: string, exported: string, target: unknown): unknown {
    return new Proxy(target as (...args: unknown[]) => unknown, {
      apply: (fn, self, args: unknown[]) => {
        if (this.calls.length < CALLS) this.#record(file, exported, args);
        return Reflect.apply(fn, self, args);
      },
    });
  }

  #record(file: string, exported: string, args: readonly unknown[]): void {
    const key = `${file}|${exported}|${show(args)}`;
    if (this.#seen.has(key)) return;
    this.#seen.add(key);
    try {
      this.calls.push({ file, exported, args: structuredClone(args) as unknown[] });
    } catch {
      // Functions and class instances cannot be copied, so such a call cannot be repeated.
    }
  }
}

/** Values near `value`, the likeliest to tell two programs apart first. */
function near(value: unknown): unknown[] {
  switch (typeof value) {
    case 'number':
      return Number.isInteger(value)
        ? [value + 1, value - 1, value * 2, value + 10, 0, 1, 2].filter((n) => value < 0 || n >= 0)
        : [value + 1, value * 2, value / 2, Math.round(value)];
    case 'string': {
      const flipped = value === value.toUpperCase() ? value.toLowerCase() : value.toUpperCase();
      return [
        value.slice(1),
        value.slice(0, -1),
        value + value,
        Array.from(value).reverse().join(''),
        flipped,
        `${value} ${value}`,
        value.slice(0, 1),
        '',
      ];
    }
    case 'boolean':
      return [!value];
    default:
  }
  if (Array.isArray(value)) {
    const list = value as unknown[];
    const first = list[0];
    const inner = list.slice(0, 3).flatMap((item, i) =>
      near(item)
        .slice(0, 3)
        .map((changed) => list.with(i, changed)),
    );
    return [
      list.slice(1),
      list.slice(0, -1),
      list.toReversed(),
      [...list, ...list],
      ...inner,
      first === undefined ? [] : [...list, first],
      [],
    ];
  }
  if (typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype) {
    const entries = Object.entries(value);
    return entries.slice(0, 4).flatMap(([key, item]) => [
      Object.fromEntries(entries.filter(([name]) => name !== key)),
      ...near(item)
        .slice(0, 2)
        .map((changed) => ({ ...value, [key]: changed })),
    ]);
  }
  return [];
}

/** The recorded calls and variations of them, one argument at a time, spread evenly over the calls. */
export function inputsNear(calls: readonly RecordedCall[]): RecordedCall[] {
  const variations = calls.map((call) =>
    call.args.flatMap((arg, i) => near(arg).map((changed) => ({ ...call, args: call.args.with(i, changed) }))),
  );
  const out: RecordedCall[] = [...calls];
  const seen = new Set(out.map((call) => show(call.args)));
  for (let round = 0; out.length < INPUTS && variations.some((list) => round < list.length); round++) {
    for (const list of variations) {
      const next = list[round];
      if (next === undefined || out.length >= INPUTS || seen.has(show(next.args))) continue;
      seen.add(show(next.args));
      out.push(next);
    }
  }
  return out;
}

/** The result of one call as text; a thrown error by its kind only, since messages differ for no reason. */
export async function behaviour(fn: (...args: unknown[]) => unknown, args: readonly unknown[]): Promise<string> {
  try {
    const copy = structuredClone(args) as unknown[];
    const returned = await fn(...copy);
    return show(returned);
  } catch (error) {
    return `throws ${error instanceof Error ? error.constructor.name : typeof error}`;
  }
}
