// loomctl: only declares. Each command is a file of its own, speaks HTTP to the API and returns its exit status.
import { Command, CommanderError } from 'commander';
import { loomVersion } from '../config/version.ts';
import { beadCancel } from './commands/bead-cancel.ts';
import { beadCreate } from './commands/bead-create.ts';
import { beadList } from './commands/bead-list.ts';
import { beadRestart } from './commands/bead-restart.ts';
import { beadShow } from './commands/bead-show.ts';
import { beadWatch } from './commands/bead-watch.ts';
import { down } from './commands/down.ts';
import { hostDrain } from './commands/host-drain.ts';
import { hostList } from './commands/host-list.ts';
import { hostResume } from './commands/host-resume.ts';
import { projectAdd } from './commands/project-add.ts';
import { projectList } from './commands/project-list.ts';
import { projectShow } from './commands/project-show.ts';
import { replay } from './commands/replay.ts';
import { runShow } from './commands/run-show.ts';
import { status } from './commands/status.ts';
import { up } from './commands/up.ts';
import { workerHost } from './commands/worker-host.ts';
import { EXIT } from './session.ts';

const program = new Command('loomctl')
  .description('Files work for fleets of coding agents, and shows what becomes of it.')
  .version(loomVersion())
  .option('--url <url>', 'the API to speak to (default: LOOM_API_URL, else the Loom of the nearest .loom folder)')
  .option('--api-key <key>', 'its key (default: LOOM_API_KEY, else the file api-key of that folder)')
  .option('--json', 'print the answer as JSON, in a form that stays')
  .showHelpAfterError('(loomctl --help, or loomctl COMMAND --help, shows how)')
  .exitOverride()
  .addHelpText('after', '\nExit status: 0 done, 1 refused, 2 wrong usage, 3 nothing answers.');

const group = (name: string, description: string, commands: readonly Command[]): void => {
  const parent = program.command(name).description(description);
  for (const command of commands) parent.addCommand(command.copyInheritedSettings(parent));
};

group('project', 'repositories under Loom', [projectAdd(), projectList(), projectShow()]);
group('bead', 'units of work', [beadCreate(), beadList(), beadShow(), beadWatch(), beadCancel(), beadRestart()]);
group('run', 'attempts of an agent', [runShow()]);
group('host', 'machines of the fleets', [hostList(), hostDrain(), hostResume()]);
group('worker', 'processes that do the work', [workerHost()]);
for (const command of [up(), down(), status(), replay()]) program.addCommand(command.copyInheritedSettings(program));

// A reader that has seen enough (`| head`) is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(process.exitCode ?? EXIT.done);
});

try {
  await program.parseAsync();
} catch (error) {
  // Commander has said what is wrong, or has shown the help that was asked for.
  if (!(error instanceof CommanderError)) throw error;
  process.exitCode = error.exitCode === 0 ? EXIT.done : EXIT.misuse;
}
