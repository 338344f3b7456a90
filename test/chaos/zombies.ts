// Hosts are frozen at seeded moments of what they do, lose their lease, and are thawed: they change nothing any more.
import { parseArgs } from 'node:util';
import { printReport } from '../../bench/report.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { withServices } from '../support/services.ts';
import { openLane } from './lane.ts';
import { haunt, undisturbedZombieRun } from './zombie.ts';
import { PHASES, shownMoment, zombieMoments } from './zombie-moments.ts';

const MAX_SHOWN = 10;

export async function chaosZombies(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seed: { type: 'string', default: '1' },
      moments: { type: 'string', default: '20' },
      fused: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
    },
  });
  const started = performance.now();
  const moments = zombieMoments(seededRandom(Number(values.seed)), Number(values.moments));
  return withServices(async () => {
    const lane = await openLane({ fused: values.fused });
    try {
      const expected = await undisturbedZombieRun(lane);
      let changes = 0;
      for (const [index, moment] of moments.entries()) {
        const found = await haunt(lane, moment, expected);
        changes += found.length;
        const verdict =
          found.length === 0 ? 'nothing changed' : `CHANGED\n    ${found.slice(0, MAX_SHOWN).join('\n    ')}`;
        console.log(`moment ${index + 1}: ${shownMoment(moment)}: ${verdict}`);
      }
      return printReport(
        {
          name: 'zombies',
          figures: {
            seed: Number(values.seed),
            moments: moments.length,
            phases: Object.keys(PHASES)
              .map((phase) => `${moments.filter((moment) => moment.phase === phase).length} ${phase}`)
              .join(', '),
            changes,
            tookS: Math.round((performance.now() - started) / 1_000),
          },
          aims: { changes: { aim: '0', met: changes === 0 } },
        },
        values.json,
      );
    } finally {
      await lane.stop();
    }
  });
}
