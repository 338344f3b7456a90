// A Loom of a test's own on the services that all tests share: its own database, its own queues and streams, its own folder.
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Config, readConfig } from '../../config/config.ts';
import { type Database, openDatabase } from '../../store/database.ts';
import { migrate } from '../../store/migrate.ts';

export interface TestInstance {
  readonly config: Config;
  /** For processes that a test starts; has everything that `config` was read from. */
  readonly env: Readonly<Record<string, string>>;
  /** Migrated and empty at first. */
  readonly database: Database;
  /** Drops the database and the folder; whatever is still connected is cut off. */
  dispose(): Promise<void>;
}

/** @param overrides variables that differ, for example an address where nothing listens. */
export async function createInstance(overrides: Readonly<Record<string, string>> = {}): Promise<TestInstance> {
  const name = `t${randomBytes(5).toString('hex')}`;
  const shared = process.env['LOOM_DATABASE_URL'];
  if (shared === undefined)
    throw new Error('LOOM_DATABASE_URL is not set: run this test through `npm test`, which starts it');
  const url = new URL(shared);
  url.pathname = `/${name}`;
  const dataDir = await mkdtemp(join(tmpdir(), 'loom-instance-'));
  const given = Object.entries(process.env).filter(
    (pair): pair is [string, string] => pair[0].startsWith('LOOM_') && pair[1] !== undefined,
  );
  const env = {
    ...Object.fromEntries(given),
    LOOM_INSTANCE: name,
    LOOM_DATABASE_URL: url.href,
    LOOM_DATA_DIR: dataDir,
    ...overrides,
  };
  const server = openDatabase(shared, { maxConnections: 1 });
  await server.query(`create database ${name}`);
  const database = openDatabase(url.href, { maxConnections: 5 });
  await migrate(database);
  return {
    config: readConfig(env),
    env,
    database,
    async dispose() {
      await database.close();
      await server.query(`drop database ${name} with (force)`);
      await server.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
