import { Command } from 'commander';
import type { CommandedHost } from '../api-shapes.ts';
import { action } from '../session.ts';

export const hostDrain = (): Command =>
  new Command('drain')
    .description('have a host take nothing more and give back what it holds; it stays up')
    .argument('<host>', 'its id, its name, or the beginning of its id')
    .action(
      action<object, [string]>(async ({ api, show }, _, given) => {
        const host = await api.post<CommandedHost>(`/hosts/${encodeURIComponent(given)}/drain`, {});
        show(
          host,
          () =>
            `${host.id} is ${host.state}${whatIsLeft(host)}. It takes work again with: loomctl host resume ${host.id}`,
        );
      }),
    );

function whatIsLeft({ leases, gates }: CommandedHost): string {
  const left = [
    ...(leases === 0 ? [] : [`${leases} ${leases === 1 ? 'run' : 'runs'} to give back`]),
    ...(gates === 0 ? [] : [`${gates} ${gates === 1 ? 'gate' : 'gates'} to finish`]),
  ];
  return left.length === 0 ? '' : `, with ${left.join(' and ')}`;
}
