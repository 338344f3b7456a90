import { describe, expect, test } from '@jest/globals';
import type { Candidate, Effort, Engine, Verdict } from './engine.ts';
import { parseRequest } from './protocol.ts';
import type { RepairRequest } from './protocol.ts';
import { Rounds } from './rounds.ts';

const candidate = (operator: string, weight: number, at: number): Candidate => ({
  edits: [{ file: 'a.js', start: at, end: at + 1, replacement: operator }],
  operator,
  weight,
  line: at,
});

/** A problem in memory: what each set of edits does is looked up, and what was asked is written down. */
class TableEngine implements Engine {
  readonly batchSize = 4;
  readonly exhausted = false;
  readonly asked: { effort: Effort; operator: string }[] = [];
  readonly #singles: readonly Candidate[];
  readonly #judge: (operator: string, effort: Effort) => Verdict;

  constructor(singles: readonly Candidate[], judge: (operator: string, effort: Effort) => Verdict) {
    this.#singles = singles;
    this.#judge = judge;
  }

  baseline(): Promise<never> {
    return Promise.reject(new Error('the search begins after the first run'));
  }
  candidates(): Iterable<Candidate> {
    return this.#singles;
  }
  evaluate(batch: readonly Candidate[], effort: Effort = 'quick'): Promise<readonly Verdict[]> {
    return Promise.resolve(
      batch.map(({ operator }) => {
        this.asked.push({ effort, operator });
        return this.#judge(operator, effort);
      }),
    );
  }
  probe(): Promise<never> {
    return Promise.reject(new Error('probing comes after the search'));
  }
  close(): Promise<void> {
    return Promise.resolve();
  }
}

const RED: Verdict = { green: false, fixed: 0 };
const GREEN: Verdict = { green: true, fixed: 2 };
const singles = ['a', 'b', 'c', 'd', 'e', 'f'].map((name, i) => candidate(name, 0.9 - i / 10, i * 10));

async function search(engine: Engine, more: Partial<RepairRequest> = {}): Promise<Rounds> {
  const request = { ...parseRequest({ testCommand: 'true' }), ...more };
  const rounds = new Rounds(engine, request, Number.POSITIVE_INFINITY, () => undefined);
  await rounds.run(2);
  return rounds;
}

describe('Rounds', () => {
  test('is content with single edits where one helps, and still looks for likely rivals', async () => {
    const engine = new TableEngine(singles, (operator) => (operator === 'a' || operator === 'c' ? GREEN : RED));
    const { greens } = await search(engine);
    expect(greens.map((green) => green.candidate.operator)).toEqual(['a', 'c']);
    expect(engine.asked.every(({ effort }) => effort === 'quick')).toBe(true);
  });

  test('gives what ran out of steps another chance with more of them', async () => {
    const engine = new TableEngine(singles, (operator, effort) =>
      operator !== 'd' ? RED : effort === 'patient' ? GREEN : { ...RED, starved: true },
    );
    const { greens } = await search(engine);
    expect(greens.map((green) => green.candidate.operator)).toEqual(['d']);
    expect(engine.asked.filter(({ effort }) => effort === 'patient')).toHaveLength(1);
  });

  test('builds pairs upon an edit that mends a part, before it guesses', async () => {
    const engine = new TableEngine(singles, (operator, effort) => {
      if (operator === 'e, b') return GREEN;
      return operator === 'e' ? { green: false, fixed: effort === 'thorough' ? 1 : 0, broke: false } : RED;
    });
    const { greens } = await search(engine);
    expect(greens.map((green) => green.candidate.edits.length)).toEqual([2]);
    expect(
      engine.asked.filter(({ operator }) => operator.includes(', ')).every(({ operator }) => operator.startsWith('e')),
    ).toBe(true);
  });

  test('builds nothing upon an edit that breaks another test, and guesses likely pairs in the end', async () => {
    const engine = new TableEngine(singles, (operator, effort) => {
      if (operator === 'a, f') return GREEN;
      return operator === 'e' && effort === 'thorough' ? { green: false, fixed: 1, broke: true } : RED;
    });
    const { greens } = await search(engine);
    expect(greens.map((green) => green.candidate.operator)).toEqual(['a, f']);
  });

  test('keeps to the budget over all rounds and says that it was used up', async () => {
    const engine = new TableEngine(singles, () => RED);
    const rounds = await search(engine, { maxEvaluations: 8 });
    expect(rounds.evaluations).toBeLessThanOrEqual(8 + engine.batchSize);
    expect(rounds.reason).toBe('the budget of 8 evaluations was used up');
  });
});
