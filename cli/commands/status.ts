import { Command } from 'commander';
import { isAlive } from '../../up/process-identity.ts';
import { type StackRecord, readStackRecord } from '../../up/stack-record.ts';
import { errorCode } from '../../domain/errors.ts';
import type { Readiness, Status, System } from '../api-shapes.ts';
import { findDataDir } from '../installation.ts';
import { EXIT, action } from '../session.ts';
import { duration, facts, moment, table } from '../text.ts';

export const status = (): Command =>
  new Command('status').description('whether Loom runs, where, and what of it answers').action(
    action(async ({ api, env, cwd, show }) => {
      const dataDir = findDataDir(env, cwd);
      const record = readStackRecord(dataDir);
      // Both are asked for what they say; the first tells a missing key from a missing API.
      const [system, readiness, doing] = await Promise.all([
        api.get<System>('/system'),
        readinessOf(api.installation.url),
        // Needs Postgres, whose absence the parts below tell.
        api.get<Status>('/status').catch((error: unknown) => {
          if (errorCode(error) !== 'UNAVAILABLE') throw error;
          return null;
        }),
      ]);
      // The key lets hosts in; a status is shown around.
      const { hostKey: _, ...shown } = system;
      show({ ...shown, url: api.installation.url, ...readiness, ...doing, dataDir, stack: record ?? null }, () =>
        [
          facts([
            ['Loom', `${system.version}, instance ${system.instance}`],
            ['API', api.installation.url],
            ['Temporal', `${system.temporal.address}, namespace ${system.temporal.namespace}`],
            ['Web UI', system.temporal.uiUrl],
            ['hub', system.hub.url],
          ]),
          ...(doing === null ? [] : ['', doingFacts(doing)]),
          '',
          partTable(readiness),
          ...(record === undefined ? [] : ['', stackText(record, dataDir)]),
        ].join('\n'),
      );
      return readiness.ready ? EXIT.done : EXIT.refused;
    }),
  );

/** Answers 503 with the same body when something is away, so it is not asked through the client. */
async function readinessOf(url: string): Promise<Readiness> {
  const response = await fetch(`${url}/api/v1/health/ready`, { signal: AbortSignal.timeout(10_000) });
  return (await response.json()) as Readiness;
}

const doingFacts = ({ beads, hosts, leases, outbox, reconciler }: Status): string =>
  facts([
    ['beads', counts(beads)],
    ['hosts', `${counts(hosts)}; ${leases} ${leases === 1 ? 'run' : 'runs'} held`],
    [
      'events',
      outbox.unpublished === 0
        ? 'all published'
        : `${outbox.unpublished} to publish, the first waits for ${duration(outbox.oldestSeconds * 1_000)}`,
    ],
    ['reconciler', reconcilerText(reconciler)],
  ]);

const counts = (of: Readonly<Record<string, number>>): string =>
  Object.entries(of)
    .filter(([, count]) => count > 0)
    .map(([kind, count]) => `${count} ${kind}`)
    .join(', ') || 'none';

function reconcilerText({ lastPass, repairs }: Status['reconciler']): string {
  if (lastPass === null) return 'has not passed yet; it does once a minute';
  const passed = `passed ${duration(Math.max(0, Date.now() - Date.parse(lastPass.at)))} ago`;
  const failed = lastPass.failure === null ? '' : `, and FAILED: ${lastPass.failure}`;
  const stuck =
    lastPass.stuck === 0 ? '' : `; ${lastPass.stuck} beads keep no workflow, see the log of the orchestrator`;
  const kinds = repairs.total === 0 ? '' : ` (${counts(repairs.byKind).replaceAll('_', ' ')})`;
  return `${passed}${failed}; repairs in the last hour ${repairs.lastHour}, in all ${repairs.total}${kinds}${stuck}`;
}

const partTable = ({ parts }: Readiness): string =>
  table(
    ['NEEDS', 'ANSWERS'],
    Object.entries(parts).map(([name, { ok, reason }]) => [
      name,
      ok ? 'yes' : `no: ${reason ?? 'it does not say why'}`,
    ]),
  );

function stackText(record: StackRecord, dataDir: string): string {
  const rows = Object.entries(record.parts).map(([name, part]) => [
    name,
    isAlive(part) ? 'runs' : 'has ended',
    String(part.pid),
    `${dataDir}/logs/${name}.log`,
  ]);
  const { supervisor, state, startedAt } = record;
  const alive = isAlive(supervisor) ? state : 'was killed';
  return [`Stack in ${dataDir}, ${alive}, since ${moment(startedAt)}`, table(['PART', '', 'PID', 'LOG'], rows)].join(
    '\n',
  );
}
