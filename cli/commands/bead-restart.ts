import { Command } from 'commander';
import { action } from '../session.ts';

export const beadRestart = (): Command =>
  new Command('restart')
    .description('go on with a bead from what is recorded of it, whatever has become of its workflow')
    .argument('<bead>')
    .action(
      action<Record<string, never>, [string]>(async ({ api, show }, _options, id) => {
        const bead = await api.post<{ id: string; from: { status: string; attempt: number } }>(
          `/beads/${encodeURIComponent(id)}/restart`,
          {},
        );
        show(bead, () => `${bead.id} goes on (it was ${bead.from.status}, attempt ${bead.from.attempt})`);
      }),
    );
