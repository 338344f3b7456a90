// `expect` and mocks as the project's own runner has them, loaded from its packages: what the tests mean is decided there, not here.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { inlineSnapshots } from './inline-snapshots.ts';

/** What a runner gives to test files besides describe and it. Empty where the project does not have the runner. */
export interface Expectations {
  readonly vitest: Readonly<Record<string, unknown>>;
  readonly jest: Readonly<Record<string, unknown>>;
}

type Module = Record<string, unknown>;
type Plugin = (chai: unknown, utils: unknown) => void;
type Fn = (...args: unknown[]) => unknown;

/** A package's folder, also where its manifest is not exported. */
const has = (root: string, name: string): boolean => existsSync(join(root, 'node_modules', name, 'package.json'));

/** Loads a package as `from` would. */
const importFrom = async (from: string, name: string): Promise<Module> =>
  (await import(import.meta.resolve(name, pathToFileURL(from).href))) as Module;

/** A value that may be called and asked for anything, for checks of types alone. */
const anything: unknown = new Proxy(() => undefined, {
  get: (_, key) => (key === 'then' ? undefined : anything),
  apply: () => anything,
});

async function vitestOf(root: string): Promise<Module> {
  const from = createRequire(join(root, 'package.json')).resolve('vitest/package.json');
  const parts = await importFrom(from, '@vitest/expect');
  const chai = (await importFrom(from, 'chai')) as Module & { use: (plugin: Plugin) => unknown; expect: Fn & Module };
  const spy = await importFrom(from, '@vitest/spy');
  const { format, plugins } = await importFrom(from, '@vitest/pretty-format');
  for (const name of ['JestExtend', 'JestChaiExpect', 'JestAsymmetricMatchers']) chai.use(parts[name] as Plugin);
  chai.use(inlineSnapshots(format as Fn, plugins as Module));
  const matchers = (globalThis as unknown as Record<symbol, Module>)[parts.ASYMMETRIC_MATCHERS_OBJECT as symbol];
  const expect = Object.assign(
    (value: unknown, message?: string) => chai.expect(value, message),
    chai.expect,
    matchers,
  );
  const { getState, setState } = parts as Record<string, Fn>;
  const state = { assertionCalls: 0, isExpectingAssertions: false, expectedAssertionsNumber: null };
  Reflect.set(globalThis, parts.GLOBAL_EXPECT as symbol, expect);
  setState?.(state, expect);
  const nothing = (): void => undefined;
  Object.assign(expect, {
    getState: () => getState?.(expect),
    setState: (next: unknown) => setState?.(next, expect),
    extend: (added: unknown) => (chai.expect.extend as Fn)(expect, added),
    assertions: nothing,
    hasAssertions: nothing,
    soft: expect,
    addSnapshotSerializer: nothing,
  });
  const vi = { fn: spy.fn, spyOn: spy.spyOn, isMockFunction: spy.isMockFunction };
  return {
    expect,
    vi,
    vitest: vi,
    chai,
    assert: chai.assert,
    should: chai.should,
    expectTypeOf: anything,
    assertType: nothing,
  };
}

async function jestOf(root: string): Promise<Module> {
  const manifest = join(root, 'package.json');
  const require = createRequire(manifest);
  const name = ['@jest/expect', 'expect'].find((each) => has(root, each));
  if (name === undefined) return {};
  const loaded = require(name) as { jestExpect?: unknown; expect?: unknown };
  const expect = loaded.jestExpect ?? loaded.expect ?? loaded;
  // The project's package, not one of Loom's.
  const mocks = 'jest-mock';
  if (!has(root, mocks)) return { expect };
  const { fn, spyOn } = require(mocks) as Module;
  return { expect, jest: { fn, spyOn, setTimeout: () => undefined } };
}

/** @throws what the packages throw while they load. */
export async function loadExpectations(root: string): Promise<Expectations> {
  return {
    vitest: has(root, 'vitest') ? await vitestOf(root) : {},
    jest: has(root, 'jest') || has(root, '@jest/globals') ? await jestOf(root) : {},
  };
}
