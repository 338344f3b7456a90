import { describe, expect, test } from '@jest/globals';
import { CappedOutput, cutMiddle } from './capped-output.ts';

function collected(limit: number, chunks: readonly string[]): CappedOutput {
  const output = new CappedOutput(limit);
  for (const chunk of chunks) output.write(Buffer.from(chunk));
  return output;
}

describe('CappedOutput', () => {
  test('keeps everything up to its limit', () => {
    const output = collected(10, ['abc', 'defg', 'hij']);
    expect(output.text()).toBe('abcdefghij');
    expect(output.cutBytes).toBe(0);
  });

  test('keeps the beginning and the end beyond it, and names the gap', () => {
    const output = collected(10, ['abcdefgh', 'ijklmnop', 'q']);
    expect(output.text()).toBe('abcde\n... 7 bytes cut from the middle ...\nmnopq');
    expect(output.cutBytes).toBe(7);
  });

  test('gives the same text however the stream was cut into chunks', () => {
    const whole = Array.from({ length: 500 }, (_, index) => String.fromCharCode(97 + (index % 26))).join('');
    const expected = collected(64, [whole]).text();
    for (const size of [1, 3, 31, 32, 33, 64, 65, 499]) {
      const chunks = Array.from({ length: Math.ceil(whole.length / size) }, (_, at) =>
        whole.slice(at * size, (at + 1) * size),
      );
      expect(collected(64, chunks).text()).toBe(expected);
    }
  });
});

describe('cutMiddle', () => {
  test('leaves a text alone that fits', () => {
    expect(cutMiddle('grün', 5)).toEqual({ text: 'grün', cutBytes: 0 });
  });

  test('counts bytes, not characters', () => {
    expect(cutMiddle('ä'.repeat(10), 8).cutBytes).toBe(12);
  });
});
