import { describe, expect, test } from '@jest/globals';
import vm from 'node:vm';
import { fuelPlan, instrumentText } from './instrument.ts';
import { readSource } from './source.ts';

/** Runs instrumented text with so many steps; the value of the last expression, or the word for what ended it. */
function run(text: string, steps: number, edits: { start: number; end: number; replacement: string }[] = []): unknown {
  const code = instrumentText(text, fuelPlan(readSource('a.js', text)), edits);
  let left = steps;
  const step = (): void => {
    if (--left < 0) throw new RangeError('dry');
  };
  try {
    return vm.runInNewContext(code, { __loomFuel: step }) as unknown;
  } catch (error) {
    return (error as Error).message;
  }
}

describe('instrumentText', () => {
  test.each([
    ['for (;;) ;'],
    ['while (true) { }'],
    ['do 1; while (true)'],
    ['const f = (n) => f(n + 1) + 1; f(0)'],
    ['function f() { "use strict"; return f(); } f()'],
    ['for (const a of [1]) for (;;) a;'],
  ])('ends %s', (text) => {
    expect(run(text, 500)).toBe('dry');
  });
  test.each([
    ['let s = 0; for (let i = 0; i < 4; i++) s += i; s', 6],
    ['const f = (a) => (b) => ({ c: a + b }); f(1)(2).c', 3],
    ['const f = (x) => x > 1 ? x * f(x - 1) : 1; f(4)', 24],
    ['let n = 0; if (n) n = 1; else while (n < 3) n++; n', 3],
  ])('does not change what %s gives', (text, expected) => {
    expect(run(text, 500)).toBe(expected);
  });
  test('keeps its pairs whole when an edit replaces what lies inside', () => {
    const text = 'const f = (a) => (b) => a + b; f(1)(2)';
    const start = text.indexOf('(b)');
    expect(run(text, 50, [{ start, end: text.indexOf(';'), replacement: '() => a' }])).toBe(1);
    const body = text.indexOf('a + b');
    expect(run(text, 50, [{ start: body, end: body + 5, replacement: 'b' }])).toBe(2);
  });
});
