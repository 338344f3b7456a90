import { Command } from 'commander';
import { action } from '../session.ts';

export const beadCancel = (): Command =>
  new Command('cancel')
    .description('stop a bead and its run for good')
    .argument('<bead>')
    .requiredOption('-r, --reason <text>', 'why; it stays with the bead')
    .action(
      action<{ readonly reason: string }, [string]>(async ({ api, show }, { reason }, id) => {
        const bead = await api.post<{ id: string; status: string }>(`/beads/${encodeURIComponent(id)}/cancel`, {
          reason,
        });
        show(bead, () => `${bead.id} is ${bead.status}`);
      }),
    );
