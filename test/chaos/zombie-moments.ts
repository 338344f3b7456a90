// The moments at which a host is frozen: every phase of what it does for a run, by facts that can be seen from outside.
import type { SeededRandom } from '../support/seeded-random.ts';
import { shuffled } from './shuffled.ts';

/** Each phase with how long it lasts, in milliseconds: the freeze comes somewhere in it. */
export const PHASES = {
  /** Its checkout is being made. */
  clone: 250,
  /** The project's set-up command runs. */
  'set-up': 800,
  /** The model is asked; the host only holds the lease. */
  thinking: 250,
  /** A command runs. */
  action: 800,
  /** The command has ended or is about to; its checkpoint is not made yet. */
  checkpoint: 60,
  /** The hub receives the checkpoint. */
  push: 10,
  /** The hub has the checkpoint; the result is not in the transcript yet. */
  append: 0,
  /** It was told to stop and waits for the action in flight. */
  drain: 300,
  /** It checks the candidate. */
  gate: 400,
} as const;
export type Phase = keyof typeof PHASES;

export interface ZombieMoment {
  readonly phase: Phase;
  readonly delayMs: number;
  /** Whether what the host has started freezes with it, as on a machine that is suspended, or goes on without it. */
  readonly whole: boolean;
  /** When it is thawed: as soon as another host has the run, or when the bead is at its end. */
  readonly thawed: 'at the take-over' | 'at the end';
}

/** So many moments, spread evenly over the phases, in a seeded order. */
export function zombieMoments(random: SeededRandom, count: number): ZombieMoment[] {
  const names = Object.keys(PHASES) as Phase[];
  const moments = Array.from({ length: count }, (_, index): ZombieMoment => {
    const place = index % names.length;
    const phase = names[place] as Phase;
    const round = Math.floor(index / names.length);
    return {
      phase,
      delayMs: random.whole(0, PHASES[phase]),
      whole: (place + round) % 2 === 0,
      thawed: (Math.floor(place / 2) + round) % 2 === 0 ? 'at the end' : 'at the take-over',
    };
  });
  return shuffled(random, moments);
}

export const shownMoment = ({ phase, delayMs, whole, thawed }: ZombieMoment): string =>
  `${phase} + ${delayMs} ms, ${whole ? 'with its children' : 'without its children'}, thawed ${thawed}`;
