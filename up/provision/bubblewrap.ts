// The sandbox program. It is only accepted once it has made a sandbox here: many systems forbid what it needs.
import { execFile } from 'node:child_process';
import { chmod, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { LoomError } from '../../domain/errors.ts';
import { commandFailure } from '../command-failure.ts';
import { BUBBLEWRAP } from './pins.ts';
import { sha256 } from './wheel.ts';

const run = promisify(execFile);
const APT_TIMEOUT_MS = 180_000;
const WITHOUT = 'or set LOOM_SANDBOX=off on a machine that is itself disposable.';

/** Takes the package from the system's own archive, without root, and leaves the program as `folder/bwrap`. */
export async function fetchBubblewrap(folder: string, env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<void> {
  if (process.platform !== 'linux') {
    throw new LoomError(
      'SANDBOX_UNAVAILABLE',
      `bubblewrap, the sandbox for what agents run, needs Linux; this is ${process.platform}`,
      `Run hosts on Linux, ${WITHOUT}`,
    );
  }
  const options = { cwd: folder, timeout: APT_TIMEOUT_MS, env: { ...env, LC_ALL: 'C' }, signal };
  try {
    await run('apt-get', ['-q', 'download', BUBBLEWRAP.package], options).catch(async () => {
      // No package lists on this machine yet: read them into a folder of our own, which needs no root.
      const lists = ['-q', '-o', `Dir::State::Lists=${folder}/lists`, '-o', `Dir::Cache=${folder}/apt`];
      await Promise.all(
        ['lists/partial', 'apt/archives/partial'].map((path) => mkdir(join(folder, path), { recursive: true })),
      );
      await run('apt-get', [...lists, 'update'], options);
      await run('apt-get', [...lists, 'download', BUBBLEWRAP.package], options);
    });
    const archive = (await readdir(folder)).find((name) => name.endsWith('.deb'));
    if (!archive) throw new Error('apt-get fetched no package');
    await checkHash(archive, join(folder, archive));
    await run('dpkg-deb', ['-x', join(folder, archive), join(folder, 'unpacked')], options);
    await rename(join(folder, 'unpacked/usr/bin/bwrap'), join(folder, BUBBLEWRAP.binary));
    await chmod(join(folder, BUBBLEWRAP.binary), 0o755);
    const rest = (await readdir(folder)).filter((name) => name !== BUBBLEWRAP.binary);
    await Promise.all(rest.map((name) => rm(join(folder, name), { recursive: true, force: true })));
  } catch (error) {
    if (error instanceof LoomError) throw error;
    throw new LoomError(
      'SANDBOX_UNAVAILABLE',
      `bubblewrap, the sandbox for what agents run, is not on this machine and could not be fetched: ${commandFailure(error)}`,
      `Install the package "bubblewrap" ${BUBBLEWRAP.minimum} or newer, name its program with ${BUBBLEWRAP.variable}, ${WITHOUT}`,
      { cause: error },
    );
  }
}

/** @throws LoomError SANDBOX_UNAVAILABLE saying what forbids it when the program cannot make a sandbox here. */
export async function assertSandboxWorks(bwrap: string): Promise<void> {
  try {
    const probe = ['--unshare-all', '--die-with-parent', '--ro-bind', '/', '/', '--', '/bin/true'];
    await run(bwrap, probe, { timeout: 10_000, env: {} });
  } catch (error) {
    throw new LoomError(
      'SANDBOX_UNAVAILABLE',
      `${bwrap} cannot make a sandbox here: ${commandFailure(error)}`,
      'Allow unprivileged user namespaces (sysctl kernel.unprivileged_userns_clone=1, on Ubuntu ' +
        `kernel.apparmor_restrict_unprivileged_userns=0, in a container a seccomp profile that permits them), ${WITHOUT}`,
      { cause: error },
    );
  }
}

async function checkHash(name: string, path: string): Promise<void> {
  const expected = Object.entries(BUBBLEWRAP.sha256).find(([pinned]) => pinned === decodeURIComponent(name))?.[1];
  const found = await sha256(path);
  if (expected !== undefined && found !== expected) {
    throw new LoomError(
      'SANDBOX_UNAVAILABLE',
      `${name} has the wrong content: expected sha256 ${expected}, found ${found}`,
      `Do not use that file. Name a bwrap that you trust with ${BUBBLEWRAP.variable}.`,
    );
  }
}
