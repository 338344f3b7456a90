// How a new execution of a bead's workflow takes the bead over. Invariant: from then on the row refuses every other execution, and
// the lease every host, so what the old ones still do changes nothing.
import type { BeadStatus } from '../domain/bead.ts';
import { LoomError } from '../domain/errors.ts';
import { type RestartPlan, planRestart } from '../domain/restart.ts';
import type { Database } from './database.ts';
import { insertEvent } from './events.ts';
import { applyLeaseChange, currentFence } from './leases.ts';
import { listRuns } from './runs.ts';

/** Idempotent per (bead, execution): a repeat changes nothing, and gives the plan as of then. */
export async function takeOverBead(db: Database, beadId: string, execution: string): Promise<RestartPlan> {
  return db.transaction(async (tx) => {
    const { rows } = await tx.query<{
      status: BeadStatus;
      version: number;
      project_id: string;
      execution: string | null;
      attempt_base: number;
    }>('select status, version, project_id, execution, attempt_base from bead where id = $1 for update', [beadId]);
    const row = rows[0];
    if (row === undefined)
      throw new LoomError('NOT_FOUND', `There is no bead ${beadId}`, 'Nothing to do: the row was removed.');
    const runs = (await listRuns(tx, beadId)).map(({ id, number, status, exit, provider, baseCommit, checkpoint }) => ({
      id,
      number,
      status,
      exit,
      provider,
      baseCommit,
      checkpoint,
    }));
    const plan = planRestart(row.status, row.attempt_base, runs);
    if (row.execution === execution || plan.kind === 'over') return plan;

    const status: BeadStatus = plan.kind === 'land' ? 'verifying' : 'queued';
    const version = row.version + 1;
    const attemptBase = row.status === 'escalated' && plan.kind === 'attempt' ? plan.number - 1 : row.attempt_base;
    const reason = 'restarted from what is recorded';
    await tx.query(
      `update bead set status = $2, version = $3, reason = $4, execution = $5, attempt_base = $6, updated_at = now()
       where id = $1`,
      [beadId, status, version, reason, execution, attemptBase],
    );
    const newest = runs.at(-1);
    if (newest !== undefined) {
      const fence = (await currentFence(tx, beadId)) + 1;
      await applyLeaseChange(tx, beadId, { fence, runId: newest.id, hostId: null, tokenHash: null });
    }
    await insertEvent(tx, {
      id: `${beadId}:${version}`,
      projectId: row.project_id,
      beadId,
      type: `bead.${status}`,
      data: { status, reason, restarted: plan.kind, ...(plan.run === null ? {} : { run: plan.run.id }) },
    });
    return plan;
  });
}
