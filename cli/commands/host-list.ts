import { Command } from 'commander';
import type { Host } from '../api-shapes.ts';
import { action } from '../session.ts';
import { duration, table } from '../text.ts';

export const hostList = (): Command =>
  new Command('list').description('list hosts with what they run').action(
    action(async ({ api, show, note, json }) => {
      const { hosts } = await api.get<{ hosts: Host[] }>('/hosts');
      show(
        { hosts },
        () =>
          table(
            ['HOST', 'STATE', 'FLEETS', 'SLOTS', 'SEEN', 'RUNS'],
            hosts.map((host) => [
              host.id,
              host.confined ? host.state : `${host.state}, UNCONFINED`,
              host.fleets.join(', '),
              `${host.leases}/${host.slots}`,
              `${duration(Math.max(0, Date.now() - Date.parse(host.lastSeenAt)))} ago`,
              whatItRuns(host),
            ]),
          ) || 'No host. Join one with: loomctl worker host --fleet agents,verifier',
      );
      if (json) return;
      for (const host of hosts) if (host.note !== null) note(`${host.id}: ${host.note}`);
    }),
  );

function whatItRuns({ runs, gates }: Host): string {
  const running = runs.map(({ beadId, title }) => `${beadId} ${title}`);
  return [...running, ...(gates === 0 ? [] : [`${gates} ${gates === 1 ? 'gate' : 'gates'}`])].join('; ');
}
