import { describe, expect, test } from '@jest/globals';
import { type HostPresence, hostsMeantBy } from './host.ts';

const host = (id: string, state: HostPresence = 'ready') => ({ id, name: id.replace(/-[0-9a-f]{6}$/, ''), state });
const ids = (given: string, ...hosts: ReturnType<typeof host>[]) => hostsMeantBy(given, hosts).map(({ id }) => id);

describe('the host that is meant', () => {
  test('by its whole id, even when it is gone and another begins alike', () => {
    expect(ids('a-111111', host('a-111111', 'gone'), host('a-1111112'))).toEqual(['a-111111']);
  });

  test('by its name, even when the id of another begins with that name', () => {
    expect(ids('big', host('big-111111'), host('bigger-222222'))).toEqual(['big-111111']);
  });

  test('by the beginning of its id', () => {
    expect(ids('bigg', host('big-111111'), host('bigger-222222'))).toEqual(['bigger-222222']);
  });

  test('is a question when several live that fit', () => {
    expect(ids('big', host('big-111111'), host('big-222222', 'drained'))).toEqual(['big-111111', 'big-222222']);
  });

  test('is the one that lives, where the others that fit are gone', () => {
    expect(ids('big', host('big-111111', 'gone'), host('big-222222'))).toEqual(['big-222222']);
  });

  test('may be one that is gone, where none that fits lives', () => {
    expect(ids('big', host('big-111111', 'gone'), host('other-222222'))).toEqual(['big-111111']);
  });

  test('is none for a name that nobody has, and for no name', () => {
    expect(ids('small', host('big-111111'))).toEqual([]);
    expect(ids('', host('big-111111'))).toEqual([]);
  });
});
