// Chooses the sandbox of a host, and finds out at start, not in the middle of a bead, whether it works on this machine.
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, isAbsolute, join } from 'node:path';
import { LoomError, messageOf } from '../domain/errors.ts';
import { BubblewrapSandbox } from './bubblewrap.ts';
import { findToolchain } from './toolchain.ts';
import { UnconfinedSandbox } from './unconfined.ts';
import type { BubblewrapOptions } from './bubblewrap.ts';
import type { Sandbox } from './sandbox.ts';

export type HostEnvironment = Readonly<Record<string, string | undefined>>;

const OFF =
  'or set LOOM_SANDBOX=off, which runs the code of repositories and agents as you, with your files and network: only for a machine that is itself disposable.';

/**
 * The sandbox of this host, tried once. `env` is the host's: `LOOM_SANDBOX` (bwrap, off), `LOOM_BWRAP_BIN`,
 * `LOOM_SANDBOX_TOOLS` (folders, separated by colons) and `PATH` are looked at, and what package managers need to know.
 * @throws LoomError SANDBOX_UNAVAILABLE with what is missing, why, and what to do.
 */
export async function detectSandbox(env: HostEnvironment): Promise<Sandbox> {
  if (env.LOOM_SANDBOX === 'off') {
    return new UnconfinedSandbox({ path: env.PATH ?? '/usr/bin:/bin', home: env.HOME ?? '/' });
  }
  const options = {
    bwrap: findBubblewrap(env),
    toolchain: findToolchain({
      node: process.execPath,
      hostPath: env.PATH ?? '',
      folders: (env.LOOM_SANDBOX_TOOLS ?? '').split(':').filter((folder) => folder !== ''),
    }),
    hostEnv: env,
  };
  const strict = await probe({ ...options, disableUserns: true });
  if (typeof strict !== 'string') return strict;
  const withoutOption = /disable-userns/.test(strict) ? await probe({ ...options, disableUserns: false }) : strict;
  if (typeof withoutOption !== 'string') return withoutOption;
  throw new LoomError(
    'SANDBOX_UNAVAILABLE',
    `The sandbox does not work on this machine: ${withoutOption}`,
    advice(withoutOption),
  );
}

function findBubblewrap(env: HostEnvironment): string {
  if (process.platform !== 'linux') {
    throw new LoomError(
      'SANDBOX_UNAVAILABLE',
      `The sandbox is built on Linux namespaces; this machine runs ${process.platform}.`,
      `Run hosts on Linux (a container or a virtual machine will do), ${OFF}`,
    );
  }
  const named = env.LOOM_BWRAP_BIN;
  if (named !== undefined && named !== '') {
    if (existsSync(named)) return named;
    throw new LoomError(
      'SANDBOX_UNAVAILABLE',
      `LOOM_BWRAP_BIN names ${named}, which does not exist.`,
      'Correct or unset it.',
    );
  }
  for (const folder of (env.PATH ?? '').split(delimiter)) {
    if (isAbsolute(folder) && existsSync(join(folder, 'bwrap'))) return join(folder, 'bwrap');
  }
  throw new LoomError(
    'SANDBOX_UNAVAILABLE',
    'bubblewrap (bwrap) is not on this machine: not on the PATH, and LOOM_BWRAP_BIN is not set.',
    `Install the package bubblewrap (apt, dnf, pacman, apk and zypper all call it so), ${OFF}`,
  );
}

/** Runs a command that needs all of the confinement. Returns the sandbox, or why it does not work. */
async function probe(options: BubblewrapOptions): Promise<Sandbox | string> {
  const folder = await mkdtemp(join(tmpdir(), 'loom-probe-'));
  try {
    const sandbox = new BubblewrapSandbox(options);
    const result = await sandbox.run({
      command: 'test "$(id -u)" = 1000 && test -w . && ! test -w / && node -e 0',
      workspaceDir: folder,
      timeoutMs: 20_000,
      outputLimitBytes: 8_192,
    });
    if (result.exitCode === 0) return sandbox;
    return `its probe ended with ${result.exitCode ?? result.signal}: ${result.stderr.trim() || 'no message'}`;
  } catch (error) {
    return messageOf(error);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** What helps, by the message of bubblewrap. */
function advice(message: string): string {
  if (/namespace|Operation not permitted|Permission denied|uid map/i.test(message)) {
    const settings = [
      [
        '/proc/sys/kernel/apparmor_restrict_unprivileged_userns',
        'Ubuntu 23.10 and newer: sysctl kernel.apparmor_restrict_unprivileged_userns=0, or an AppArmor profile for bwrap',
      ],
      ['/proc/sys/kernel/unprivileged_userns_clone', 'Debian: sysctl kernel.unprivileged_userns_clone=1'],
    ] as const;
    const here = settings.filter(([file]) => existsSync(file)).map(([, text]) => text);
    return [
      'This system forbids user namespaces to this user.',
      ...(here.length > 0 ? [`${here.join('; ')}.`] : ['Check sysctl user.max_user_namespaces (0 forbids them).']),
      'In a container, start it with --security-opt seccomp=unconfined or --privileged;',
      OFF,
    ].join(' ');
  }
  return `Install bubblewrap 0.8 or newer, ${OFF}`;
}
