import { Command } from 'commander';
import { BEAD_STATUSES } from '../../domain/bead.ts';
import type { Bead } from '../api-shapes.ts';
import { number, oneOf } from '../options.ts';
import { action } from '../session.ts';
import { moment, table } from '../text.ts';

interface Options {
  readonly project?: string;
  readonly status?: string;
  readonly limit: number;
  readonly after?: string;
}

export const beadList = (): Command =>
  new Command('list')
    .description('list beads, newest first')
    .option('-p, --project <project>', 'only of this project')
    .option('-s, --status <status>', BEAD_STATUSES.join(', '), oneOf(BEAD_STATUSES))
    .option('-n, --limit <number>', 'how many', number(1, 500), 50)
    .option('--after <bead>', 'those that come after this one in the list')
    .action(
      action<Options, []>(async ({ api, show, note, json }, { project, status, limit, after }) => {
        const page = await api.get<{ beads: Bead[]; next: string | null }>('/beads', { project, status, limit, after });
        show(
          page,
          () =>
            table(
              ['BEAD', 'STATUS', 'P', 'TYPE', 'PROJECT', 'CHANGED', 'TITLE'],
              page.beads.map((bead) => [
                bead.id,
                bead.status,
                `P${bead.priority}`,
                bead.type,
                bead.projectName,
                moment(bead.updatedAt),
                bead.title,
              ]),
            ) || 'No bead. File one with: loomctl bead create TITLE --project PROJECT',
        );
        if (page.next !== null && !json) note(`More: loomctl bead list --after ${page.next}`);
      }),
    );
