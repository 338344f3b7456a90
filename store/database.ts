// The one way to Postgres: a bounded pool, and transactions that always end.
import { hash } from 'node:crypto';
import { DatabaseError, Pool, type PoolClient, types } from 'pg';
import { LoomError, messageOf } from '../domain/errors.ts';

// bigint columns (event positions and sequence numbers) stay below 2^53 and are read as numbers.
types.setTypeParser(types.builtins.INT8, Number);

export interface Queryable {
  query<Row extends object>(
    text: string,
    values?: readonly unknown[],
  ): Promise<{ rows: Row[]; rowCount: number | null }>;
}

export interface Database extends Queryable {
  readonly url: string;
  /** Runs `work` in one transaction, rolled back when it throws. */
  transaction<Result>(work: (tx: Queryable) => Promise<Result>): Promise<Result>;
  close(): Promise<void>;
}

/**
 * Statements with parameters are prepared once a connection: their texts are constants, so there are few, and Postgres spends most
 * of a short statement on parsing and planning it. Connects lazily. A statement may take 15 s, a transaction may idle 15 s: a stuck caller never holds a lock for longer. */
export function openDatabase(url: string, options: { readonly maxConnections?: number } = {}): Database {
  const pool = new Pool({
    connectionString: url,
    max: options.maxConnections ?? 10,
    connectionTimeoutMillis: 10_000,
    statement_timeout: 15_000,
    idle_in_transaction_session_timeout: 15_000,
    keepAlive: true,
  });
  // An idle connection that breaks is replaced by the pool; without a listener it would end the process.
  pool.on('error', () => undefined);
  // Part of the statements' names. A migration that changes what a statement returns makes the prepared ones useless.
  let generation = 0;
  const query = async <Row extends object>(on: Pool | PoolClient, text: string, values: readonly unknown[] = []) => {
    const prepared = values.length === 0 ? {} : { name: `${generation}-${hash('sha1', text)}` };
    const { rows, rowCount } = await on.query<Row>({ ...prepared, text, values: [...values] });
    return { rows, rowCount };
  };
  const again = (error: unknown): boolean => {
    if (!isOutdated(error)) return false;
    generation += 1;
    return true;
  };
  return {
    url,
    async query<Row extends object>(text: string, values?: readonly unknown[]) {
      try {
        return await query<Row>(pool, text, values);
      } catch (error) {
        if (!again(error)) throw error;
        return query<Row>(pool, text, values);
      }
    },
    async transaction(work) {
      const client = await connect(pool);
      let broken = false;
      try {
        await client.query('begin');
        const result = await work({ query: (text, values) => query(client, text, values) });
        await client.query('commit');
        return result;
      } catch (error) {
        await client.query('rollback').catch(() => (broken = true));
        throw again(error) ? outdated(error) : error;
      } finally {
        client.release(broken);
      }
    },
    close: () => pool.end(),
  };
}

/** Postgres names its errors in the language of the server, and their sources always the same. */
const isOutdated = (error: unknown): boolean =>
  error instanceof DatabaseError && error.routine === 'RevalidateCachedQuery';

const outdated = (cause: unknown): LoomError =>
  new LoomError(
    'UNAVAILABLE',
    'The schema of the database was changed in the middle of a transaction, which was rolled back',
    'Nothing to do: repeated, it goes through.',
    { cause },
  );

async function connect(pool: Pool): Promise<PoolClient> {
  try {
    return await pool.connect();
  } catch (error) {
    throw new LoomError(
      'UNAVAILABLE',
      `Postgres cannot be reached: ${messageOf(error)}`,
      'Check that Postgres runs and LOOM_DATABASE_URL names it.',
      {
        cause: error,
      },
    );
  }
}
