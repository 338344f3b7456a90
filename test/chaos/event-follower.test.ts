import { expect, test } from '@jest/globals';
import { streamTrouble } from './event-follower.ts';

test.each([
  ['each event once and in order is no trouble', ['a', 'b', 'c'], []],
  ['an event that is missing is told', ['a', 'c'], ['event b was not seen']],
  ['an event that came twice is told', ['a', 'b', 'b', 'c'], ['event b was seen 2 times']],
  ['an event that never happened is told', ['a', 'b', 'x', 'c'], ['event x was seen and is none']],
  ['another order is told by its first place', ['b', 'a', 'c'], ['event b came in the place of a']],
])('%s', (_, seen, trouble) => {
  expect(streamTrouble(['a', 'b', 'c'], seen)).toEqual(trouble);
});
