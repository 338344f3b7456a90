import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Edit } from '../edits.ts';
import type { Effort, Verdict } from '../engine.ts';
import { EvaluatorProcess } from './evaluator-process.ts';
import type { FirstRun } from './evaluator-process.ts';

const LIMIT_MS = 120_000;
let root = '';
let evaluator: EvaluatorProcess;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'loom-evaluator-test-'));
  evaluator = new EvaluatorProcess(root);
});
afterEach(() => {
  evaluator.stop();
  rmSync(root, { recursive: true, force: true });
});

function write(files: Record<string, string>): void {
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), text);
  }
}

async function firstRun(...testFiles: string[]): Promise<FirstRun> {
  const known = await evaluator.firstRun(testFiles, 400_000, LIMIT_MS);
  if (known === undefined) throw new Error('the first run was lost');
  return known;
}

/** Runs the tests once and makes the evaluator ready for candidates. */
async function prepare(...testFiles: string[]): Promise<FirstRun> {
  const known = await firstRun(...testFiles);
  const of = (file: string, ok: boolean): number[] =>
    known.cases.filter((each) => each.file === file && each.ok === ok).map((each) => each.index);
  const plan = testFiles.map((file) => ({
    file,
    failing: of(file, false),
    passing: of(file, true),
    sources: known.sources[file] ?? [],
  }));
  await evaluator.prepare({ plan, fuel: 200_000, seconds: 0.25, memory: known.memory, examples: [] }, 0);
  return known;
}

const SOURCE = 'def answer(n):\n    return 0\n';

/** A candidate that puts these lines in place of `return 0`. */
const body = (...lines: string[]): Edit[] => [
  { file: 'a.py', start: SOURCE.indexOf('return 0'), end: SOURCE.length - 1, replacement: lines.join('\n    ') },
];

const evaluate = (candidates: Edit[][], effort: Effort = 'quick'): Promise<Verdict[]> =>
  evaluator.evaluate(candidates, effort);

describe('the evaluator', () => {
  beforeEach(() => {
    write({
      'a.py': SOURCE,
      'test_a.py': [
        'import unittest',
        'from a import answer',
        'class TestA(unittest.TestCase):',
        '    def test_one(self): self.assertEqual(answer(1), 1)',
        '    def test_two(self): self.assertEqual(answer(2), 4)',
        '    def test_none(self): self.assertEqual(answer(0), 0)',
        '',
      ].join('\n'),
    });
  });

  test('tells green candidates from others', async () => {
    await prepare('test_a.py');
    const verdicts = await evaluate([body('return n'), body('return n * n'), body('return ('), body('return n ** 2')]);
    expect(verdicts.map((verdict) => verdict.green)).toEqual([false, true, false, true]);
  });

  test.each([
    ['a loop that changes nothing', ['while True:', '    pass']],
    ['a generator without end', ['def g():', '    while True: yield 1', 'return sum(g())']],
    ['a comprehension over an iterator without end', ['import itertools', 'return [x for x in itertools.count()]']],
    ['a lambda that calls itself twice', ['f = lambda: f() + f() if n < 3 else 0', 'return f()']],
    ['a recursion without end', ['return answer(n)']],
    ['a loop that catches everything', ['while True:', '    try: answer(n)', '    except BaseException: pass']],
    ['numbers that grow without end', ['power = 3', 'while power > 0:', '    power = power * power', 'return 1']],
    ['a loop inside of a built-in function', ['import itertools', 'return sum(itertools.repeat(1))']],
    ['a list that does not fit', ['return len([0] * 10 ** 10)']],
    ['a list that grows inside of a built-in function', ['import itertools', 'return len(list(itertools.count()))']],
    ['a process that ends itself', ['import os', 'os._exit(0)']],
    ['reading from the input', ['return int(input())']],
  ])('survives %s', async (_, lines) => {
    await prepare('test_a.py');
    const verdicts = await evaluate([body(...lines), body('return n * n')]);
    expect(verdicts.map((verdict) => verdict.green)).toEqual([false, true]);
    expect(evaluator.exhausted).toBe(false);
  });

  test('takes no output of the code for an answer', async () => {
    await prepare('test_a.py');
    const noisy = body('import os', 'os.write(1, b"{}\\n")', 'print("{}")', 'os.system("echo {}")', 'return n * n');
    expect((await evaluate([noisy])).map((verdict) => verdict.green)).toEqual([true]);
  });

  test('gives a candidate that ran out of steps more of them when it is patient', async () => {
    await prepare('test_a.py');
    const slow = body('for _ in range(300_000): pass', 'return n * n');
    expect(await evaluate([slow])).toMatchObject([{ green: false, starved: true }]);
    expect(await evaluate([slow], 'patient')).toMatchObject([{ green: true, starved: false }]);
  });

  test('tells near misses when it is thorough', async () => {
    await prepare('test_a.py');
    const candidates = [body('return 1 if n else 0'), body('return 4'), body('return n * n'), body('return -1')];
    expect(await evaluate(candidates, 'thorough')).toMatchObject([
      { green: false, fixed: 1, broke: false },
      { green: false, fixed: 1, broke: true },
      { green: true, fixed: 2 },
      { green: false, fixed: 0 },
    ]);
  });

  test(
    'goes on after as many lost processes as it allows, and then says that it is exhausted',
    async () => {
      await prepare('test_a.py');
      const verdicts = await evaluate(Array.from({ length: 40 }, () => body('import os', 'os._exit(0)')));
      expect(verdicts).toHaveLength(40);
      expect(verdicts.some((verdict) => verdict.green)).toBe(false);
      expect(evaluator.exhausted).toBe(true);
    },
    LIMIT_MS,
  );
});

test('runs the set-up of classes and modules, and counts a candidate that breaks it as red', async () => {
  write({
    'a.py': SOURCE,
    'test_a.py': [
      'import unittest',
      'from a import answer',
      'class TestA(unittest.TestCase):',
      '    @classmethod',
      '    def setUpClass(cls): cls.two = 2; answer(cls.two)',
      '    def test_two(self): self.assertEqual(answer(self.two), 4)',
      '',
    ].join('\n'),
  });
  await prepare('test_a.py');
  expect((await evaluate([body('return n * n'), body('return n / 0')])).map((verdict) => verdict.green)).toEqual([
    true,
    false,
  ]);
});

test('finds packages below src, relative imports and tests in folders', async () => {
  write({
    'src/shop/__init__.py': 'from .inner.rate import rate\n',
    'src/shop/inner/__init__.py': '',
    'src/shop/inner/rate.py': 'def rate():\n    return 1\n',
    'tests/unit/test_rate.py': 'from shop import rate\n\ndef test_rate():\n    assert rate() == 2\n',
    'tests/unit/test_name.py':
      'import shop\n\nclass TestShop:\n    def setup_method(self): self.name = "shop"\n    def test_name(self): assert shop.__name__ == self.name\n',
  });
  const known = await firstRun('tests/unit/test_rate.py', 'tests/unit/test_name.py');
  expect(known.problems).toEqual([]);
  expect(known.cases.map(({ full, ok }) => [full, ok])).toEqual([
    ['test_rate', false],
    ['TestShop.test_name', true],
  ]);
  expect(known.reach.filter(([file, , failing]) => file === 'src/shop/inner/rate.py' && failing > 0)).toHaveLength(2);
});

const hasPytest = ((): boolean => {
  try {
    execFileSync('python3', ['-c', 'import pytest'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

if (hasPytest)
  test('runs tests with fixtures through pytest and leaves nothing behind', async () => {
    write({
      'a.py': SOURCE,
      'conftest.py': 'import pytest\n\n@pytest.fixture\ndef two():\n    return 2\n',
      'test_a.py': [
        'import pytest',
        'from a import answer',
        '@pytest.mark.parametrize("more", [0, 1])',
        'def test_twice(two, more): assert answer(two + more) == 2 * (two + more)',
        'def test_nothing(two, tmp_path): assert answer(0) == 0 and tmp_path.exists()',
        '',
      ].join('\n'),
    });
    const before = readdirSync(root);
    const known = await prepare('test_a.py');
    expect(known.cases.map(({ full, ok }) => [full, ok])).toEqual([
      ['test_twice[0]', false],
      ['test_twice[1]', false],
      ['test_nothing', true],
    ]);
    const verdicts = await evaluate([body('return 4'), body('return n + n')]);
    expect(verdicts.map((verdict) => verdict.green)).toEqual([false, true]);
    expect(readdirSync(root)).toEqual(before);
  });
