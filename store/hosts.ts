// Host rows. Each is written by its host alone, through the hub; that a host is gone is concluded from the row's age.
import { HOST_GONE_AFTER_SECONDS, type HostPresence, type HostReport, type HostState } from '../domain/host.ts';
import type { Queryable } from './database.ts';

export interface Host extends Omit<HostReport, 'state'> {
  readonly id: string;
  readonly state: HostPresence;
  /** What it holds by the leases, which decide; `leases` is what it says itself. */
  readonly runs: readonly { readonly beadId: string; readonly runId: string; readonly title: string }[];
  readonly startedAt: string;
  readonly lastSeenAt: string;
}

interface HostRow {
  id: string;
  name: string;
  state: HostState;
  fleets: string[];
  slots: number;
  leases: number;
  gates: number;
  memory_mb: number;
  confined: boolean;
  providers: string[];
  version: string;
  note: string | null;
  started_at: Date;
  last_seen: Date;
  gone: boolean;
  runs: { beadId: string; runId: string; title: string }[] | null;
}

const fromRow = (row: HostRow): Host => ({
  id: row.id,
  name: row.name,
  state: row.gone ? 'gone' : row.state,
  fleets: row.fleets,
  slots: row.slots,
  leases: row.leases,
  gates: row.gates,
  memoryMb: row.memory_mb,
  confined: row.confined,
  providers: row.providers,
  version: row.version,
  note: row.note,
  runs: row.runs ?? [],
  startedAt: row.started_at.toISOString(),
  lastSeenAt: row.last_seen.toISOString(),
});

/** Writes what a host says of itself; its first report makes the row. */
export async function saveHostReport(db: Queryable, id: string, report: HostReport): Promise<void> {
  await db.query(
    `insert into host (id, name, state, fleets, slots, leases, gates, memory_mb, confined, providers, version, note)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
     on conflict (id) do update set name = $2, state = $3, fleets = $4, slots = $5, leases = $6, gates = $7, memory_mb = $8,
       confined = $9, providers = $10, version = $11, note = $12, last_seen = now()`,
    [
      id,
      report.name,
      report.state,
      report.fleets,
      report.slots,
      report.leases,
      report.gates,
      report.memoryMb,
      report.confined,
      report.providers,
      report.version,
      report.note,
    ],
  );
}

/** For a host that ends in order: it is not gone, it has left. */
export async function removeHost(db: Queryable, id: string): Promise<void> {
  await db.query('delete from host where id = $1', [id]);
}

/** By name, at most `limit`; of those that share one, the eldest first. */
export async function listHosts(db: Queryable, limit: number): Promise<readonly Host[]> {
  const { rows } = await db.query<HostRow>(
    `select host.*, host.last_seen < now() - make_interval(secs => $1) as gone, held.runs
     from host left join lateral (
       select jsonb_agg(jsonb_build_object('beadId', bead.id, 'runId', lease.run_id, 'title', bead.title)
                        order by lease.changed_at) as runs
       from lease join bead on bead.id = lease.bead_id where lease.host_id = host.id
     ) held on true
     order by host.name, host.started_at, host.id limit $2`,
    [HOST_GONE_AFTER_SECONDS, limit],
  );
  return rows.map(fromRow);
}

/** Removes the rows of hosts that nobody has heard of for so long. Returns how many. */
export async function forgetHosts(db: Queryable, silentForSeconds: number): Promise<number> {
  const { rowCount } = await db.query('delete from host where last_seen < now() - make_interval(secs => $1)', [
    silentForSeconds,
  ]);
  return rowCount ?? 0;
}
