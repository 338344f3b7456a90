import { describe, expect, test } from '@jest/globals';
import { globalCases } from './global-cases.ts';
import { TestFile } from './test-cases.ts';

type Declare = (...args: unknown[]) => void;
type Api = Record<string, Declare & Record<string, (...args: unknown[]) => Declare>>;

function declared(write: (api: Api) => void, context?: Record<string, unknown>): TestFile {
  const file = new TestFile();
  write(globalCases(file, context) as unknown as Api);
  return file;
}
const outcomes = async (file: TestFile): Promise<boolean[]> => {
  const out: boolean[] = [];
  for (let i = 0; i < file.cases.length; i++) out.push((await file.run(i, 1_000)).ok);
  return out;
};
const fail = (): never => {
  throw new Error('red');
};

describe('globalCases', () => {
  test('names a test by its suites and leaves out what is skipped', async () => {
    const file = declared(({ describe, it }) => {
      describe?.('outer', () => {
        describe('inner', () => it?.('works', () => undefined));
        it?.skip?.('later', fail);
        it?.('fails', fail);
      });
    });
    expect(file.cases.map(({ name }) => name)).toEqual(['outer > inner > works', 'outer > later', 'outer > fails']);
    expect(await outcomes(file)).toEqual([true, true, false]);
  });

  test('waits for a callback, for a promise, and for hooks', async () => {
    const seen: string[] = [];
    const file = declared(({ beforeAll, beforeEach, it }) => {
      beforeAll?.(async () => void seen.push('once'));
      beforeEach?.((done: () => void) => setImmediate(() => (seen.push('each'), done())));
      it?.('calls back', (done: (error?: Error) => void) => setImmediate(() => done(new Error('red'))));
      it?.('promises', () => Promise.reject(new Error('red')));
      it?.('passes', () => expect(seen).toContain('each'));
    });
    expect(await outcomes(file)).toEqual([false, false, true]);
    expect(seen).toEqual(['once', 'each', 'each', 'each']);
  });

  test('ends a wait for a callback that nothing will make, long before its time is up', async () => {
    const file = declared(({ it }) => it?.('forgets', (_done: () => void) => undefined));
    expect(await file.run(0, 3_600_000)).toMatchObject({ ok: false });
  });

  test('makes a test of each row, named as the runner would', async () => {
    const file = declared(({ test: each }) => {
      each?.each?.([
        [1, 2],
        [3, 3],
      ])('%i is %i', (a: number, b: number) => expect(a).toBe(b));
      each?.each?.([{ word: 'moon' }])('says $word', ({ word }: { word: string }) => expect(word).toBe('moon'));
    });
    expect(file.cases.map(({ name }) => name)).toEqual(['1 is 2', '3 is 3', 'says moon']);
    expect(await outcomes(file)).toEqual([false, true, true]);
  });

  test('hands a context to a test where the runner has one, in place of a callback', async () => {
    const file = declared(({ it }) => it?.('asks', ({ mark }: { mark: string }) => expect(mark).toBe('here')), {
      mark: 'here',
    });
    expect(await outcomes(file)).toEqual([true]);
  });
});
