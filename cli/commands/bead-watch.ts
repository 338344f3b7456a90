import { Command } from 'commander';
import { action } from '../session.ts';
import { watchBead } from '../watch-bead.ts';

export const beadWatch = (): Command =>
  new Command('watch')
    .description('follow a bead until it ends; exit status 0 only if it is closed')
    .argument('<bead>')
    .action(action<object, [string]>((session, _, id) => watchBead(session, id)));
