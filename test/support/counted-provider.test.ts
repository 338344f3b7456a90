import { expect, test } from '@jest/globals';
import { repeatedCalls } from './counted-provider.ts';

test('a turn that was asked for again is a repeat, and in vain where its answer had been recorded', () => {
  const call = { run: 'r1', step: 2, recorded: false };
  expect(repeatedCalls([call, { ...call, step: 4 }, { ...call, run: 'r2' }])).toEqual({ repeated: 0, inVain: 0 });
  expect(repeatedCalls([call, call, { ...call, recorded: true }])).toEqual({ repeated: 2, inVain: 1 });
});
