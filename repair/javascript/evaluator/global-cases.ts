// describe, it and their kin as mocha, jest and vitest know them; their tests become cases of a file like those of node:test.
import { format } from 'node:util';
import type { Body, HookKind, TestFile } from './test-cases.ts';

/** Given to a test as its argument (vitest) or as `this` (mocha); what only changes the report or the clock does nothing. */
type TestContext = Readonly<Record<string, unknown>>;

type Make = (name: string, body: Body, skip: boolean) => void;

const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function';

/** Calls a body that may ask for a callback. @param first what a body with one parameter gets when that is no callback. */
function call(body: Body, self: TestContext, first: unknown): unknown {
  if (body.length === 0) return Reflect.apply(body, self, []) as unknown;
  if (first !== undefined) return Reflect.apply(body, self, [first]) as unknown;
  return new Promise<void>((resolve, reject) => {
    const done = (error?: unknown): void =>
      error === undefined || error === null
        ? resolve()
        : reject(error instanceof Error ? error : new Error('the callback was given an error', { cause: error }));
    Object.assign(done, { fail: (error: unknown) => done(error ?? new Error('the test called done.fail')) });
    const returned: unknown = Reflect.apply(body, self, [done]);
    if (isThenable(returned)) Promise.resolve(returned).catch(reject);
  });
}

/** The name of one row: `%s` and its kin by position, `$name` by property, `%#` by number. */
function rowName(name: string, row: readonly unknown[], index: number): string {
  const first = row[0];
  const filled =
    typeof first === 'object' && first !== null
      ? name.replace(/\$([\w.]+)/g, (whole, key: string) =>
          key in first ? format((first as Record<string, unknown>)[key]) : whole,
        )
      : name;
  const numbered = filled.replaceAll('%#', String(index)).replaceAll('%$', String(index + 1));
  const wanted = numbered.match(/%[sdifjoOpc]/g)?.length ?? 0;
  return format(numbered.replaceAll('%p', '%o'), ...row.slice(0, wanted));
}

/** Rows of a table: a list of lists, of values, or the tagged template with a heading. */
function rowsOf(args: readonly unknown[]): unknown[][] {
  const [table, ...values] = args;
  if (!Array.isArray(table)) return [];
  if (!Object.hasOwn(table, 'raw')) return (table as unknown[]).map((row) => (Array.isArray(row) ? row : [row]));
  const keys = String(table[0])
    .split('|')
    .map((key) => key.trim());
  const rows: unknown[][] = [];
  for (let at = 0; at + keys.length <= values.length; at += keys.length)
    rows.push([Object.fromEntries(keys.map((key, i) => [key, values[at + i]]))]);
  return rows;
}

const nameOf = (value: unknown): string =>
  typeof value === 'function' ? value.name : typeof value === 'string' ? value : String(value);

function variants(make: Make): Body & Record<string, unknown> {
  const declare =
    (skipAll: boolean): Body =>
    (name, ...rest) => {
      const body = rest.find((arg) => typeof arg === 'function') as Body | undefined;
      const options = rest.find((arg) => typeof arg === 'object' && arg !== null) as
        { skip?: unknown; todo?: unknown } | undefined;
      make(
        nameOf(name),
        body ?? (() => undefined),
        skipAll || body === undefined || Boolean(options?.skip ?? options?.todo),
      );
    };
  const each = (...table: unknown[]): Body => {
    const rows = rowsOf(table);
    return (name, ...rest) => {
      const body = rest.find((arg) => typeof arg === 'function') as Body | undefined;
      if (body === undefined) return;
      rows.forEach((row, i) => make(rowName(nameOf(name), row, i), () => body(...row), false));
    };
  };
  const run = declare(false);
  const skip = declare(true);
  const all: Record<string, unknown> = {
    only: run,
    concurrent: run,
    sequential: run,
    skip,
    todo: skip,
    fails: skip,
    failing: skip,
  };
  return Object.assign(run, all, {
    each,
    for: each,
    skipIf: (condition: unknown) => (condition ? skip : run),
    runIf: (condition: unknown) => (condition ? run : skip),
  }) as Body & Record<string, unknown>;
}

/**
 * The functions by name, to be put where the file looks for them.
 * @param context what vitest hands to its tests; left out where a parameter is a callback, as with mocha and jest.
 */
export function globalCases(file: TestFile, context?: TestContext): Record<string, unknown> {
  const nothing = (): void => undefined;
  const self: TestContext = {
    timeout: nothing,
    slow: nothing,
    retries: nothing,
    skip: () => {
      throw new Error('skipped while it runs');
    },
  };
  const test = variants((name, body, skip) => file.declare(name, () => call(body, self, context), skip));
  const describe = variants((name, body, skip) => file.group(name, () => Reflect.apply(body, self, []), skip));
  const hook = (kind: HookKind) => (first: unknown, second: unknown) => {
    const body = (typeof first === 'function' ? first : second) as Body;
    file.hook(kind, () => call(body, self, context === undefined ? undefined : {}));
  };
  const hooks = { beforeEach: hook('beforeEach'), afterEach: hook('afterEach') };
  const once = { before: hook('before'), after: hook('after') };
  return {
    describe,
    context: describe,
    suite: describe,
    it: test,
    test,
    specify: test,
    xit: test.skip,
    xtest: test.skip,
    xdescribe: describe.skip,
    fit: test,
    fdescribe: describe,
    setup: hooks.beforeEach,
    teardown: hooks.afterEach,
    ...once,
    beforeAll: once.before,
    afterAll: once.after,
    ...hooks,
  };
}
