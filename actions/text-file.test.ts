import { expect, test } from '@jest/globals';
import { decodeText, encodeText } from './text-file.ts';

test.each([
  ['UTF-8', Buffer.from('grün → 🙂\n'), 'grün → 🙂\n'],
  ['UTF-8 with a mark', Buffer.from('\uFEFFa\n'), 'a\n'],
  ['UTF-16, little-endian', Buffer.from('\uFEFFgrün', 'utf16le'), 'grün'],
  ['UTF-16, big-endian', Buffer.from('\uFEFFgrün', 'utf16le').swap16(), 'grün'],
  ['an 8-bit encoding', Buffer.from([0x67, 0x72, 0xfc, 0x6e, 0x80]), 'gr\u00fcn\u0080'],
  ['nothing', Buffer.alloc(0), ''],
])('%s is decoded, and encoded to the same bytes', (_, bytes, text) => {
  const before = Buffer.from(bytes);
  const file = decodeText(bytes);
  expect(file?.text).toBe(text);
  expect(file === null ? null : encodeText(file)).toEqual(before);
});

test('a NUL makes a file binary', () => {
  expect(decodeText(Buffer.from('a\0b'))).toBeNull();
});

test('a character that the encoding lacks is refused, not replaced', () => {
  expect(encodeText({ text: 'a→b', encoding: 'latin1', mark: false })).toBeNull();
});
