import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { LoomError } from '../domain/errors.ts';
import { ok } from './action.ts';
import { createRegistry } from './registry.ts';
import type { Action, ActionContext } from './action.ts';

const context = { signal: new AbortController().signal } as unknown as ActionContext;

const action = (name: string, run: Action<unknown>['run'] = () => Promise.resolve(ok(name))): Action<unknown> => ({
  name,
  summary: `Does what ${name} says.`,
  class: 'read',
  input: z.strictObject({}),
  run,
});

describe('binding', () => {
  test('an action that is advertised without an implementation stops the start', () => {
    expect(() => createRegistry([action('one')], ['one', 'two'])).toThrow(
      'two is advertised but has no implementation',
    );
  });

  test('so do one that is not advertised, and one that is bound twice', () => {
    expect(() => createRegistry([action('one'), action('two')], ['one'])).toThrow(
      'two is implemented but not advertised',
    );
    expect(() => createRegistry([action('one'), action('one')], ['one'])).toThrow('one is implemented twice');
  });

  test('the real catalogue is bound', () => {
    expect(createRegistry().tools()).toHaveLength(13);
  });

  test('asking for a tool that does not exist is a configuration error with a hint', () => {
    expect(() => createRegistry().tools(['edit_fiel'])).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', next: 'Did you mean edit_file?' }),
    );
  });
});

describe('what an action throws', () => {
  const execute = (error: Error) =>
    createRegistry([action('one', () => Promise.reject(error))], ['one']).execute('one', {}, context);

  test('is a result where the model can mend it', async () => {
    expect(await execute(new LoomError('BAD_INPUT', 'No such folder.', 'Name another.'))).toEqual({
      status: 'error',
      code: 'BAD_ARGUMENTS',
      text: 'No such folder. Name another.',
    });
  });

  test('is thrown on where the platform is in trouble', async () => {
    await expect(execute(new LoomError('SANDBOX_UNAVAILABLE', 'gone', 'look'))).rejects.toThrow('gone');
    await expect(execute(new TypeError('a bug'))).rejects.toThrow(TypeError);
  });
});

test('a result that is too long is cut in the middle', async () => {
  const registry = createRegistry(
    [action('one', () => Promise.resolve(ok(`begin${'x'.repeat(100_000)}end`)))],
    ['one'],
  );
  const { text } = await registry.execute('one', {}, context);
  expect(text.length).toBeLessThan(33_000);
  expect(text).toMatch(/^begin[\s\S]*bytes cut from the middle[\s\S]*end$/);
});
