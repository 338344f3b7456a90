// Programs that are on the machine already: named by a variable, or found on PATH and new enough.
import { execFile } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { LoomError, messageOf } from '../../domain/errors.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** The program that the variable names. @throws LoomError CONFIG_INVALID when it cannot be run. */
export async function namedProgram(env: Environment, variable: string): Promise<string | undefined> {
  const path = env[variable];
  if (!path) return undefined;
  if (!(await executable(path))) {
    throw new LoomError(
      'CONFIG_INVALID',
      `${variable}=${path} is no program that can be run`,
      `Correct or unset ${variable}.`,
    );
  }
  return path;
}

/** The first program of that name on PATH whose `--version` is at least `minimum`. */
export async function programOnPath(env: Environment, name: string, minimum: string): Promise<string | undefined> {
  for (const folder of (env['PATH'] ?? '').split(delimiter).filter(Boolean)) {
    const path = join(folder, name);
    if ((await executable(path)) && isAtLeast(await versionOf(path), minimum)) return path;
  }
  return undefined;
}

/** Compares `1.10.0` and the like by number; whatever is no version is older than all. */
export function isAtLeast(version: string, minimum: string): boolean {
  const have = /(\d+)\.(\d+)\.(\d+)/.exec(version)?.slice(1).map(Number);
  if (!have) return false;
  for (const [index, wanted] of minimum.split('.').map(Number).entries()) {
    const difference = (have[index] ?? 0) - wanted;
    if (difference !== 0) return difference > 0;
  }
  return true;
}

async function versionOf(path: string): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)(path, ['--version'], { timeout: 10_000, env: {} });
    return stdout;
  } catch (error) {
    return `cannot be asked: ${messageOf(error)}`;
  }
}

async function executable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}
