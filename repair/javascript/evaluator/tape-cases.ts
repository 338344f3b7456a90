// A stand-in for tape inside the evaluator. A test that holds subtests is opened while the file loads, so that each subtest is a
// case of its own with its own coverage; any other test runs when it is asked for.
import { isDeepStrictEqual } from 'node:util';
import { cheapAssert } from './cheap-assert.ts';
import type { TestFile } from './test-cases.ts';

type Body = (t: Record<string, unknown>) => unknown;

const HOLDS_SUBTESTS = /\b(?:t|st|s2t|assert)\.test\(/;

/** tape compares values strictly and does not look at prototypes. */
const sameShape = isDeepStrictEqual as (a: unknown, b: unknown, options?: { skipPrototype: boolean }) => boolean;

class TapeTest {
  #failure: Error | undefined;
  #ended = false;
  #planned: number | undefined;
  #made = 0;
  readonly #teardown: (() => unknown)[] = [];
  readonly #settle: () => void;
  readonly settled: Promise<void>;
  readonly context: Record<string, unknown>;

  constructor(name: string, subtest: (name: string, body: Body) => void) {
    let settle = (): void => undefined;
    this.settled = new Promise((resolve) => (settle = resolve));
    this.#settle = settle;
    const check = (ok: boolean, what: string): boolean => {
      // An assertion too many is a failure, too: something happened twice.
      if (this.#ended) this.#failure ??= new Error(`${name}: an assertion after the end`);
      if (!ok) this.#failure ??= new Error(`${name}: ${what}`);
      this.#made++;
      if (this.#planned !== undefined && this.#made >= this.#planned) this.end();
      return ok;
    };
    const attempt = (act: () => unknown, what: string): boolean => {
      try {
        act();
        return check(true, what);
      } catch {
        return check(false, what);
      }
    };
    const alias = (names: readonly string[], fn: (...args: never[]) => unknown): [string, unknown][] =>
      names.map((each) => [each, fn]);
    this.context = Object.fromEntries([
      ...alias(['ok', 'true', 'assert'], (value: unknown) => check(Boolean(value), 'not ok')),
      ...alias(['notOk', 'false', 'notok'], (value: unknown) => check(!value, 'ok')),
      ...alias(['equal', 'equals', 'isEqual', 'is', 'strictEqual', 'strictEquals'], (a: unknown, b: unknown) =>
        check(Object.is(a, b) || a === b, 'not equal'),
      ),
      ...alias(['notEqual', 'notEquals', 'isNot', 'not', 'isNotEqual', 'notStrictEqual'], (a: unknown, b: unknown) =>
        check(a !== b, 'equal'),
      ),
      ...alias(['deepEqual', 'deepEquals', 'same', 'isEquivalent'], (a: unknown, b: unknown) =>
        check(sameShape(a, b, { skipPrototype: true }), 'not deeply equal'),
      ),
      ...alias(['notDeepEqual', 'notDeepEquals', 'notSame'], (a: unknown, b: unknown) =>
        check(!sameShape(a, b, { skipPrototype: true }), 'deeply equal'),
      ),
      ...alias(['deepLooseEqual', 'looseEquals'], (a: unknown, b: unknown) =>
        attempt(() => (cheapAssert.deepEqual as (x: unknown, y: unknown) => void)(a, b), 'not loosely equal'),
      ),
      ...alias(['looseEqual'], (a: unknown, b: unknown) =>
        attempt(() => (cheapAssert.equal as (x: unknown, y: unknown) => void)(a, b), 'not loosely equal'),
      ),
      ...alias(['match'], (text: string, pattern: RegExp) => check(pattern.test(text), 'no match')),
      ...alias(['doesNotMatch'], (text: string, pattern: RegExp) => check(!pattern.test(text), 'a match')),
      ...alias(['error', 'ifError', 'ifErr', 'iferror'], (error: unknown) => check(!error, 'an error')),
      ...alias(['throws'], (...args: unknown[]) =>
        attempt(
          () => (cheapAssert.throws as (...a: unknown[]) => void)(...args.filter((arg) => typeof arg !== 'string')),
          'nothing thrown',
        ),
      ),
      ...alias(['doesNotThrow'], (act: () => unknown) => attempt(act, 'thrown')),
      ...alias(['pass'], () => check(true, '')),
      ...alias(['fail'], () => check(false, 'failed')),
      ...alias(['plan'], (count: number) => void (this.#planned = count)),
      ...alias(['end'], (error?: unknown) => {
        if (error) check(false, 'ended with an error');
        this.end();
      }),
      ...alias(['teardown'], (act: () => unknown) => void this.#teardown.push(act)),
      ...alias(['test'], (...args: unknown[]) => {
        const body = args.find((arg) => typeof arg === 'function') as Body | undefined;
        const options = args.find((arg) => typeof arg === 'object' && arg !== null) as { skip?: unknown } | undefined;
        this.#made++;
        if (body !== undefined && !options?.skip) subtest(typeof args[0] === 'string' ? args[0] : body.name, body);
      }),
      ...alias(['comment', 'skip', 'timeoutAfter'], () => undefined),
    ]);
    this.context.name = name;
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    if (this.#planned !== undefined && this.#made !== this.#planned)
      this.#failure ??= new Error(`${String(this.context.name)}: plan != count`);
    for (const act of this.#teardown) act();
    this.#settle();
  }

  /** Calls the body and gives the verdict when the test has ended; at once where nothing has to be awaited. */
  run(body: Body): unknown {
    const returned = body(this.context);
    const verdict = (): void => {
      if (this.#failure !== undefined) throw this.#failure;
    };
    if (this.#ended) return verdict();
    const finished =
      typeof (returned as { then?: unknown } | undefined)?.then === 'function'
        ? Promise.resolve(returned).then(() => this.end())
        : undefined;
    return Promise.race([this.settled, finished ?? this.settled]).then(verdict);
  }
}

/** The function that `require('tape')` gives; its tests become cases of `file`. */
export function tapeApi(file: TestFile): Record<string, unknown> {
  const declare = (name: string, body: Body, path: string): void => {
    const full = path === '' ? name : `${path} > ${name}`;
    if (!HOLDS_SUBTESTS.test(body.toString())) {
      file.add(full, () => new TapeTest(full, () => undefined).run(body));
      return;
    }
    const holder = new TapeTest(full, (inner, innerBody) => declare(inner, innerBody, full));
    let problem: unknown;
    let result: unknown;
    try {
      result = holder.run(body);
    } catch (error) {
      problem = error;
    }
    // Assertions of the holder itself have been made by now or follow on their own.
    const awaited = Promise.resolve(result).catch((error: unknown) => (problem = error));
    file.add(full, async () => {
      await awaited;
      if (problem !== undefined)
        throw problem instanceof Error ? problem : new Error('the test threw', { cause: problem });
    });
  };
  const tape = (...args: unknown[]): void => {
    const body = args.find((arg) => typeof arg === 'function') as Body | undefined;
    const options = args.find((arg) => typeof arg === 'object' && arg !== null) as
      { skip?: unknown; todo?: unknown } | undefined;
    if (body === undefined || options?.skip || options?.todo) return;
    declare(typeof args[0] === 'string' ? args[0] : body.name || '(anonymous)', body, '');
  };
  const nothing = (): void => undefined;
  return Object.assign(tape, {
    test: tape,
    only: tape,
    skip: nothing,
    onFinish: nothing,
    onFailure: nothing,
    default: tape,
  }) as unknown as Record<string, unknown>;
}
