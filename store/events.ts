// Facts that have happened. They are inserted in the transaction that made them true; the relay numbers and publishes them.
import type { Queryable } from './database.ts';

export interface NewEvent {
  /** Unique; consumers drop repeats by it. */
  readonly id: string;
  readonly projectId: string;
  readonly beadId: string;
  /** For example `bead.running` or `run.step`. */
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}

export interface LoomEvent extends NewEvent {
  readonly seq: number;
  readonly at: string;
}

interface EventRow {
  id: string;
  seq: number;
  project_id: string;
  bead_id: string;
  type: string;
  data: Record<string, unknown>;
  at: Date;
}

const fromRow = (row: EventRow): LoomEvent => ({
  id: row.id,
  seq: row.seq,
  projectId: row.project_id,
  beadId: row.bead_id,
  type: row.type,
  data: row.data,
  at: row.at.toISOString(),
});

export async function insertEvent(db: Queryable, event: NewEvent): Promise<void> {
  await db.query(
    'insert into event (id, project_id, bead_id, type, data) values ($1, $2, $3, $4, $5) on conflict (id) do nothing',
    [event.id, event.projectId, event.beadId, event.type, JSON.stringify(event.data)],
  );
}

/** Gives the oldest events without a number theirs. Only the relay calls it, under its lock. Returns how many it numbered. */
export async function sequenceEvents(db: Queryable, limit: number): Promise<number> {
  const { rowCount } = await db.query(
    `with base as (select coalesce(max(seq), 0) as seq from event),
          next as (select position, row_number() over (order by position) as n
                   from (select position from event where seq is null order by position limit $1) waiting)
     update event set seq = base.seq + next.n from base, next where event.position = next.position`,
    [limit],
  );
  return rowCount ?? 0;
}

export async function unpublishedEvents(db: Queryable, limit: number): Promise<readonly LoomEvent[]> {
  const { rows } = await db.query<EventRow>(
    'select * from event where seq is not null and published_at is null order by seq limit $1',
    [limit],
  );
  return rows.map(fromRow);
}

export async function markPublished(db: Queryable, seqs: readonly number[]): Promise<void> {
  await db.query('update event set published_at = now() where seq = any($1)', [seqs]);
}

export interface EventFilter {
  readonly beadId?: string;
  readonly projectId?: string;
}

/** Numbered events after `seq`, in order. */
export async function eventsAfter(
  db: Queryable,
  seq: number,
  filter: EventFilter,
  limit: number,
): Promise<readonly LoomEvent[]> {
  const { rows } = await db.query<EventRow>(
    `select * from event where seq > $1 and ($2::text is null or bead_id = $2) and ($3::text is null or project_id = $3)
     order by seq limit $4`,
    [seq, filter.beadId ?? null, filter.projectId ?? null, limit],
  );
  return rows.map(fromRow);
}

/** Number of the newest event; 0 when there is none. */
export async function lastSeq(db: Queryable): Promise<number> {
  const { rows } = await db.query<{ seq: number | null }>('select max(seq) as seq from event');
  return rows[0]?.seq ?? 0;
}

/** Number of the oldest event that is kept; undefined when there is none. */
export async function firstSeq(db: Queryable): Promise<number | undefined> {
  const { rows } = await db.query<{ seq: number | null }>('select min(seq) as seq from event');
  return rows[0]?.seq ?? undefined;
}

/** Number of a bead's newest event among these types; undefined when there is none with a number yet. */
export async function newestSeqOf(
  db: Queryable,
  beadId: string,
  types: readonly string[],
): Promise<number | undefined> {
  const { rows } = await db.query<{ seq: number | null }>(
    'select max(seq) as seq from event where bead_id = $1 and type = any($2)',
    [beadId, types],
  );
  return rows[0]?.seq ?? undefined;
}
