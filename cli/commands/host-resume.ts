import { Command } from 'commander';
import type { CommandedHost } from '../api-shapes.ts';
import { action } from '../session.ts';

export const hostResume = (): Command =>
  new Command('resume')
    .description('have a drained host take work again')
    .argument('<host>', 'its id, its name, or the beginning of its id')
    .action(
      action<object, [string]>(async ({ api, show }, _, given) => {
        const host = await api.post<CommandedHost>(`/hosts/${encodeURIComponent(given)}/resume`, {});
        show(host, () => `${host.id} is ${host.state}`);
      }),
    );
