// How much there is of everything, for status and metrics: one question each, answered from indexes or small tables.
import { BEAD_STATUSES, type BeadStatus } from '../domain/bead.ts';
import { HOST_GONE_AFTER_SECONDS, HOST_PRESENCES, type HostPresence } from '../domain/host.ts';
import type { Queryable } from './database.ts';

export interface Census {
  /** Every status and every state is there, with 0 where there is none. */
  readonly beads: Readonly<Record<BeadStatus, number>>;
  readonly hosts: Readonly<Record<HostPresence, number>>;
  /** Runs that a host holds now. */
  readonly leases: number;
  readonly outbox: {
    /** Events that have not been published yet. */
    readonly unpublished: number;
    /** How long the first of them has waited; 0 where none does. */
    readonly oldestSeconds: number;
  };
}

export async function takeCensus(db: Queryable): Promise<Census> {
  const [beads, hosts, leases, outbox] = await Promise.all([
    db.query<{ status: BeadStatus; count: number }>('select status, count(*) as count from bead group by status'),
    db.query<{ state: HostPresence; count: number }>(
      `select case when last_seen < now() - make_interval(secs => $1) then 'gone' else state end as state, count(*) as count
       from host group by 1`,
      [HOST_GONE_AFTER_SECONDS],
    ),
    db.query<{ count: number }>('select count(*) as count from lease where host_id is not null'),
    db.query<{ count: number; age: number }>(
      `select count(*) as count, coalesce(extract(epoch from now() - min(at)), 0)::float8 as age from (
         select at from event where seq is null
         union all select at from event where seq > (select published from event_relay)
       ) waiting`,
    ),
  ]);
  return {
    beads: counted(BEAD_STATUSES, beads.rows, ({ status }) => status),
    hosts: counted(HOST_PRESENCES, hosts.rows, ({ state }) => state),
    leases: leases.rows[0]?.count ?? 0,
    outbox: { unpublished: outbox.rows[0]?.count ?? 0, oldestSeconds: Math.max(0, outbox.rows[0]?.age ?? 0) },
  };
}

function counted<Kind extends string, Row extends { readonly count: number }>(
  kinds: readonly Kind[],
  rows: readonly Row[],
  kindOf: (row: Row) => Kind,
): Record<Kind, number> {
  const zero = Object.fromEntries(kinds.map((kind) => [kind, 0])) as Record<Kind, number>;
  return { ...zero, ...Object.fromEntries(rows.map((row) => [kindOf(row), row.count])) };
}
