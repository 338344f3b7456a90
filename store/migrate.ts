// Migrations are numbered, immutable and forward only. The version row is written first in each transaction,
// so of two starters one does the work and the other waits for it.
import { readdir, readFile } from 'node:fs/promises';
import { LoomError } from '../domain/errors.ts';
import type { Database } from './database.ts';

const FOLDER = new URL('./migrations/', import.meta.url);

/** Brings the schema up to date; safe to call from every process at every start. @throws CONFIG_INVALID for a newer schema. */
export async function migrate(database: Database): Promise<readonly string[]> {
  const files = (await readdir(FOLDER)).filter((name) => name.endsWith('.sql')).sort();
  return database.transaction(async (tx) => {
    // Released with the transaction. The number is arbitrary, and only has to be the same everywhere.
    await tx.query('select pg_advisory_xact_lock(6015540)');
    await tx.query(
      'create table if not exists migration (name text primary key, applied_at timestamptz not null default now())',
    );
    const { rows } = await tx.query<{ name: string }>('select name from migration');
    const applied = new Set(rows.map((row) => row.name));
    const unknown = [...applied].filter((name) => !files.includes(name));
    if (unknown.length > 0) {
      throw new LoomError(
        'CONFIG_INVALID',
        `The database is newer than this program: it has ${unknown.join(', ')}`,
        'Start the version of Loom that wrote it, or a newer one.',
      );
    }
    const pending = files.filter((name) => !applied.has(name));
    for (const name of pending) {
      await tx.query('insert into migration (name) values ($1)', [name]);
      await tx.query(await readFile(new URL(name, FOLDER), 'utf8'));
    }
    return pending;
  });
}
