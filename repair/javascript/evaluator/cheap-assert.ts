// node:assert with a ready message: building the difference of two values is what costs in a failing assertion, and here
// nobody reads it. Comparison stays Node's own.
import assert from 'node:assert';

type Check = (...args: unknown[]) => unknown;

/** Position of the optional message; a check that is missing here is used as it is. */
const MESSAGE_AT: Readonly<Record<string, number>> = {
  ok: 1,
  equal: 2,
  notEqual: 2,
  deepEqual: 2,
  notDeepEqual: 2,
  strictEqual: 2,
  notStrictEqual: 2,
  deepStrictEqual: 2,
  notDeepStrictEqual: 2,
  partialDeepStrictEqual: 2,
  match: 2,
  doesNotMatch: 2,
};

function cheapen(original: Check, at: number): Check {
  return (...args) => {
    while (args.length < at) args.push(undefined);
    args[at] ??= 'assertion failed';
    return original(...args.slice(0, at + 1));
  };
}

function build(original: typeof assert | typeof assert.strict): Check & Record<string, unknown> {
  const source = original as unknown as Record<string, unknown>;
  const out = cheapen(source.ok as Check, 1) as Check & Record<string, unknown>;
  for (const key of Object.keys(source)) {
    const at = MESSAGE_AT[key];
    out[key] = at === undefined ? source[key] : cheapen(source[key] as Check, at);
  }
  return out;
}

export const cheapAssert = build(assert);
export const cheapStrictAssert = build(assert.strict);
cheapAssert.strict = cheapStrictAssert;
cheapStrictAssert.strict = cheapStrictAssert;
