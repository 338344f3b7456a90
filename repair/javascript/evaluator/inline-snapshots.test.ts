import { expect, test } from '@jest/globals';
import { inspect } from 'node:util';
import { dedent, inlineSnapshots } from './inline-snapshots.ts';

test('dedent takes away what an editor added and keeps what the value brought', () => {
  expect(dedent('\n      {\n        "a": 1,\n      }\n    ')).toBe('{\n  "a": 1,\n}');
  expect(dedent('"one line"')).toBe('"one line"');
});

test('a snapshot in the test is compared with the printed value, one in a file is refused', () => {
  type Check = (this: { object: unknown }, ...args: unknown[]) => void;
  const methods = new Map<string, Check>();
  const plugin = inlineSnapshots((value) => inspect(value), {});
  plugin(
    { Assertion: class {} },
    {
      addMethod: (_: unknown, name: string, method: Check) => methods.set(name, method),
      flag: (of: { object: unknown }, name: string) => (name === 'object' ? of.object : undefined),
    },
  );
  const check = (object: unknown, ...args: unknown[]): unknown =>
    methods.get('toMatchInlineSnapshot')?.call({ object }, ...args);
  expect(() => check({ a: 1 }, '\n   { a: 1 }\n  ')).not.toThrow();
  expect(() => check({ a: 2 }, '{ a: 1 }')).toThrow('differs');
  expect(() => check({ a: 1 })).toThrow('differs');
});
