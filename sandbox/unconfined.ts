// Commands without confinement, for machines that are themselves disposable (`LOOM_SANDBOX=off`). Nothing here is a border.
import { resolve, sep } from 'node:path';
import { LoomError } from '../domain/errors.ts';
import { killGroup, runProcess } from './run-process.ts';
import type { CommandResult, CommandSpec, ReadOnlyMount, Sandbox } from './sandbox.ts';

/**
 * Runs commands as the user of the host, with its network. The process group is killed at the end; a daemon that has left
 * its group survives.
 */
export class UnconfinedSandbox implements Sandbox {
  readonly confined = false;
  readonly #env: Readonly<Record<string, string>>;

  constructor(env: { readonly path: string; readonly home: string }) {
    this.#env = { PATH: env.path, HOME: env.home, LANG: 'C.UTF-8', TERM: 'dumb', CI: '1' };
  }

  workspacePath(workspaceDir: string): string {
    return workspaceDir;
  }

  mountPath(mount: ReadOnlyMount): string {
    return mount.source;
  }

  async run(spec: CommandSpec): Promise<CommandResult> {
    const root = resolve(spec.workspaceDir);
    const cwd = resolve(root, spec.cwd ?? '.');
    if (cwd !== root && !cwd.startsWith(root + sep)) {
      throw new LoomError('BAD_INPUT', `The folder ${spec.cwd} lies outside the workspace.`, 'Name one inside it.');
    }
    const [program, ...args] = typeof spec.command === 'string' ? ['/bin/sh', '-c', spec.command] : spec.command;
    if (program === undefined) throw new LoomError('BAD_INPUT', 'The command is empty.', 'Name a program.');
    return runProcess(
      { program, args, env: { ...this.#env, ...spec.env }, cwd, kill: killGroup, onExit: killGroup },
      spec,
    );
  }
}
