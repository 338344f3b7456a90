import { describe, expect, test } from '@jest/globals';
import { confidence, documentedFactor, groupByBehaviour } from './confidence.ts';
import type { Evidence } from './confidence.ts';
import { LAND_AT } from './protocol.ts';

const evidence = (more: Partial<Evidence> = {}): Evidence => ({
  share: 1,
  weight: 1,
  fixed: 2,
  guarded: 2,
  agreed: 0,
  disagreed: 0,
  ...more,
});

describe('groupByBehaviour', () => {
  test('puts patches that behave alike together, the heaviest group first and its heaviest member ahead', () => {
    const groups = groupByBehaviour([
      { weight: 0.3, behaviour: ['1'] },
      { weight: 0.5, behaviour: ['2'] },
      { weight: 0.9, behaviour: ['1'] },
    ]);
    expect(groups.map((group) => group.members)).toEqual([[2, 0], [1]]);
  });
  test('keeps patches apart that could not be probed', () => {
    expect(
      groupByBehaviour([
        { weight: 1, behaviour: [] },
        { weight: 1, behaviour: [] },
      ]),
    ).toHaveLength(2);
  });
  test('does not let many spellings of one repair outweigh a likelier one', () => {
    const many = Array.from({ length: 10 }, () => ({ weight: 0.4, behaviour: ['a'] }));
    expect(groupByBehaviour([...many, { weight: 0.9, behaviour: ['b'] }])[0]?.members).toEqual([10]);
  });
});

describe('confidence', () => {
  test('is enough to land for a likely change that several tests pin down', () =>
    expect(confidence(evidence())).toBeGreaterThan(LAND_AT));
  test('is not enough when rivals weigh as much', () =>
    expect(confidence(evidence({ share: 0.3 }))).toBeLessThan(LAND_AT));
  test('is not enough for a far-fetched change', () =>
    expect(confidence(evidence({ weight: 0.02 }))).toBeLessThan(LAND_AT));
  test('is enough for a far-fetched change that fulfils the documented examples', () =>
    expect(confidence(evidence({ weight: 0.03, agreed: 2 }))).toBeGreaterThan(LAND_AT));
  test('falls with fewer tests, and when the documented examples contradict', () => {
    expect(confidence(evidence({ fixed: 1, guarded: 0 }))).toBeLessThan(confidence(evidence()));
    expect(confidence(evidence({ disagreed: 1 }))).toBeLessThan(confidence(evidence()));
  });
  test('stays between 0 and 1', () => {
    expect(confidence(evidence({ fixed: 50, guarded: 900, agreed: 9 }))).toBeLessThanOrEqual(1);
    expect(confidence(evidence({ share: 0, fixed: 0 }))).toBe(0);
  });
});

test('documentedFactor never rules a patch out for a comment', () => {
  expect([documentedFactor(0, 0), documentedFactor(3, 0)]).toEqual([1, 1]);
  expect(documentedFactor(0, 3)).toBeGreaterThan(0);
  expect(documentedFactor(1, 1)).toBeLessThan(1);
});
