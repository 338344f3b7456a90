// Who may write for a run. Every effect of a host takes a share lock on the lease row, so that raising the fence
// waits for effects that have begun and shuts out all that have not.
import type { LeaseChange } from '../domain/activities.ts';
import { LoomError } from '../domain/errors.ts';
import type { Queryable } from './database.ts';

/** Part of a bead's change and of its transaction. The fence never falls. */
export async function applyLeaseChange(tx: Queryable, beadId: string, change: LeaseChange): Promise<void> {
  await tx.query(
    `insert into lease (bead_id, fence, run_id, host_id, token_hash) values ($1, $2, $3, $4, $5)
     on conflict (bead_id) do update set fence = $2, run_id = $3, host_id = $4, token_hash = $5, changed_at = now()
     where lease.fence <= $2`,
    [beadId, change.fence, change.runId, change.hostId, change.tokenHash],
  );
  if (change.hostId !== null)
    await tx.query('update run set host_id = $2 where id = $1', [change.runId, change.hostId]);
}

export interface Lease {
  readonly beadId: string;
  readonly projectId: string;
  readonly fence: number;
  readonly runId: string;
}

/** The lease that a token stands for, locked until the transaction ends. @throws LEASE_LOST when there is none (any more). */
export const lockLease = (tx: Queryable, tokenHash: string): Promise<Lease> =>
  leaseOf(tx, tokenHash, 'for share of lease');

/** The same without the lock, which is a write to the disk: for reading, which is not fenced. @throws LEASE_LOST */
export const findLease = (db: Queryable, tokenHash: string): Promise<Lease> => leaseOf(db, tokenHash, '');

async function leaseOf(db: Queryable, tokenHash: string, lock: 'for share of lease' | ''): Promise<Lease> {
  const { rows } = await db.query<{ bead_id: string; project_id: string; fence: number; run_id: string }>(
    `select lease.bead_id, bead.project_id, lease.fence, lease.run_id
     from lease join bead on bead.id = lease.bead_id where lease.token_hash = $1 ${lock}`,
    [tokenHash],
  );
  const row = rows[0];
  if (row === undefined) {
    throw new LoomError(
      'LEASE_LOST',
      'The token belongs to no lease: it has ended or moved to another host',
      'Nothing to do: the present holder continues the run.',
    );
  }
  return { beadId: row.bead_id, projectId: row.project_id, fence: row.fence, runId: row.run_id };
}

/** The newest fence of a bead; 0 before its first lease. */
export async function currentFence(db: Queryable, beadId: string): Promise<number> {
  const { rows } = await db.query<{ fence: number }>('select fence from lease where bead_id = $1', [beadId]);
  return rows[0]?.fence ?? 0;
}

/** A token is good for the run of its lease only. */
export const leaseIsForAnother = (what: string): LoomError =>
  new LoomError(
    'LEASE_LOST',
    `The token's lease is for ${what}`,
    'Nothing to do: the present holder continues the run.',
  );
