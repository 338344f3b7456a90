import { Command } from 'commander';
import { isAlive } from '../../up/process-identity.ts';
import { type StackRecord, readStackRecord } from '../../up/stack-record.ts';
import type { Readiness, System } from '../api-shapes.ts';
import { findDataDir } from '../installation.ts';
import { EXIT, action } from '../session.ts';
import { facts, moment, table } from '../text.ts';

export const status = (): Command =>
  new Command('status').description('whether Loom runs, where, and what of it answers').action(
    action(async ({ api, env, cwd, show }) => {
      const dataDir = findDataDir(env, cwd);
      const record = readStackRecord(dataDir);
      // Both are asked for what they say; the first tells a missing key from a missing API.
      const [system, readiness] = await Promise.all([api.get<System>('/system'), readinessOf(api.installation.url)]);
      // The key lets hosts in; a status is shown around.
      const { hostKey: _, ...shown } = system;
      show({ ...shown, url: api.installation.url, ...readiness, dataDir, stack: record ?? null }, () =>
        [
          facts([
            ['Loom', `${system.version}, instance ${system.instance}`],
            ['API', api.installation.url],
            ['Temporal', `${system.temporal.address}, namespace ${system.temporal.namespace}`],
            ['Web UI', system.temporal.uiUrl],
            ['hub', system.hub.url],
          ]),
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
