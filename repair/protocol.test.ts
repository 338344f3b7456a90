import { describe, expect, test } from '@jest/globals';
import { parseRequest } from './protocol.ts';

describe('parseRequest', () => {
  test('fills in the defaults', () => {
    expect(parseRequest({ testCommand: 'npm test' })).toEqual({
      testCommand: 'npm test',
      failingTests: [],
      protected: [],
      testTimeoutMs: 60_000,
      maxEvaluations: 12_000,
      maxSeconds: 300,
    });
  });
  test.each([
    [null, 'a JSON object'],
    [{}, 'testCommand'],
    [{ testCommand: 'x', protected: 'test/**' }, 'protected'],
    [{ testCommand: 'x', maxEvaluations: 0 }, 'maxEvaluations'],
    [{ testCommand: 'x', failingTests: [{ file: 'a' }] }, 'name'],
  ])('refuses %j and names the field', (value, field) => {
    expect(() => parseRequest(value)).toThrow(field);
  });
});
