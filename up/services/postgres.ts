// An embedded Postgres cluster of one user, `loom`, with a generated password, on 127.0.0.1 only. No Unix socket: its path may be
// at most 107 bytes long, and data folders lie deeper than that.
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { LoomError, messageOf } from '../../domain/errors.ts';
import { commandFailure } from '../command-failure.ts';
import type { PartSpec } from '../part.ts';
import { processIdentity } from '../process-identity.ts';
import { awaitAnswer } from './await-answer.ts';

const USER = 'loom';
const DATABASE = 'loom';
const INITDB_TIMEOUT_MS = 120_000;
const CONNECT_TIMEOUT_MS = 5_000;
/** `select for update skip locked`, `gen_random_uuid` and generated columns as the schema uses them. */
const OLDEST_MAJOR = 14;

export interface PostgresOptions {
  /** Folder with `postgres` and `initdb`. */
  readonly binaries: string;
  /** Made at the first start; holds the cluster and the password file. */
  readonly folder: string;
  readonly port: number;
  /** `PATH`, to find what it is started with. */
  readonly searchPath: string;
  /** False gives up safety against power cuts for speed: for data that is thrown away. */
  readonly durable: boolean;
}

/** The part, and the URL under which its database is reached once it serves. */
export async function postgresPart(
  options: PostgresOptions,
): Promise<{ readonly spec: PartSpec; readonly url: string }> {
  const cluster = join(options.folder, 'cluster');
  const passwordFile = join(options.folder, 'password');
  if (!existsSync(passwordFile)) await writeFile(passwordFile, randomBytes(24).toString('base64url'), { mode: 0o600 });
  const password = await readFile(passwordFile, 'utf8');
  const urlOf = (database: string) => `postgres://${USER}:${password}@127.0.0.1:${options.port}/${database}`;
  const settings = {
    listen_addresses: '127.0.0.1',
    port: options.port,
    unix_socket_directories: '',
    shared_buffers: '64MB',
    max_connections: 200,
    max_wal_size: '256MB',
    log_checkpoints: 'off',
    ...(options.durable ? {} : { fsync: 'off' }),
  };
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const [command, ...args] = unprivileged(join(options.binaries, 'postgres'), ['-D', cluster, ...flags]);
  return {
    url: urlOf(DATABASE),
    spec: {
      name: 'postgres',
      needs: [],
      command,
      args,
      env: environment(options.searchPath),
      cwd: options.folder,
      prepare: async (signal) => {
        if (!existsSync(cluster)) await createCluster(options, cluster, passwordFile, signal);
        await forgetKilledPostmaster(join(cluster, 'postmaster.pid'));
      },
      ready: (signal) => createDatabase(urlOf('postgres'), signal),
      // The sessions of a predecessor that was killed take a moment to let go of its memory, and so long it refuses to start.
      startAttempts: 5,
      startTimeoutMs: 120_000, // recovery after a power cut reads the whole log
      stopSignal: 'SIGINT', // "fast": ends the sessions of others instead of waiting for them
      stopGraceMs: 20_000,
    },
  };
}

/** Whether an existing server can be used. @throws LoomError UNAVAILABLE or CONFIG_INVALID saying why not. */
export async function checkPostgres(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: CONNECT_TIMEOUT_MS });
  let version: number;
  try {
    await client.connect();
    const { rows } = await client.query<{ version: number }>(
      `select current_setting('server_version_num')::int as version`,
    );
    version = rows[0]?.version ?? 0;
  } catch (cause) {
    throw new LoomError(
      'UNAVAILABLE',
      `The database of LOOM_DATABASE_URL does not answer: ${messageOf(cause)}`,
      'Start it or correct LOOM_DATABASE_URL; unset it to use the embedded Postgres.',
      { cause },
    );
  } finally {
    await client.end();
  }
  if (version < OLDEST_MAJOR * 10_000) {
    throw new LoomError(
      'CONFIG_INVALID',
      `The database of LOOM_DATABASE_URL is Postgres ${Math.floor(version / 10_000)}; Loom needs ${OLDEST_MAJOR} or newer`,
      'Name a newer server, or unset LOOM_DATABASE_URL to use the embedded Postgres.',
    );
  }
}

/** Made beside its place and renamed, so that an interrupted start leaves no half cluster. */
async function createCluster(
  { binaries, searchPath, durable }: PostgresOptions,
  cluster: string,
  passwordFile: string,
  signal: AbortSignal,
): Promise<void> {
  const making = `${cluster}.making`;
  await rm(making, { recursive: true, force: true });
  const [command, ...args] = unprivileged(join(binaries, 'initdb'), [
    `--pgdata=${making}`,
    `--username=${USER}`,
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--locale=C',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    ...(durable ? [] : ['--no-sync']),
  ]);
  try {
    await promisify(execFile)(command, args, { env: environment(searchPath), timeout: INITDB_TIMEOUT_MS, signal });
  } catch (cause) {
    throw new LoomError(
      'UNAVAILABLE',
      `The embedded Postgres could not create its cluster: ${commandFailure(cause)}`,
      'Mend what it names, or give another server with LOOM_DATABASE_URL.',
      { cause },
    );
  }
  await rename(making, cluster);
}

/**
 * Postgres refuses to start while the process in its pid file answers signals. One that was killed, and whose parent does not
 * collect it, answers for ever. (Postgres still makes sure that no session of it is alive.)
 */
async function forgetKilledPostmaster(pidFile: string): Promise<void> {
  if (!existsSync(pidFile)) return;
  const pid = Number.parseInt(await readFile(pidFile, 'utf8'), 10);
  if (pid > 0 && processIdentity(pid) === undefined) await rm(pidFile, { force: true });
}

async function createDatabase(maintenanceUrl: string, signal: AbortSignal): Promise<void> {
  await awaitAnswer(signal, async () => {
    const client = new pg.Client({ connectionString: maintenanceUrl, connectionTimeoutMillis: CONNECT_TIMEOUT_MS });
    try {
      await client.connect();
      const { rowCount } = await client.query('select from pg_database where datname = $1', [DATABASE]);
      if (rowCount === 0) await client.query(`create database ${DATABASE}`);
    } finally {
      await client.end();
    }
  });
}

/**
 * Postgres refuses to run as root. A user namespace in which root is called 1000 satisfies it: files stay root's, no account is
 * made, and a checkout that only root can read works.
 */
function unprivileged(program: string, args: readonly string[]): [string, ...string[]] {
  if (process.getuid?.() !== 0) return [program, ...args];
  return ['unshare', '--user', '--map-user=1000', '--map-group=1000', '--', program, ...args];
}

function environment(searchPath: string): Record<string, string> {
  return { PATH: searchPath, LC_ALL: 'C', TZ: 'UTC' };
}
