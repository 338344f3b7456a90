// Confinement by bubblewrap. Invariant: a command sees the workspace, the system's programs and what its spec mounts, holds no
// capability and no descriptor of ours, and nothing that it has started outlives the promise.
import { existsSync } from 'node:fs';
import { isAbsolute, join, normalize } from 'node:path';
import { LoomError } from '../domain/errors.ts';
import { openEgress } from './egress.ts';
import { killGroup, runProcess } from './run-process.ts';
import { processGone, startTimeOf } from './process-gone.ts';
import { OrphanReaper } from './orphan-reaper.ts';
import { rootWrapper } from './root-wrapper.ts';
import { seccompProgram } from './seccomp.ts';
import { systemMounts } from './system-mounts.ts';
import type { Egress } from './egress.ts';
import type { CommandResult, CommandSpec, ReadOnlyMount, Sandbox } from './sandbox.ts';
import type { Toolchain } from './toolchain.ts';

const WORKSPACE = '/workspace';
const HOME = '/home/loom';

/** Limits that a command inherits; processes are counted per sandbox, except for a Loom that runs as root. */
const LIMITS = { processes: 1024, openFiles: 8192, fileMiB: 2048, dataMiB: 4096 } as const;

/** Runs inside, before the command. Descriptors are closed here because only those of Node's own making close on exec. */
const PRELUDE = [
  'for fd in /proc/self/fd/*; do fd=${fd##*/}; [ "$fd" -le 2 ] || eval "exec $fd>&-"; done',
  'ulimit -c 0',
  `ulimit -n ${LIMITS.openFiles}`,
  `ulimit -u ${LIMITS.processes} 2>/dev/null || ulimit -p ${LIMITS.processes}`,
  `ulimit -d ${LIMITS.dataMiB * 1024}`,
  // Blocks are of 1024 bytes in bash and of 512 in a plain shell.
  `ulimit -f ${LIMITS.fileMiB * 1024}`,
  'exec nice -n 10 "$@"',
].join('; ');

/** bash closes any descriptor; a plain shell only the first ten. */
const PRELUDE_SHELL = existsSync('/bin/bash') ? '/bin/bash' : '/bin/sh';

export interface BubblewrapOptions {
  readonly bwrap: string;
  /** Older ones do not know `--disable-userns`; found out by the probe. */
  readonly disableUserns: boolean;
  readonly toolchain: Toolchain;
  /** The host's environment, for what its operator has set for package managers. */
  readonly hostEnv: Readonly<Record<string, string | undefined>>;
}

export class BubblewrapSandbox implements Sandbox {
  readonly confined = true;
  readonly #options: BubblewrapOptions;
  readonly #reaper = new OrphanReaper();

  constructor(options: BubblewrapOptions) {
    this.#options = options;
  }

  workspacePath(): string {
    return WORKSPACE;
  }

  mountPath(mount: ReadOnlyMount): string {
    return mount.target;
  }

  async run(spec: CommandSpec): Promise<CommandResult> {
    const egress = spec.network === 'egress' ? await openEgress(this.#options.hostEnv, spec.allowedHosts) : null;
    try {
      return await this.#reaper.during(() => this.#run(spec, egress));
    } finally {
      await egress?.close();
    }
  }

  async #run(spec: CommandSpec, egress: Egress | null): Promise<CommandResult> {
    const command = typeof spec.command === 'string' ? ['/bin/sh', '-c', spec.command] : spec.command;
    if (command[0] === undefined) throw new LoomError('BAD_INPUT', 'The command is empty.', 'Name a program.');
    const status = new BubblewrapStatus();
    const filter = seccompProgram();
    const [program, ...rest] = [...rootWrapper(process.getuid?.()), this.#options.bwrap];
    const result = await runProcess(
      {
        program,
        // Options travel over a descriptor: the process list of the host, and /proc/1/cmdline inside, show none of them.
        args: [
          ...rest,
          '--args',
          '3',
          '--',
          PRELUDE_SHELL,
          '-c',
          PRELUDE,
          this.#reaper.mark,
          ...(egress?.launcher ?? []),
          ...command,
        ],
        env: {},
        extra: [
          Buffer.from(this.#bwrapOptions(spec, egress, filter !== null).join('\0') + '\0'),
          'read',
          ...(filter === null ? [] : [filter]),
        ],
        onStatus: (text) => status.read(text),
        // The group holds bubblewrap's outer process, whose death takes the pid namespace along.
        kill: killGroup,
      },
      spec,
    ).catch(async (error: unknown) => {
      await status.gone();
      throw unstartable(error, this.#options.bwrap);
    });
    await status.gone();
    if (!status.ranToEnd && !result.timedOut) throw unconfinable(result);
    return result;
  }

  #bwrapOptions(spec: CommandSpec, egress: Egress | null, filtered: boolean): string[] {
    const cwd = normalize(spec.cwd ?? '.');
    if (isAbsolute(cwd) || cwd.split('/')[0] === '..') {
      throw new LoomError('BAD_INPUT', `The folder ${spec.cwd} lies outside the workspace.`, 'Name one inside it.');
    }
    const { toolchain, disableUserns } = this.#options;
    const env = {
      PATH: toolchain.path,
      HOME,
      USER: 'loom',
      LANG: 'C.UTF-8',
      TERM: 'dumb',
      CI: '1',
      npm_config_update_notifier: 'false',
      npm_config_fund: 'false',
      npm_config_audit: 'false',
      ...egress?.env,
      ...spec.env,
    };
    const options = [
      // The user namespace is asked for by name: for root, --unshare-all alone would do without one and keep capabilities.
      '--unshare-user --unshare-all --uid 1000 --gid 1000 --cap-drop ALL --hostname loom --new-session --die-with-parent',
      disableUserns ? '--disable-userns' : '',
      '--json-status-fd 4',
      filtered ? '--seccomp 5' : '',
    ].flatMap((words) => words.split(' ').filter((word) => word !== ''));
    options.push(...systemMounts(), ...toolchain.mountOptions, '--bind', spec.workspaceDir, WORKSPACE);
    for (const mount of [...(egress?.mounts ?? []), ...(spec.mounts ?? [])]) {
      options.push('--ro-bind', mount.source, mount.target);
    }
    for (const [name, value] of Object.entries(env)) options.push('--setenv', name, value);
    options.push('--remount-ro', '/', '--chdir', join(WORKSPACE, cwd));
    if (options.some((option) => option.includes('\0'))) {
      throw new LoomError('BAD_INPUT', 'A path or value holds a NUL character.', 'Remove it.');
    }
    return options;
  }
}

/** What bubblewrap says about itself on its status descriptor: the first process inside, later the exit code. */
class BubblewrapStatus {
  #first: { readonly pid: number; readonly startTime: Promise<string | null> } | null = null;
  /** Only written for a command that was started: a failure of bubblewrap's own leaves it out. */
  ranToEnd = false;

  read(text: string): void {
    const pid = /"child-pid": (\d+)/.exec(text)?.[1];
    if (pid !== undefined && this.#first === null) {
      const startTime = startTimeOf(Number(pid));
      this.#first = { pid: Number(pid), startTime };
      startTime.catch(() => undefined); // reported where it is awaited
    }
    this.ranToEnd = text.includes('"exit-code"');
  }

  async gone(): Promise<void> {
    const startTime = await this.#first?.startTime;
    if (this.#first !== null && typeof startTime === 'string') await processGone(this.#first.pid, startTime);
  }
}

function unstartable(error: unknown, bwrap: string): unknown {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'E2BIG') {
    return new LoomError('BAD_INPUT', 'The command is too long to be started.', 'Put it into a script.', {
      cause: error,
    });
  }
  if (code === 'ENOENT' || code === 'EACCES') {
    return new LoomError(
      'SANDBOX_UNAVAILABLE',
      `${bwrap} cannot be started: ${code}.`,
      'Install bubblewrap, or set LOOM_BWRAP_BIN to its path.',
      { cause: error },
    );
  }
  return error;
}

function unconfinable(result: CommandResult): LoomError {
  return new LoomError(
    'SANDBOX_UNAVAILABLE',
    `The sandbox could not be set up: ${result.stderr.trim() || `bubblewrap ended with ${result.exitCode ?? result.signal}`}`,
    'Mend what bubblewrap names above on this host, and start the host again.',
  );
}
