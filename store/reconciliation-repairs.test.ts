import { expect, test } from '@jest/globals';
import { BEAD_STATUSES, isTerminal } from '../domain/bead.ts';
import { NOT_AT_ITS_END } from './reconciliation-repairs.ts';

test('the reconciler and the domain agree on which beads are at their end', () => {
  const ended = [...NOT_AT_ITS_END.matchAll(/'(\w+)'/g)].map(([, status]) => status);
  expect(new Set(ended)).toEqual(new Set(BEAD_STATUSES.filter(isTerminal)));
});
