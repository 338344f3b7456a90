// Events as the product makes them: several transactions at a time, some of which take longer to commit than those that began
// after them, and some of which roll back, so that positions have gaps and are committed in another order than they were given.
import { setTimeout as delay } from 'node:timers/promises';
import type { Database } from '../../store/database.ts';
import { insertEvent } from '../../store/events.ts';
import type { SeededRandom } from '../support/seeded-random.ts';
import type { EndMark, GhostMark, Mark } from './event-ledger.ts';

const LANES = 8;
const ROLLED_BACK = 0.05;
const SLOW = 0.03;
const SLOW_MS = 30;
const MAX_PER_TRANSACTION = 4;
/** As long as the first line of what an agent said. */
const TEXT = 'x'.repeat(120);

export interface EventBead {
  readonly id: string;
  readonly projectId: string;
}

interface Writer {
  readonly bead: EventBead;
  readonly writer: 0 | 1;
  readonly committed: [number, number];
}

/** Writes until `count` events are committed, then the last event of each bead. @param onProgress told after each transaction. */
export async function writeEvents(options: {
  readonly database: Database;
  readonly beads: readonly EventBead[];
  readonly count: number;
  readonly random: SeededRandom;
  readonly onProgress: (committed: number) => void;
}): Promise<{ readonly committed: number; readonly rolledBack: number }> {
  const { database, beads, count, random, onProgress } = options;
  const idle: Writer[] = beads.flatMap((bead) => {
    const committed: [number, number] = [0, 0];
    return ([0, 1] as const).map((writer) => ({ bead, writer, committed }));
  });
  const ends = new Map(idle.map(({ bead, committed }) => [bead, committed]));
  let begun = 0;
  let committed = 0;
  let rolledBack = 0;

  const write = async ({ bead, writer, committed: of }: Writer, many: number): Promise<void> => {
    const knows = of[writer === 0 ? 1 : 0];
    await database.transaction(async (tx) => {
      for (let n = of[writer] + 1; n <= of[writer] + many; n++) {
        const data = { writer, n, knows, text: TEXT } satisfies Mark & Record<string, unknown>;
        await insertEvent(tx, event(bead, `${bead.id}-${writer}:${n}`, data));
      }
      if (random.chance(SLOW)) await delay(random.whole(1, SLOW_MS));
    });
    of[writer] += many;
  };

  const rollBack = async ({ bead }: Writer): Promise<void> => {
    const withdrawn = new Error('rolled back');
    rolledBack += 1;
    const id = `${bead.id}-ghost:${rolledBack}`;
    await database
      .transaction(async (tx) => {
        await insertEvent(tx, event(bead, id, { ghost: true } satisfies GhostMark));
        throw withdrawn;
      })
      .catch((error: unknown) => {
        if (error !== withdrawn) throw error;
      });
  };

  const lane = async (): Promise<void> => {
    while (begun < count) {
      const [chosen] = idle.splice(random.whole(0, idle.length - 1), 1);
      if (chosen === undefined) throw new Error('there are fewer beads than lanes');
      if (random.chance(ROLLED_BACK)) await rollBack(chosen);
      const many = Math.min(random.whole(1, MAX_PER_TRANSACTION), count - begun);
      begun += many;
      if (many > 0) await write(chosen, many);
      committed += many;
      idle.push(chosen);
      onProgress(committed);
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  for (const [bead, totals] of ends) {
    await insertEvent(database, event(bead, `${bead.id}-end`, { totals } satisfies EndMark));
  }
  return { committed: committed + ends.size, rolledBack };
}

const event = (bead: EventBead, id: string, data: Readonly<Record<string, unknown>>) => ({
  id,
  projectId: bead.projectId,
  beadId: bead.id,
  type: 'run.result',
  data,
});
