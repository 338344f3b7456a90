import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { unifyLineEndings } from './line-endings.ts';

const text = fc.array(fc.constantFrom('a', 'b', '\n', '\r\n', '\r'), { maxLength: 40 }).map((parts) => parts.join(''));

test('an offset maps back to the same place in the original', () => {
  fc.assert(
    fc.property(text, fc.nat(), (original, at) => {
      const unified = unifyLineEndings(original);
      const offset = at % (unified.text.length + 1);
      const before = original.slice(0, unified.toOriginal(offset));
      const after = original.slice(unified.toOriginal(offset));
      expect(unifyLineEndings(before).text + unifyLineEndings(after).text).toBe(unified.text);
      expect(unifyLineEndings(before).text).toBe(unified.text.slice(0, offset));
    }),
  );
});

test('new lines end as most of the file does', () => {
  expect(unifyLineEndings('a\r\nb\r\nc\n').fromUnified('x\ny')).toBe('x\r\ny');
  expect(unifyLineEndings('a\nb\nc\r\n').fromUnified('x\ny')).toBe('x\ny');
});
