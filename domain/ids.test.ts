import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { candidateRef, checkpointRef, entityId, runIdOf } from './ids.ts';

test('entityId is short, readable and made of what a URL, a ref and a task queue can carry', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 10, maxLength: 16 }), (random) => {
      expect(entityId('bd', random)).toMatch(/^bd-[0-9a-z]{10}$/);
    }),
  );
});

test('the refs of a run lie below the run, so that a lease can be limited to them', () => {
  expect(checkpointRef(runIdOf('bd-1', 2), 7)).toBe('refs/loom/runs/run-bd-1-2/7');
  expect(candidateRef('bd-1', 2)).toBe('refs/loom/candidates/bd-1/2');
});
