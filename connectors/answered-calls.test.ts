import { describe, expect, test } from '@jest/globals';
import { AnsweredCalls } from './answered-calls.ts';

const scope = ['http', 'request', 'key-1'];

describe('a call with an idempotency key', () => {
  test('is carried out once and answered alike the second time', async () => {
    const calls = new AnsweredCalls();
    let executions = 0;
    const work = (): Promise<string> => Promise.resolve(String((executions += 1)));
    await expect(calls.once(scope, '{}', work)).resolves.toBe('1');
    await expect(calls.once(scope, '{}', work)).resolves.toBe('1');
    await expect(calls.once(['http', 'request', 'key-2'], '{}', work)).resolves.toBe('2');
  });

  test('is refused when the key comes with other arguments', async () => {
    const calls = new AnsweredCalls();
    await calls.once(scope, '{"a":1}', () => Promise.resolve('1'));
    await expect(calls.once(scope, '{"a":2}', () => Promise.resolve('2'))).rejects.toMatchObject({
      reason: 'KEY_REUSED',
    });
  });

  test('is refused while the first one is still being carried out', async () => {
    const calls = new AnsweredCalls();
    const first = Promise.withResolvers<string>();
    const running = calls.once(scope, '{}', () => first.promise);
    await expect(calls.once(scope, '{}', () => Promise.resolve('2'))).rejects.toMatchObject({
      reason: 'CALL_IN_FLIGHT',
    });
    first.resolve('1');
    await expect(running).resolves.toBe('1');
  });

  test('is carried out again when the first try failed', async () => {
    const calls = new AnsweredCalls();
    await expect(calls.once(scope, '{}', () => Promise.reject(new Error('down')))).rejects.toThrow('down');
    await expect(calls.once(scope, '{}', () => Promise.resolve('2'))).resolves.toBe('2');
  });

  test.each([
    ['answers', new AnsweredCalls(2, 1_000)],
    ['characters', new AnsweredCalls(1_000, 2)],
  ])('is forgotten, oldest first, beyond the bound of %s', async (_, calls) => {
    let executions = 0;
    const work = (): Promise<string> => Promise.resolve(String((executions += 1)));
    for (const key of ['a', 'b', 'c', 'c', 'b', 'a']) await calls.once([key], '{}', work);
    expect(executions).toBe(4);
  });
});
