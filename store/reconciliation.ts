// The passes of the reconciler, as they were. Invariant: the sums over all passes outlive the passes themselves.
import { type RepairKind, type Repairs, repairsIn } from '../domain/reconciliation.ts';
import type { Database, Queryable } from './database.ts';

const PASSES_KEPT = 1_000;

export interface Pass {
  readonly durationMs: number;
  readonly repairs: Repairs;
  /** Rows that had served their time and were removed. */
  readonly expired: number;
  /** Beads that have no workflow although they were given one several times. */
  readonly stuck: number;
  /** Number of the newest event. */
  readonly lastSeq: number;
  /** Why it did not come to its end; null where it did. */
  readonly failure: string | null;
}

export interface RecordedPass extends Pass {
  readonly at: string;
}

interface PassRow {
  at: Date;
  duration_ms: number;
  repairs: Repairs;
  expired: number;
  stuck: number;
  last_seq: number;
  failure: string | null;
}

export async function recordPass(db: Database, pass: Pass): Promise<void> {
  const { durationMs, repairs, expired, stuck, lastSeq, failure } = pass;
  await db.transaction(async (tx) => {
    await tx.query(
      'insert into reconciliation (duration_ms, repairs, expired, stuck, last_seq, failure) values ($1, $2, $3, $4, $5, $6)',
      [durationMs, JSON.stringify(repairs), expired, stuck, lastSeq, failure],
    );
    await tx.query(
      `insert into reconciliation_total (kind, repairs) select key, value::bigint from jsonb_each_text($1)
       on conflict (kind) do update set repairs = reconciliation_total.repairs + excluded.repairs`,
      [JSON.stringify(repairs)],
    );
    await tx.query(
      'delete from reconciliation where id <= (select id from reconciliation order by id desc offset $1 limit 1)',
      [PASSES_KEPT],
    );
  });
}

/** Undefined before the first. */
export async function lastPass(db: Queryable): Promise<RecordedPass | undefined> {
  const { rows } = await db.query<PassRow>('select * from reconciliation order by id desc limit 1');
  const row = rows[0];
  return row === undefined
    ? undefined
    : {
        at: row.at.toISOString(),
        durationMs: row.duration_ms,
        repairs: row.repairs,
        expired: row.expired,
        stuck: row.stuck,
        lastSeq: row.last_seq,
        failure: row.failure,
      };
}

export interface RepairCounts {
  readonly lastHour: number;
  readonly total: number;
  /** Of all passes ever; only kinds that have happened. */
  readonly byKind: Repairs;
}

export async function countRepairs(db: Queryable): Promise<RepairCounts> {
  const [hour, totals] = await Promise.all([
    db.query<{ repairs: number }>(
      `select coalesce(sum(each.value::bigint), 0)::bigint as repairs
       from reconciliation, jsonb_each_text(repairs) each where at > now() - interval '1 hour'`,
    ),
    db.query<{ kind: RepairKind; repairs: number }>('select kind, repairs from reconciliation_total order by kind'),
  ]);
  const byKind: Repairs = Object.fromEntries(totals.rows.map(({ kind, repairs }) => [kind, repairs]));
  return { lastHour: hour.rows[0]?.repairs ?? 0, total: repairsIn(byKind), byKind };
}
