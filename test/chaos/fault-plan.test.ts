import { describe, expect, test } from '@jest/globals';
import { seededRandom } from '../support/seeded-random.ts';
import { planFaults, shownFault } from './fault-plan.ts';

const OPTIONS = { victims: ['host', 'hub', 'nats'], runs: 8, faults: 12, events: 20, leaseTimeoutMs: 3_000 } as const;

describe('a plan of faults', () => {
  const plan = planFaults(seededRandom(3), OPTIONS);

  test('kills and freezes every victim equally often', () => {
    for (const victim of OPTIONS.victims) {
      const own = plan.flat().filter((fault) => fault.victim === victim);
      expect(own.map(({ frozenMs }) => frozenMs === null)).toEqual(expect.arrayContaining([true, false]));
      expect(own.filter(({ frozenMs }) => frozenMs === null)).toHaveLength(2);
      expect(own).toHaveLength(4);
    }
  });

  test('freezes each victim once for longer than a lease lives unheard of, and once for less', () => {
    for (const victim of OPTIONS.victims) {
      const frozen = plan.flat().flatMap((fault) => (fault.victim === victim ? (fault.frozenMs ?? []) : []));
      expect(frozen.filter((ms) => ms > OPTIONS.leaseTimeoutMs)).toHaveLength(1);
    }
  });

  test('gives every run one before it gives any a second, within the run and in order', () => {
    expect(plan.map((faults) => faults.length).sort((a, b) => a - b)).toEqual([1, 1, 1, 1, 2, 2, 2, 2]);
    for (const faults of plan) {
      const moments = faults.map(({ afterEvents }) => afterEvents);
      expect(moments).toEqual([...moments].sort((a, b) => a - b));
      for (const moment of moments) expect(moment).toBeLessThan(OPTIONS.events);
    }
  });

  test('has every fault, however few runs there are', () => {
    const few = planFaults(seededRandom(3), { ...OPTIONS, runs: 1, faults: 1 });
    expect(new Set(few.flat().map((fault) => `${fault.victim} ${fault.frozenMs === null}`)).size).toBe(6);
  });

  test('is the same for the same seed, and another for another', () => {
    expect(planFaults(seededRandom(3), OPTIONS)).toEqual(plan);
    expect(planFaults(seededRandom(4), OPTIONS)).not.toEqual(plan);
  });
});

test('a fault is told in words', () => {
  const fault = { victim: 'hub', afterEvents: 1, delayMs: 0 };
  expect([shownFault({ ...fault, frozenMs: null }), shownFault({ ...fault, frozenMs: 4_210 })]).toEqual([
    'hub killed',
    'hub frozen 4.2 s',
  ]);
});
