// The judge of the chaos program for events, shown one fault of each kind.
import { expect, test } from '@jest/globals';
import { type Tally, openLedger } from './event-ledger.ts';

type Sent = readonly [seq: number, data: unknown];
const mark = (writer: 0 | 1, n: number, knows = 0) => ({ writer, n, knows });

const judged = (sent: readonly Sent[], gapless = true): Partial<Tally> => {
  const ledger = openLedger(1, gapless);
  for (const [seq, data] of sent) ledger.take(seq, 'bd-1', data);
  expect(ledger.complete).toBe(true);
  return Object.fromEntries(Object.entries(ledger.tally).filter(([name, value]) => name !== 'events' && value > 0));
};

test.each<[string, readonly Sent[], Partial<Tally>]>([
  [
    'nothing wrong',
    [
      [1, mark(0, 1)],
      [2, mark(1, 1, 1)],
      [3, { totals: [1, 1] }],
    ],
    {},
  ],
  [
    'an event that is repeated',
    [
      [1, mark(0, 1)],
      [1, mark(0, 1)],
      [2, { totals: [1, 0] }],
    ],
    { duplicates: 2 },
  ],
  [
    'an event under a second number',
    [
      [1, mark(0, 1)],
      [2, mark(0, 1)],
      [3, { totals: [1, 0] }],
    ],
    { duplicates: 1 },
  ],
  [
    'a number that is left out',
    [
      [1, mark(0, 1)],
      [3, { totals: [1, 0] }],
    ],
    { missing: 1 },
  ],
  [
    'an event that is left out',
    [
      [1, mark(0, 2)],
      [2, { totals: [2, 0] }],
    ],
    { missing: 1 },
  ],
  [
    'the last event left out',
    [
      [1, mark(0, 1)],
      [2, { totals: [1, 1] }],
    ],
    { missing: 1 },
  ],
  [
    'a writer out of order',
    [
      [1, mark(0, 2)],
      [2, mark(0, 1)],
      [3, { totals: [2, 0] }],
    ],
    { outOfOrder: 1 },
  ],
  [
    'what was known comes later',
    [
      [1, mark(1, 1, 1)],
      [2, mark(0, 1)],
      [3, { totals: [1, 1] }],
    ],
    { outOfOrder: 1 },
  ],
  [
    'an event that was rolled back',
    [
      [1, { ghost: true }],
      [2, { totals: [0, 0] }],
    ],
    { ghosts: 1 },
  ],
])('%s is judged so', (_, sent, expected) => {
  expect(judged(sent)).toEqual(expected);
});

test('a client that follows a part of the beads may see numbers left out, and not repeated', () => {
  expect(
    judged(
      [
        [4, mark(0, 1)],
        [9, { totals: [1, 0] }],
      ],
      false,
    ),
  ).toEqual({});
  expect(
    judged(
      [
        [4, mark(0, 1)],
        [4, { totals: [1, 0] }],
      ],
      false,
    ),
  ).toEqual({ duplicates: 1 });
});
