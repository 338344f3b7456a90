// Repairs what a death between two writes has left, and counts it. Healthy is 0: an installation in which nothing goes wrong needs
// no pass of this.
import { messageOf } from '../domain/errors.ts';
import { type RepairKind, repairsIn } from '../domain/reconciliation.ts';
import type { ReconcileActivities } from '../domain/activities.ts';
import { type Bead, getBead, unstartedBeads } from '../store/beads.ts';
import type { Database } from '../store/database.ts';
import { lastSeq } from '../store/events.ts';
import { forgetHosts } from '../store/hosts.ts';
import {
  type BeadToCheck,
  beadsToCheck,
  clearLeasesOfEndedBeads,
  clearLeasesOfGoneHosts,
  endStaleRuns,
  forgetIdempotencyKeys,
  hasWaitingEvents,
  isStillOpen,
  noteChecked,
  noteRestart,
  wakeRelay,
} from '../store/reconciliation-repairs.ts';
import { lastPass, recordPass } from '../store/reconciliation.ts';

/** A row younger than this is still being started by whoever inserted it. */
const UNSTARTED_AGE_SECONDS = 10;
/** Whoever is at work on a row has changed it by then. */
const AT_REST_SECONDS = 60;
/** Long after every lease of such a host has timed out. */
const HOST_LOST_SECONDS = 600;
const HOST_FORGOTTEN_SECONDS = 86_400;
const KEY_FORGOTTEN_SECONDS = 7 * 86_400;
const BATCH = 500;
/** Questions to Temporal in flight; 500 of them take about a second. */
const AT_ONCE = 10;

export interface ReconcileDependencies {
  readonly database: Database;
  /** Starts the bead's workflow; says false where it runs already. */
  startBead(bead: Bead): Promise<boolean>;
  /** Whether the bead has a workflow that is open. @throws UNAVAILABLE when nobody can say */
  isRunning(beadId: string): Promise<boolean>;
  /** Starts the workflow of a bead again, from its row. */
  restartBead(bead: Bead): Promise<void>;
  log(line: string): void;
}

/** The findings of one pass, kept while it goes on, so that one which fails has told what it did. */
interface Findings {
  readonly repairs: Partial<Record<RepairKind, number>>;
  expired: number;
  stuck: number;
}

export const createReconcileActivities = (deps: ReconcileDependencies) =>
  ({
    async reconcile() {
      const started = performance.now();
      const findings: Findings = { repairs: {}, expired: 0, stuck: 0 };
      let failure: string | null = null;
      try {
        await pass(deps, findings);
      } catch (error) {
        failure = messageOf(error);
        throw error;
      } finally {
        await report(deps, findings, performance.now() - started, failure).catch((error: unknown) =>
          deps.log(`the pass could not be recorded: ${messageOf(error)}`),
        );
      }
      return { repairs: repairsIn(findings.repairs), byKind: findings.repairs };
    },
  }) satisfies ReconcileActivities;

async function report(
  { database, log }: ReconcileDependencies,
  { repairs, expired, stuck }: Findings,
  tookMs: number,
  failure: string | null,
): Promise<void> {
  if (repairsIn(repairs) > 0) log(`repaired ${JSON.stringify(repairs)}`);
  const durationMs = Math.round(tookMs);
  await recordPass(database, { durationMs, repairs, expired, stuck, lastSeq: await lastSeq(database), failure });
}

async function pass(deps: ReconcileDependencies, findings: Findings): Promise<void> {
  const { database } = deps;
  const count = (kind: RepairKind, repairs: number): void => {
    if (repairs > 0) findings.repairs[kind] = (findings.repairs[kind] ?? 0) + repairs;
  };
  // Rows first: they need nothing but Postgres, and a Temporal that is away leaves them mended all the same.
  count('stale_lease', await clearLeasesOfEndedBeads(database, AT_REST_SECONDS));
  count('stale_lease', await clearLeasesOfGoneHosts(database, HOST_LOST_SECONDS));
  count('stale_run', await endStaleRuns(database, AT_REST_SECONDS));
  count('lost_wake_up', (await wakeSleepingRelay(database)) ? 1 : 0);
  findings.expired += await forgetHosts(database, HOST_FORGOTTEN_SECONDS);
  findings.expired += await forgetIdempotencyKeys(database, KEY_FORGOTTEN_SECONDS, BATCH);
  for (const bead of await unstartedBeads(database, UNSTARTED_AGE_SECONDS, BATCH)) {
    if (await deps.startBead(bead)) count('unstarted_bead', 1);
  }
  const beads = await beadsToCheck(database, AT_REST_SECONDS, BATCH);
  for (let at = 0; at < beads.length; at += AT_ONCE) {
    const some = beads.slice(at, at + AT_ONCE);
    const outcomes = await Promise.all(some.map((bead) => reviveOrphan(deps, bead)));
    count('orphaned_bead', outcomes.filter((outcome) => outcome === 'revived').length);
    findings.stuck += outcomes.filter((outcome) => outcome === 'stuck').length;
    await noteChecked(
      database,
      some.map(({ id }) => id),
    );
  }
}

async function reviveOrphan(
  { database, isRunning, restartBead, log }: ReconcileDependencies,
  { id, version, mayRestart }: BeadToCheck,
): Promise<'well' | 'revived' | 'stuck'> {
  if (await isRunning(id)) return 'well';
  // It may have ended in order between the two questions.
  if (!(await isStillOpen(database, id, version))) return 'well';
  if (!mayRestart) return 'stuck';
  await noteRestart(database, id);
  await restartBead(await getBead(database, id));
  log(`bead ${id} had no workflow and was started again from its row`);
  return 'revived';
}

/** A relay that numbers is awake, however much waits; one that has not moved since the last pass has missed a wake-up. */
async function wakeSleepingRelay(database: Database): Promise<boolean> {
  const before = await lastPass(database);
  if (before === undefined || before.lastSeq !== (await lastSeq(database))) return false;
  if (!(await hasWaitingEvents(database, AT_REST_SECONDS))) return false;
  await wakeRelay(database);
  return true;
}
