// Facts that have happened. They are inserted in the transaction that made them true; the relay numbers and publishes them.
// Not only for its type: it has bigint columns read as numbers, on whatever connection.
import './database.ts';
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
  at: string;
}

/** The time in the form of `Date.toISOString`, made by Postgres: parsing and printing dates was a tenth of the cost of a page. */
const COLUMNS = `id, seq, project_id, bead_id, type, data,
  to_char(at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as at`;

const fromRow = (row: EventRow): LoomEvent => ({
  id: row.id,
  seq: row.seq,
  projectId: row.project_id,
  beadId: row.bead_id,
  type: row.type,
  data: row.data,
  at: row.at,
});

/** What has been published may have been deleted. */
const LAST_SEQ = 'select greatest((select max(seq) from event), (select published from event_relay)) as seq';

export async function insertEvent(db: Queryable, event: NewEvent): Promise<void> {
  await db.query(
    'insert into event (id, project_id, bead_id, type, data) values ($1, $2, $3, $4, $5) on conflict (id) do nothing',
    [event.id, event.projectId, event.beadId, event.type, JSON.stringify(event.data)],
  );
}

/** Gives the oldest events without a number theirs. Only the relay calls it, under its lock. Returns how many it numbered. */
export async function sequenceEvents(db: Queryable, limit: number): Promise<number> {
  // By position: an event that was committed before another was inserted has the lower one, and whoever sees the later sees it.
  const { rowCount } = await db.query(
    `with base as (${LAST_SEQ}),
          next as (select position, row_number() over (order by position) as n
                   from (select position from event where seq is null order by position limit $1) waiting)
     update event set seq = base.seq + next.n from base, next where event.position = next.position`,
    [limit],
  );
  return rowCount ?? 0;
}

/** The oldest numbered events that have not been published. */
export async function unpublishedEvents(db: Queryable, limit: number): Promise<readonly LoomEvent[]> {
  const { rows } = await db.query<EventRow>(
    `select ${COLUMNS} from event where seq > (select published from event_relay) order by seq limit $1`,
    [limit],
  );
  return rows.map(fromRow);
}

/** Events up to `seq` have been published. Only the relay calls it, under its lock. */
export async function markPublished(db: Queryable, seq: number): Promise<void> {
  await db.query('update event_relay set published = $1', [seq]);
}

/** Deletes published events that are older than `days`, the oldest first. Returns how many, at most `limit`. */
export async function deleteOldEvents(db: Queryable, days: number, limit: number): Promise<number> {
  // By number and as far as the first that stays, so that what is kept has no gaps.
  const { rowCount } = await db.query(
    `with oldest as (select seq, at from event where seq <= (select published from event_relay) order by seq limit $2),
          stays as (select min(seq) as seq from oldest where at >= now() - make_interval(days => $1))
     delete from event using oldest, stays
     where event.seq = oldest.seq and (stays.seq is null or oldest.seq < stays.seq)`,
    [days, limit],
  );
  return rowCount ?? 0;
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
    `select ${COLUMNS} from event where seq > $1 and ($2::text is null or bead_id = $2) and ($3::text is null or project_id = $3)
     order by seq limit $4`,
    [seq, filter.beadId ?? null, filter.projectId ?? null, limit],
  );
  return rows.map(fromRow);
}

/** Number of the newest event, also when it is no longer kept; 0 when there was none. */
export async function lastSeq(db: Queryable): Promise<number> {
  const { rows } = await db.query<{ seq: number }>(LAST_SEQ);
  return rows[0]?.seq ?? 0;
}

/** Number of the oldest event that is kept; undefined when there is none. */
export async function firstSeq(db: Queryable): Promise<number | undefined> {
  const { rows } = await db.query<{ seq: number | null }>('select min(seq) as seq from event');
  return rows[0]?.seq ?? undefined;
}

/** Whether the bead is in one of these states, and the event of its coming there is not to be expected after event `seq`. */
export async function hasComeTo(
  db: Queryable,
  beadId: string,
  statuses: readonly string[],
  seq: number,
): Promise<boolean> {
  const { rows } = await db.query<{ come: boolean }>(
    `select status = any($2) and not exists (
       select from event where bead_id = $1 and type = any($3) and (seq is null or seq > $4)
     ) as come from bead where id = $1`,
    [beadId, statuses, statuses.map((status) => `bead.${status}`), seq],
  );
  return rows[0]?.come === true;
}
