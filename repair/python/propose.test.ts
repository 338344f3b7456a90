import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { applyEdits } from '../edits.ts';
import type { Candidate } from '../engine.ts';
import { LineProcess, ProcessLost } from './line-process.ts';

const SCRIPT = fileURLToPath(new URL('./propose.py', import.meta.url));
let root = '';
let proposer: LineProcess;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'loom-propose-test-'));
  proposer = new LineProcess('python3', [SCRIPT], root);
});
afterEach(() => {
  proposer.stop();
  rmSync(root, { recursive: true, force: true });
});

/** The first candidates of a file all of whose statements are equally suspicious. */
async function candidates(text: string, kinds: [string, string[]][] = []): Promise<Candidate[]> {
  writeFileSync(join(root, 'a.py'), text);
  const suspects = { 'a.py': Array.from({ length: 20 }, (_, statement) => [statement, 1]) };
  const open = {
    type: 'open',
    root,
    suspects,
    kinds: kinds.map(([name, found]) => ['a.py', name, found]),
    words: ['Jupiter', '[[]]'],
  };
  await proposer.ask(open, 20_000, () => true);
  let out: Candidate[] = [];
  await proposer.ask({ type: 'next', count: 2_000 }, 20_000, (line) => {
    out = JSON.parse(line) as Candidate[];
    return true;
  });
  return out;
}

const numbers = (...names: string[]): [string, string[]][] => names.map((name) => [name, ['number']]);

describe('propose.py', () => {
  test.each([
    ['comparison', 'x = a < b\n', 'x = a <= b\n'],
    ['constant', 'x = [1, 2][1]\n', 'x = [1, 2][0]\n'],
    ['arithmetic', 'x = a / b\n', 'x = a // b\n'],
    ['dropped-operand', 'x = a - 1\n', 'x = a\n'],
    ['method', 'x = min(a, b)\n', 'x = max(a, b)\n'],
    ['argument-order', 'x = f(a, b)\n', 'x = f(b, a)\n'],
    ['connective', 'x = a and b\n', 'x = a or b\n'],
    ['slice', 'x = a[1:]\n', 'x = a[1:-1]\n'],
    ['word', "x = 'Jupyter'\n", "x = 'Jupiter'\n"],
    ['missing-return', 'def f(a):\n    a + 1\n', 'def f(a):\n    return a + 1\n'],
    ['argument', 'x = sorted(a)\n', 'x = sorted(a, reverse=True)\n'],
    ['grouping', 'x = n - 1 / 2\n', 'x = (n - 1) / 2\n'],
    ['word', "x = a == '('\n", "x = a == '['\n"],
    ['word', "x = 'aeiou'\n", "x = 'aeiouAEIOU'\n"],
    ['wrapping', 'x = f(a[0])\n', 'x = f(sum(a))\n'],
    ['dropped-operand', 'x = a ** b * c\n', 'x = a ** c\n'],
    ['dropped-statements', 'a = 1\nb = 2\nc = 3\n', 'pass\nc = 3\n'],
    ['added-operand', 'def f(a, b):\n    return g(a)\n', 'def f(a, b):\n    return g(a) + b\n', numbers('a', 'b')],
    [
      'added-branch',
      'def f(a, b):\n    if g():\n        a += 1\n',
      'def f(a, b):\n    if g():\n        a += 1\n    else: b += 1\n',
      numbers('a', 'b'),
    ],
    ['missing-return', 'def f(a):\n    a = g(a)\n', 'def f(a):\n    a = g(a)\n    return a\n'],
    [
      'fence-post',
      'def f(xs):\n    for x in xs[:-1]:\n        g(x)\n',
      'def f(xs):\n    for x in xs[:-1]:\n        g(x)\n    g(xs[-1])\n',
    ],
    [
      'fence-post',
      'def f(xs):\n    for i in range(1, len(xs)):\n        g(xs[i])\n',
      'def f(xs):\n    g(xs[0])\n    for i in range(1, len(xs)):\n        g(xs[i])\n',
    ],
    [
      'added-condition',
      'def f(a, b, c):\n    return a + b > c\n',
      'def f(a, b, c):\n    return a + b > c and b + c > a and c + a > b\n',
      numbers('a', 'b', 'c'),
    ],
    ['variable', 'def f(a, b):\n    return a * a\n', 'def f(a, b):\n    return a * b\n'],
  ] as [string, string, string, [string, string[]][]?][])('%s: %j', async (...row) => {
    const [operator, before, after, kinds] = row;
    const made = await candidates(before, kinds);
    expect(
      made.filter((candidate) => applyEdits(before, candidate.edits) === after).map((candidate) => candidate.operator),
    ).toEqual([operator]);
  });

  test('counts characters and not bytes', async () => {
    const text = "x = 'é' if a < b else 'ö'\n";
    expect((await candidates(text)).map((candidate) => applyEdits(text, candidate.edits))).toContain(
      "x = 'é' if a <= b else 'ö'\n",
    );
  });
  test('gives falling weights', async () => {
    const weights = (await candidates('def f(a, b):\n    if a < b:\n        return a\n    return b + 1\n')).map(
      (candidate) => candidate.weight,
    );
    expect(weights.length).toBeGreaterThan(100);
    expect(weights).toEqual(weights.toSorted((a, b) => b - a));
  });
});

test('a process that does not answer in time is lost and killed', async () => {
  const silent = new LineProcess('sleep', ['600'], tmpdir());
  await expect(silent.ask({}, 100, () => true)).rejects.toThrow(ProcessLost);
  await expect(silent.ask({}, 100, () => true)).rejects.toThrow(ProcessLost);
});
