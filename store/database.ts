// The one way to Postgres: a bounded pool, and transactions that always end.
import { Pool, type PoolClient, types } from 'pg';
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

/** Connects lazily. A statement may take 15 s, a transaction may idle 15 s: a stuck caller never holds a lock for longer. */
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
  const query = async <Row extends object>(on: Pool | PoolClient, text: string, values: readonly unknown[] = []) => {
    const result = await on.query<Row>(text, [...values]);
    return { rows: result.rows, rowCount: result.rowCount };
  };
  return {
    url,
    query: (text, values) => query(pool, text, values),
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
        throw error;
      } finally {
        client.release(broken);
      }
    },
    close: () => pool.end(),
  };
}

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
