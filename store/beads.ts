// Bead rows. Inserted by the API at version 0; afterwards only the bead's workflow writes them, through `applyBeadChange`.
import type { BeadChange } from '../domain/activities.ts';
import { type BeadStatus, type BeadType, type FailingTest, type Priority, canMove } from '../domain/bead.ts';
import { LoomError } from '../domain/errors.ts';
import type { Database, Queryable } from './database.ts';
import { insertEvent } from './events.ts';
import { applyLeaseChange } from './leases.ts';
import { applyRunChange } from './runs.ts';

export interface Bead {
  readonly id: string;
  readonly projectId: string;
  readonly projectName: string;
  readonly type: BeadType;
  readonly title: string;
  readonly description: string;
  readonly priority: Priority;
  readonly failingTests: readonly FailingTest[];
  readonly provider: string;
  readonly fleet: string;
  readonly maxAttempts: number;
  readonly status: BeadStatus;
  readonly version: number;
  readonly attempt: number;
  /** Why the bead is where it is, in words; null where the status says it all. */
  readonly reason: string | null;
  readonly landedCommit: string | null;
  readonly createdAt: string;
  readonly updatedAt: string;
}

interface BeadRow {
  id: string;
  project_id: string;
  project_name: string;
  type: BeadType;
  title: string;
  description: string;
  priority: Priority;
  failing_tests: FailingTest[];
  provider: string;
  fleet: string;
  max_attempts: number;
  status: BeadStatus;
  version: number;
  attempt: number;
  reason: string | null;
  landed_commit: string | null;
  created_at: Date;
  updated_at: Date;
}

const fromRow = (row: BeadRow): Bead => ({
  id: row.id,
  projectId: row.project_id,
  projectName: row.project_name,
  type: row.type,
  title: row.title,
  description: row.description,
  priority: row.priority,
  failingTests: row.failing_tests,
  provider: row.provider,
  fleet: row.fleet,
  maxAttempts: row.max_attempts,
  status: row.status,
  version: row.version,
  attempt: row.attempt,
  reason: row.reason,
  landedCommit: row.landed_commit,
  createdAt: row.created_at.toISOString(),
  updatedAt: row.updated_at.toISOString(),
});

const SELECT = 'select bead.*, project.name as project_name from bead join project on project.id = bead.project_id';

export type NewBead = Pick<
  Bead,
  | 'id'
  | 'projectId'
  | 'type'
  | 'title'
  | 'description'
  | 'priority'
  | 'failingTests'
  | 'provider'
  | 'fleet'
  | 'maxAttempts'
>;

export interface Idempotency {
  readonly key: string;
  /** sha256 of the request's body. */
  readonly bodyHash: string;
}

/**
 * Inserts a bead with its first event and its idempotency key, in one statement. With a key that was used for the same
 * body before, returns the bead of that time, `created: false`. @throws CONFLICT for a key used with another body.
 */
export async function insertBead(
  db: Database,
  bead: NewBead,
  idempotency: Idempotency | null,
): Promise<{ readonly bead: Bead; readonly created: boolean }> {
  const { rows } = await db.query<BeadRow>(
    // One statement is one transaction and one round trip. Of two requests under one key the second waits here for the first.
    `with claimed as (
       insert into idempotency_key (key, body_hash, bead_id) select $11::text, $12::text, $1::text where $11::text is not null
       on conflict (key) do nothing returning key
     ), made as (
       insert into bead (id, project_id, type, title, description, priority, failing_tests, provider, fleet, max_attempts, status)
       select $1::text, $2, $3, $4, $5, $6, $7::jsonb, $8, $9, $10, 'open' where $11::text is null or exists (select from claimed)
       returning *
     ), told as (
       insert into event (id, project_id, bead_id, type, data)
       select $13::text, $2::text, $1::text, 'bead.created', $14::jsonb from made
     )
     select made.*, project.name as project_name from made join project on project.id = made.project_id`,
    [
      bead.id,
      bead.projectId,
      bead.type,
      bead.title,
      bead.description,
      bead.priority,
      JSON.stringify(bead.failingTests),
      bead.provider,
      bead.fleet,
      bead.maxAttempts,
      idempotency?.key ?? null,
      idempotency?.bodyHash ?? null,
      `${bead.id}:0`,
      JSON.stringify({ status: 'open', title: bead.title, type: bead.type, priority: bead.priority }),
    ],
  );
  const made = rows[0];
  if (made !== undefined) return { bead: fromRow(made), created: true };
  return { bead: await filedUnder(db, idempotency), created: false };
}

/** @throws CONFLICT for a key used with another body. */
async function filedUnder(db: Queryable, idempotency: Idempotency | null): Promise<Bead> {
  const { rows } = await db.query<{ body_hash: string; bead_id: string }>(
    'select body_hash, bead_id from idempotency_key where key = $1',
    [idempotency?.key ?? null],
  );
  const used = rows[0];
  if (used === undefined) throw new Error('A bead was neither written nor found under its key');
  if (used.body_hash !== idempotency?.bodyHash)
    throw new LoomError(
      'CONFLICT',
      `The Idempotency-Key was used for another request, which made bead ${used.bead_id}`,
      'Send a new key for a new bead, or the same body to get that bead again.',
    );
  return getBead(db, used.bead_id);
}

/** @throws NOT_FOUND */
export async function getBead(db: Queryable, id: string): Promise<Bead> {
  const { rows } = await db.query<BeadRow>(`${SELECT} where bead.id = $1`, [id]);
  const row = rows[0];
  if (row === undefined)
    throw new LoomError('NOT_FOUND', `There is no bead ${id}`, 'List the beads with `loomctl bead list`.');
  return fromRow(row);
}

export interface BeadFilter {
  readonly projectId?: string;
  readonly status?: BeadStatus;
  readonly limit: number;
  /** Id of the last bead of the page before. */
  readonly after?: string;
}

/** Newest first. */
export async function listBeads(db: Queryable, filter: BeadFilter): Promise<readonly Bead[]> {
  const { rows } = await db.query<BeadRow>(
    `${SELECT} where ($1::text is null or bead.project_id = $1) and ($2::text is null or bead.status = $2)
       and ($3::text is null or (bead.created_at, bead.id) < (select created_at, id from bead where id = $3))
     order by bead.created_at desc, bead.id desc limit $4`,
    [filter.projectId ?? null, filter.status ?? null, filter.after ?? null, filter.limit],
  );
  return rows.map(fromRow);
}

/** Beads whose row was committed at least `ageSeconds` ago and whose workflow has not written yet. */
export async function unstartedBeads(db: Queryable, ageSeconds: number, limit: number): Promise<readonly Bead[]> {
  const { rows } = await db.query<BeadRow>(
    `${SELECT} where bead.version = 0 and bead.created_at < now() - make_interval(secs => $1) order by bead.created_at limit $2`,
    [ageSeconds, limit],
  );
  return rows.map(fromRow);
}

/**
 * Writes one change with its run, lease and event in one transaction. Idempotent per (bead, version).
 * @throws VERSION_GAP when the row is not at the version before, or the move is not in the table of transitions.
 */
export async function applyBeadChange(db: Database, change: BeadChange): Promise<void> {
  await db.transaction(async (tx) => {
    const { rows } = await tx.query<{
      version: number;
      status: BeadStatus;
      project_id: string;
      execution: string | null;
    }>('select version, status, project_id, execution from bead where id = $1 for update', [change.beadId]);
    const row = rows[0];
    if (row === undefined)
      throw new LoomError('NOT_FOUND', `There is no bead ${change.beadId}`, 'Nothing to do: the row was removed.');
    if (row.version >= change.version) return;
    if (row.execution !== (change.execution ?? null)) {
      throw new LoomError(
        'VERSION_GAP',
        `Bead ${change.beadId} was restarted: execution ${row.execution ?? 'unknown'} of its workflow has taken it over`,
        'Nothing to do: the present execution goes on with the bead.',
      );
    }
    if (row.version !== change.version - 1 || (row.status !== change.status && !canMove(row.status, change.status))) {
      throw new LoomError(
        'VERSION_GAP',
        `Bead ${change.beadId} is ${row.status} at version ${row.version}; version ${change.version} cannot make it ${change.status}`,
        'Compare the row with the history of its workflow: something else has written it.',
      );
    }
    await tx.query(
      `update bead set status = $2, version = $3, reason = case when $4 then $5 else reason end, attempt = coalesce($6, attempt),
         landed_commit = coalesce($7, landed_commit), updated_at = now() where id = $1`,
      [
        change.beadId,
        change.status,
        change.version,
        change.reason !== undefined,
        change.reason ?? null,
        change.attempt ?? null,
        change.landedCommit ?? null,
      ],
    );
    if (change.run !== undefined) await applyRunChange(tx, change.beadId, change.run);
    if (change.lease !== undefined) await applyLeaseChange(tx, change.beadId, change.lease);
    await insertEvent(tx, {
      id: `${change.beadId}:${change.version}`,
      projectId: row.project_id,
      beadId: change.beadId,
      type: change.event.type,
      data: { status: change.status, ...change.event.data },
    });
  });
}
