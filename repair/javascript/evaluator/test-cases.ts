// A stand-in for node:test inside the evaluator: loading a test file collects its tests, which are then run one by one, without
// a process, a reporter or a clock between them.
import { mock } from 'node:test';
import { cheapStrictAssert } from './cheap-assert.ts';

export type Body = (...args: unknown[]) => unknown;
type Options = { skip?: unknown; todo?: unknown; only?: unknown; timeout?: number };

export type HookKind = 'before' | 'after' | 'beforeEach' | 'afterEach';

interface Suite {
  readonly name: string;
  readonly parent: Suite | undefined;
  readonly skip: boolean;
  readonly before: Body[];
  readonly after: Body[];
  readonly beforeEach: Body[];
  readonly afterEach: Body[];
  started: boolean;
}

export interface TestCase {
  /** Suites and test, joined by " > ". */
  readonly name: string;
  readonly body: Body;
  readonly suite: Suite;
  readonly skip: boolean;
}

export interface CaseOutcome {
  readonly ok: boolean;
  readonly error: unknown;
  readonly failedSubtests: readonly string[];
}

/** Turns of the event loop without anything under way after which a wait is given up. */
const QUIET_TURNS = 25;
const LOOK_MS = 5;

/** Timers, immediates, files, sockets: whatever may still call back. Timers that do not keep a process alive do not count. */
const underWay = (): number => process.getActiveResourcesInfo().length;

const newSuite = (name: string, parent: Suite | undefined, skip: boolean): Suite => ({
  name,
  parent,
  skip,
  before: [],
  after: [],
  beforeEach: [],
  afterEach: [],
  started: false,
});

const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function';

const pathOf = (suite: Suite | undefined): string =>
  suite === undefined || suite.name === '' ? '' : `${pathOf(suite.parent)}${suite.name} > `;

const chain = (suite: Suite | undefined): Suite[] => (suite === undefined ? [] : [...chain(suite.parent), suite]);

/** Calls a body with a context, or with a callback where it asks for one. */
function call(body: Body, context: unknown, callbackAt: number): unknown {
  if (body.length <= callbackAt) return callbackAt === 0 ? body() : body(context);
  return new Promise<void>((resolve, reject) => {
    const done = (error?: unknown): void =>
      error === undefined || error === null
        ? resolve()
        : reject(error instanceof Error ? error : new Error('the callback was given an error', { cause: error }));
    const returned = callbackAt === 0 ? body(done) : body(context, done);
    if (isThenable(returned)) Promise.resolve(returned).catch(reject);
  });
}

function parse(args: readonly unknown[]): { name: string; options: Options; body: Body } {
  const name = typeof args[0] === 'string' ? args[0] : typeof args[0] === 'function' ? args[0].name : '';
  const options = (args.find((arg) => typeof arg === 'object' && arg !== null) ?? {}) as Options;
  return {
    name: name === '' ? '<anonymous>' : name,
    options,
    body: (args.find((arg) => typeof arg === 'function') as Body | undefined) ?? (() => undefined),
  };
}

/** The assertions of a test's context, which count towards its plan. */
const countedAssert = (made: () => void): object =>
  new Proxy(cheapStrictAssert, {
    get: (target, key) => {
      const check: unknown = Reflect.get(target, key);
      if (typeof check !== 'function') return check;
      return (...args: unknown[]): unknown => {
        made();
        return Reflect.apply(check, target, args) as unknown;
      };
    },
  });

/** The tests of one file, and the functions with which the file declares them. */
export class TestFile {
  readonly cases: TestCase[] = [];
  /** Promises of suites whose bodies are asynchronous; awaited before the tests run. */
  readonly pending: unknown[] = [];
  readonly #root = newSuite('', undefined, false);
  #current = this.#root;
  #patienceMs = Number.POSITIVE_INFINITY;
  #underWay = 0;
  readonly api: Record<string, unknown>;

  constructor() {
    const isSet = (options: Options, forced: Options): boolean =>
      [forced.skip, options.skip, forced.todo, options.todo].some((flag) => flag !== undefined && flag !== false);
    const declare = (args: readonly unknown[], forced: Options): void => {
      const { name, options, body } = parse(args);
      this.declare(name, body, isSet(options, forced));
    };
    const group = (args: readonly unknown[], forced: Options): void => {
      const { name, options, body } = parse(args);
      this.group(name, () => body({ name, signal: new AbortController().signal }), isSet(options, forced));
    };
    const variants = (make: (args: readonly unknown[], forced: Options) => void): Body & Record<string, unknown> => {
      const fn = ((...args: unknown[]) => make(args, {})) as Body & Record<string, unknown>;
      fn.skip = (...args: unknown[]) => make(args, { skip: true });
      fn.todo = (...args: unknown[]) => make(args, { todo: true });
      fn.only = (...args: unknown[]) => make(args, {});
      return fn;
    };
    const hook = (kind: HookKind) => (body: Body) => this.hook(kind, body);
    const test = variants(declare);
    const describe = variants(group);
    const hooks = {
      before: hook('before'),
      after: hook('after'),
      beforeEach: hook('beforeEach'),
      afterEach: hook('afterEach'),
    };
    this.api = Object.assign(test, { test, it: variants(declare), describe, suite: describe, mock, ...hooks });
  }

  /** A test of the suite that is open now. */
  declare(name: string, body: Body, skip: boolean): void {
    const suite = this.#current;
    this.cases.push({ name: pathOf(suite) + name, body, suite, skip: skip || suite.skip });
  }

  /** Opens a suite, whose body declares what it holds. */
  group(name: string, body: () => unknown, skip: boolean): void {
    const outer = this.#current;
    this.#current = newSuite(name, outer, outer.skip || skip);
    try {
      this.pending.push(body());
    } finally {
      this.#current = outer;
    }
  }

  hook(kind: HookKind, body: Body): void {
    this.#current[kind].push(body);
  }

  /** A test that another style of declaring has put together; it fails by throwing or rejecting. */
  add(name: string, body: () => unknown): void {
    this.cases.push({ name, body, suite: this.#root, skip: false });
  }

  /** Runs one test with its hooks. A test that waits longer than `patienceMs` fails. */
  async run(index: number, patienceMs: number): Promise<CaseOutcome> {
    const test = this.cases[index];
    if (test === undefined)
      return { ok: false, error: new Error(`the file declares no test number ${index}`), failedSubtests: [] };
    if (test.skip) return { ok: true, error: undefined, failedSubtests: [] };
    this.#patienceMs = patienceMs;
    this.#underWay = underWay();
    const failedSubtests: string[] = [];
    const suites = chain(test.suite);
    try {
      for (const suite of suites) {
        if (suite.started) continue;
        suite.started = true;
        for (const body of suite.before) await this.#settle(call(body, {}, 0));
      }
      await this.#body(test.name, test.body, suites, failedSubtests);
    } catch (error) {
      return { ok: false, error, failedSubtests };
    }
    return failedSubtests.length === 0
      ? { ok: true, error: undefined, failedSubtests }
      : { ok: false, error: new Error(`subtest failed: ${failedSubtests[0]}`), failedSubtests };
  }

  /** Runs what the suites left for the end. Errors there do not change a verdict. */
  async finish(): Promise<void> {
    for (const suite of new Set(this.cases.flatMap((test) => chain(test.suite)))) {
      if (!suite.started) continue;
      for (const body of suite.after) await Promise.resolve(this.#settle(call(body, {}, 0))).catch(() => undefined);
    }
  }

  /** Waits for a test, but not for one that nothing under way can bring to its end: it would wait until its time is up. */
  #settle(value: unknown): unknown {
    if (!isThenable(value)) return value;
    let timer: NodeJS.Timeout | undefined;
    let settled = false;
    const late = new Promise((_, reject) => {
      const patience = Math.min(this.#patienceMs, 2 ** 31 - 1);
      timer = setTimeout(() => reject(new Error('the test waited for too long')), patience).unref();
      let quiet = 0;
      const look = (): void => {
        if (settled) return;
        const busy = underWay() > this.#underWay;
        quiet = busy ? 0 : quiet + 1;
        if (quiet > QUIET_TURNS) reject(new Error('the test waits for something that will never come'));
        else if (busy) setTimeout(look, LOOK_MS).unref();
        else setImmediate(look);
      };
      setImmediate(look);
    });
    return Promise.race([value, late]).finally(() => {
      settled = true;
      clearTimeout(timer);
    });
  }

  async #body(name: string, body: Body, suites: readonly Suite[], failed: string[]): Promise<void> {
    const after: Body[] = [];
    const each: Body[] = [];
    const plan = { made: 0, planned: undefined as number | undefined };
    const context = this.#context(name, failed, after, each, plan);
    try {
      for (const suite of suites) for (const before of suite.beforeEach) await this.#settle(call(before, context, 1));
      const returned = call(body, context, 1);
      // Waiting for a plain value would cost a turn of the queue per test and candidate.
      if (isThenable(returned)) await this.#settle(returned);
      if (plan.planned !== undefined && plan.made !== plan.planned)
        throw new Error(`plan expected ${plan.planned} assertions but received ${plan.made}`);
    } finally {
      for (const hook of after) await this.#settle(call(hook, context, 1));
      for (const suite of suites.toReversed())
        for (const hook of suite.afterEach) await this.#settle(call(hook, context, 1));
    }
  }

  #context(
    name: string,
    failed: string[],
    after: Body[],
    each: Body[],
    plan: { made: number; planned: number | undefined },
  ): Record<string, unknown> {
    const subtest = async (...args: unknown[]): Promise<void> => {
      plan.made++;
      const { name: inner, options, body } = parse(args);
      if (options.skip !== undefined && options.skip !== false) return;
      const full = `${name} > ${inner}`;
      try {
        for (const before of each) await this.#settle(call(before, {}, 1));
        await this.#body(full, body, [], failed);
      } catch {
        failed.push(full);
      }
    };
    const nothing = (): void => undefined;
    return {
      name,
      fullName: name,
      signal: new AbortController().signal,
      assert: countedAssert(() => plan.made++),
      mock,
      test: subtest,
      it: subtest,
      diagnostic: nothing,
      skip: nothing,
      todo: nothing,
      plan: (count: number) => void (plan.planned = count),
      runOnly: nothing,
      before: (body: Body) => body(),
      after: (body: Body) => void after.push(body),
      beforeEach: (body: Body) => void each.push(body),
      afterEach: (body: Body) => void after.push(body),
      waitFor: async (check: () => unknown) => check(),
    };
  }
}
