import { describe, expect, test } from '@jest/globals';
import { applyEdits } from '../edits.ts';
import { proposeCandidates } from './propose.ts';
import { readSource } from './source.ts';
import { syntaxRepairs } from './syntax-repairs.ts';

/** Every text that one candidate makes of the given one, and the operator that made it. */
function texts(text: string, file = 'a.js', words: string[] = []): Map<string, string> {
  const source = readSource(file, text);
  const suspicion = new Map(source.units.map(({ id }) => [id, 1]));
  const out = new Map<string, string>();
  for (const candidate of proposeCandidates([{ source, suspicion }], words))
    out.set(applyEdits(text, candidate.edits), candidate.operator);
  return out;
}

describe('proposeCandidates', () => {
  test.each([
    ['comparison', 'if (a < b) f();', 'if (a <= b) f();'],
    ['constant', 'x = list[1];', 'x = list[0];'],
    ['arithmetic', 'x = a - b;', 'x = a + b;'],
    ['arithmetic', 'total = n;', 'total += n;'],
    ['variable', 'const f = (a, b) => a * a;', 'const f = (a, b) => a * b;'],
    ['dropped-operand', 'x = a + b - 1;', 'x = a + b;'],
    ['number-wrapping', 'const mid = n / 2;', 'const mid = Math.floor(n / 2);'],
    ['method', 'x = Math.min(a, b);', 'x = Math.max(a, b);'],
    ['argument-order', 'x = f(a, b);', 'x = f(b, a);'],
    ['argument', 'x = list.sort();', 'x = list.sort((a, b) => a - b);'],
    ['connective', 'if (a && b) f();', 'if (a || b) f();'],
    ['negation', 'if (!done) f();', 'if (done) f();'],
    ['grouping', 'x = n - 1 / 2;', 'x = (n - 1) / 2;'],
    ['list', 'function f(a, b) { return (a, b); }', 'function f(a, b) { return [a, b]; }'],
    ['missing-return', 'function f(a) { a + 1; }', 'function f(a) { return a + 1; }'],
    ['await', 'async function f() { const x = g(); }', 'async function f() { const x = await g(); }'],
    ['dropped-statement', 'function f(a) { a.pop(); return a; }', 'function f(a) {  return a; }'],
    ['connective', 'if (a == b && b == c && a == c) f();', 'if (a == b || b == c || a == c) f();'],
    ['exchange', "x = s.split(',') || s.split(' ');", "x = s.split(' ') || s.split(',');"],
    ['exchange', 'f = (p) => p[0] > 12 || p[1] > 31 || p[1] < 1;', 'f = (p) => p[1] > 12 || p[0] > 31 || p[0] < 1;'],
    ['comparison', 'x = (a < b ? 1 : 0) + (c < d ? 1 : 0);', 'x = (a <= b ? 1 : 0) + (c <= d ? 1 : 0);'],
    ['constant', 'x = list[1] + other[1];', 'x = list[0] + other[0];'],
    ['word', "open = c == '(';", "open = c == '[';"],
    ['missing-else', 'function f(a) { if (a) g(); if (!a) h(); }', 'function f(a) { if (a) g(); else if (!a) h(); }'],
  ])('%s: %s', (operator, before, after) => {
    expect(texts(before).get(after)).toBe(operator);
  });

  test('takes a wrong word for one that the tests spell nearly so', () => {
    expect(texts("x = 'Jupyter';", 'a.js', ['Jupiter']).get("x = 'Jupiter';")).toBe('word');
  });
  test('keeps TypeScript types and formatting', () => {
    const text = 'export const f = (a: number,   b: number): boolean => a < b;\n';
    expect(texts(text, 'a.ts').has(text.replace('<', '<='))).toBe(true);
  });
  test('never proposes the text as it stands, nor one twice', () => {
    const text = 'function f(a, b) { if (a < b) return a; return b; }';
    const source = readSource('a.js', text);
    const made = [
      ...proposeCandidates([{ source, suspicion: new Map(source.units.map(({ id }) => [id, 1])) }], []),
    ].map((candidate) => JSON.stringify(candidate.edits));
    expect(new Set(made).size).toBe(made.length);
    expect(texts(text).has(text)).toBe(false);
  });
  test('stays away from places that no failing test reached', () => {
    const source = readSource('a.js', 'f(1);\ng(2);\n');
    const lines = [...proposeCandidates([{ source, suspicion: new Map([[1, 1]]) }], [])].map(
      (candidate) => candidate.line,
    );
    expect(new Set(lines)).toEqual(new Set([2]));
  });
});

describe('syntaxRepairs', () => {
  test('offers a missing token, and only what parses', () => {
    const text = "const s = 'a' + b 'c';\n";
    const made = syntaxRepairs('a.js', text).map((candidate) => applyEdits(text, candidate.edits));
    expect(made).toContain("const s = 'a' + b + 'c';\n");
    for (const each of made) expect(() => readSource('a.js', each)).not.toThrow();
  });
  test('has nothing to say about a file that parses', () => expect(syntaxRepairs('a.js', 'f();')).toEqual([]));
});
