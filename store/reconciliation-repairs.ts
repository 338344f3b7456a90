// What the reconciler looks for and mends in rows. Invariant: only what is beyond doubt is touched, that is what belongs to a bead
// at its end or to a host that has long been gone; and a bead's own row is written by its workflow alone.
import { MAX_RESTARTS, restartPauseSeconds } from '../domain/reconciliation.ts';
import type { Queryable } from './database.ts';

/** As the index `bead_to_check` has it, which a parameter in its place could not use. */
export const NOT_AT_ITS_END = `status not in ('closed', 'cancelled', 'escalated')`;

export interface BeadToCheck {
  readonly id: string;
  readonly version: number;
  /** False for one that has been given a workflow too often, or too recently. */
  readonly mayRestart: boolean;
}

/** Beads that are not at their end and whose row has rested for so long; those that were looked at longest ago come first. */
export async function beadsToCheck(
  db: Queryable,
  unchangedForSeconds: number,
  limit: number,
): Promise<readonly BeadToCheck[]> {
  const { rows } = await db.query<{ id: string; version: number; restarts: number; restarted_ago: number | null }>(
    `select id, version, restarts, extract(epoch from now() - restarted_at)::float8 as restarted_ago from bead
     where ${NOT_AT_ITS_END} and updated_at < now() - make_interval(secs => $1)
     order by checked_at nulls first limit $2`,
    [unchangedForSeconds, limit],
  );
  return rows.map(({ id, version, restarts, restarted_ago: ago }) => ({
    id,
    version,
    mayRestart: ago === null || ago > DAY_SECONDS || (restarts < MAX_RESTARTS && ago > restartPauseSeconds(restarts)),
  }));
}

const DAY_SECONDS = 86_400;

export async function noteChecked(db: Queryable, beadIds: readonly string[]): Promise<void> {
  await db.query('update bead set checked_at = now() where id = any($1)', [beadIds]);
}

/** To be called before the restart, so that one which kills the reconciler is counted as well. */
export async function noteRestart(db: Queryable, beadId: string): Promise<void> {
  await db.query(
    `update bead set restarted_at = now(),
       restarts = case when restarted_at > now() - make_interval(secs => $2) then restarts + 1 else 1 end where id = $1`,
    [beadId, DAY_SECONDS],
  );
}

/** Whether the bead is where it was, and not at its end: its row is written before its workflow completes. */
export async function isStillOpen(db: Queryable, beadId: string, version: number): Promise<boolean> {
  const { rows } = await db.query(`select 1 from bead where id = $1 and version = $2 and ${NOT_AT_ITS_END}`, [
    beadId,
    version,
  ]);
  return rows.length > 0;
}

/** Takes the leases of beads that have ended from whoever is named there. Returns how many. */
export async function clearLeasesOfEndedBeads(db: Queryable, endedForSeconds: number): Promise<number> {
  const { rowCount } = await db.query(
    `update lease set host_id = null, token_hash = null, changed_at = now() from bead
     where bead.id = lease.bead_id and lease.host_id is not null and not (bead.${NOT_AT_ITS_END})
       and bead.updated_at < now() - make_interval(secs => $1)`,
    [endedForSeconds],
  );
  return rowCount ?? 0;
}

/** Takes the leases from hosts that nobody has heard of for so long, and says of their runs that they are nowhere. */
export async function clearLeasesOfGoneHosts(db: Queryable, silentForSeconds: number): Promise<number> {
  const { rows } = await db.query<{ cleared: number }>(
    `with cleared as (
       update lease set host_id = null, token_hash = null, changed_at = now() from host
       where host.id = lease.host_id and host.last_seen < now() - make_interval(secs => $1) returning lease.run_id
     ), nowhere as (
       update run set host_id = null from cleared where run.id = cleared.run_id and run.status = 'running'
     )
     select count(*) as cleared from cleared`,
    [silentForSeconds],
  );
  return rows[0]?.cleared ?? 0;
}

/** Ends runs that nothing carries on: their bead has ended, or another attempt has followed. Returns how many. */
export async function endStaleRuns(db: Queryable, endedForSeconds: number): Promise<number> {
  const { rowCount } = await db.query(
    `update run set status = 'ended', ended_at = now(),
       exit = case when bead.status = 'cancelled' then 'stopped' else 'host_trouble' end
     from bead where bead.id = run.bead_id and run.status = 'running'
       and bead.updated_at < now() - make_interval(secs => $1)
       and (not (bead.${NOT_AT_ITS_END})
            or exists (select 1 from run next where next.bead_id = run.bead_id and next.number > run.number))`,
    [endedForSeconds],
  );
  return rowCount ?? 0;
}

/** Whether an event has waited for its number for so long. */
export async function hasWaitingEvents(db: Queryable, forSeconds: number): Promise<boolean> {
  const { rows } = await db.query(
    'select 1 from event where seq is null and at < now() - make_interval(secs => $1) limit 1',
    [forSeconds],
  );
  return rows.length > 0;
}

/** What the insertion of an event does, for a relay that has missed it. */
export async function wakeRelay(db: Queryable): Promise<void> {
  await db.query(`select pg_notify('loom_event', '')`);
}

/** Forgets requests that nobody repeats any more. Returns how many, at most `limit`. */
export async function forgetIdempotencyKeys(db: Queryable, olderThanSeconds: number, limit: number): Promise<number> {
  const { rowCount } = await db.query(
    `delete from idempotency_key where key in (
       select key from idempotency_key where created_at < now() - make_interval(secs => $1) order by created_at limit $2)`,
    [olderThanSeconds, limit],
  );
  return rowCount ?? 0;
}
