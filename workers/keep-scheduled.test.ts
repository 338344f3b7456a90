import { expect, test } from '@jest/globals';
import { keepScheduled } from './keep-scheduled.ts';

test('looks again and again until it is stopped, says a failure once, and goes on', async () => {
  const said: string[] = [];
  let looked = 0;
  const often = Promise.withResolvers<void>();
  const keeping = keepScheduled(
    () => {
      looked += 1;
      if (looked === 5) often.resolve();
      return looked < 4 ? Promise.reject(new Error('Temporal is away')) : Promise.resolve();
    },
    (line) => said.push(line),
    1,
  );
  await often.promise;
  await keeping.stop();
  const lookedBefore = looked;
  expect(said).toEqual(['the schedule of the reconciler could not be looked after: Temporal is away']);
  await keeping.stop();
  expect(looked).toBe(lookedBefore);
});
