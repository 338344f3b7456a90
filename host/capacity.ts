// How much a host takes on at a time. Invariant: what all of its fleets may run at once fits into its memory, or the host says
// that it does not.
import { totalmem } from 'node:os';

export interface CapacityInput {
  /** What the host was told to take, for each fleet. */
  readonly slots: number;
  readonly fleets: number;
  /** What the machine, or the cgroup of the host, has. */
  readonly memoryMb: number;
  /** What one run, or one gate, may need. */
  readonly runMemoryMb: number;
  /** Kept for the host itself and for whatever else runs there. */
  readonly reservedMb: number;
}

export interface Capacity {
  /** For each fleet; at least 1. */
  readonly slots: number;
  /** Why it is less than was asked for; null where it is not. */
  readonly note: string | null;
}

export function hostCapacity({ slots, fleets, memoryMb, runMemoryMb, reservedMb }: CapacityInput): Capacity {
  const fitting = Math.max(0, Math.floor((memoryMb - reservedMb) / runMemoryMb));
  const each = Math.floor(fitting / Math.max(1, fleets));
  if (each >= slots) return { slots, note: null };
  const memory = `${memoryMb} MB of memory, of which ${reservedMb} MB are kept back, hold ${fitting} of ${runMemoryMb} MB each`;
  const share = fleets === 1 ? '' : ` for each of ${fleets} fleets`;
  return each >= 1
    ? { slots: each, note: `${each} instead of ${slots} slots${share}: ${memory}` }
    : { slots: 1, note: `1 slot${share}, and too little memory even for that: ${memory}` };
}

/** What this process may use: the memory of the machine, or less where its cgroup has a limit. */
export function memoryLimitMb(): number {
  const constrained = process.constrainedMemory();
  const bytes = constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
  return Math.floor(bytes / 2 ** 20);
}
