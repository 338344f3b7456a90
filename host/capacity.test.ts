import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type CapacityInput, hostCapacity, memoryLimitMb } from './capacity.ts';

const machine = (changes: Partial<CapacityInput> = {}): CapacityInput => ({
  slots: 4,
  fleets: 1,
  memoryMb: 8_192,
  runMemoryMb: 512,
  reservedMb: 1_024,
  ...changes,
});

describe('the capacity of a host', () => {
  test('is what it was told to take, where its memory holds that', () => {
    expect(hostCapacity(machine())).toEqual({ slots: 4, note: null });
  });

  test('is what its memory holds, and a note that says so', () => {
    const { slots, note } = hostCapacity(machine({ memoryMb: 2_048 }));
    expect(slots).toBe(2);
    expect(note).toBe('2 instead of 4 slots: 2048 MB of memory, of which 1024 MB are kept back, hold 2 of 512 MB each');
  });

  test('shares the memory among its fleets', () => {
    expect(hostCapacity(machine({ memoryMb: 4_096, fleets: 2 })).slots).toBe(3);
  });

  test('is one where not even one fits, and the note warns of it', () => {
    const { slots, note } = hostCapacity(machine({ memoryMb: 900 }));
    expect(slots).toBe(1);
    expect(note).toContain('too little memory');
  });

  test('is never below one, never above what was asked for, and never more than fits without a note that warns', () => {
    const given = fc.record({
      slots: fc.integer({ min: 1, max: 64 }),
      fleets: fc.integer({ min: 1, max: 5 }),
      memoryMb: fc.integer({ min: 64, max: 1_000_000 }),
      runMemoryMb: fc.integer({ min: 64, max: 65_536 }),
      reservedMb: fc.integer({ min: 0, max: 65_536 }),
    });
    fc.assert(
      fc.property(given, (input) => {
        const { slots, note } = hostCapacity(input);
        const needed = slots * input.fleets * input.runMemoryMb + input.reservedMb;
        return (
          slots >= 1 &&
          slots <= input.slots &&
          (needed <= input.memoryMb || note?.includes('too little memory') === true) &&
          (note === null) === (slots === input.slots && needed <= input.memoryMb)
        );
      }),
    );
  });
});

test('the memory of this machine is known', () => {
  expect(memoryLimitMb()).toBeGreaterThan(64);
});
