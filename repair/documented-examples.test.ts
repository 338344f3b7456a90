import { describe, expect, test } from '@jest/globals';
import { documentedExamples, spelling } from './documented-examples.ts';

const found = (text: string): string[] =>
  documentedExamples(text).map(({ name, args, expected }) => `${name}|${args}|${expected}`);

describe('documentedExamples', () => {
  test.each([
    ['add(1, 2) == 3', ['add|1, 2|3']],
    ["f('a)', [1]) => ['a', (2)]", ["f|'a)', [1]|['a', (2)]"]],
    ['>>> mean([1, 2])\n    1.5', ['mean|[1, 2]|1.5']],
    ["greet('Bo') returns 'Hi Bo'", ["greet|'Bo'|'Hi Bo'"]],
    ['first([]) -> None', ['first|[]|None']],
  ])('reads %s', (text, expected) => {
    expect(found(text)).toEqual(expected);
  });
  test('leaves prose and calls of other functions as results alone', () => {
    expect(found('call f(x) first, then g(y) is called')).toEqual([]);
    expect(found('f(1) == g(2)')).toEqual([]);
  });
});

test('spelling makes the two languages alike', () => {
  expect(spelling("(1.0, None, 'a',)")).toBe(spelling('[ 1, null, "a" ]'));
  expect(spelling('[1, 2]')).not.toBe(spelling('[1, 3]'));
});
