import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { BEAD_STATUSES, type BeadStatus, canMove, cancelRefusal, isTerminal } from './bead.ts';

const anyStatus = fc.constantFrom(...BEAD_STATUSES);

describe('transitions of a bead', () => {
  test('lead from open to closed along the way that every landed fix takes', () => {
    const way: BeadStatus[] = ['open', 'queued', 'running', 'verifying', 'landing', 'closed'];
    for (let at = 1; at < way.length; at++) {
      expect(canMove(way[at - 1] as BeadStatus, way[at] as BeadStatus)).toBe(true);
    }
  });

  test('let nothing be closed that was not verified: only landing leads to closed, only verifying to landing', () => {
    fc.assert(
      fc.property(anyStatus, (from) => {
        expect(canMove(from, 'closed')).toBe(from === 'landing');
        expect(canMove(from, 'landing')).toBe(from === 'verifying');
      }),
    );
  });

  test('never leave a terminal status', () => {
    fc.assert(
      fc.property(anyStatus, anyStatus, (from, to) => {
        if (isTerminal(from)) expect(canMove(from, to)).toBe(false);
      }),
    );
  });

  test('always leave a way to an end', () => {
    for (const from of BEAD_STATUSES) {
      const reached = new Set<BeadStatus>([from]);
      for (const at of reached) for (const to of BEAD_STATUSES) if (canMove(at, to)) reached.add(to);
      expect([...reached].some(isTerminal)).toBe(true);
    }
  });
});

test('a run that waits has no host: it asks for one before it goes on, and may be cancelled meanwhile', () => {
  for (const from of ['queued', 'running'] as const) expect(canMove(from, 'waiting')).toBe(true);
  expect(canMove('waiting', 'running')).toBe(false);
  expect(canMove('waiting', 'queued')).toBe(true);
  expect(cancelRefusal('waiting')).toBeUndefined();
});

describe('cancelRefusal', () => {
  test('says that an ended bead has ended', () => {
    expect(cancelRefusal('closed')).toBe('the bead is already closed');
  });

  test('refuses while the branch is being moved, because the change may have landed', () => {
    expect(cancelRefusal('landing')).toContain('landing');
  });

  test('allows it while the bead waits or works', () => {
    expect(cancelRefusal('queued')).toBeUndefined();
    expect(cancelRefusal('running')).toBeUndefined();
  });
});
