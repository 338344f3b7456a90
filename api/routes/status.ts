// How the installation is doing, for people and, as metrics, for Prometheus: the same facts, asked once.
import type { Database } from '../../store/database.ts';
import { type Census, takeCensus } from '../../store/census.ts';
import { type RecordedPass, type RepairCounts, countRepairs, lastPass } from '../../store/reconciliation.ts';
import { REPAIR_KINDS } from '../../domain/reconciliation.ts';
import { type Metric, PROMETHEUS_TEXT, prometheusText } from '../prometheus.ts';
import { type Route, route } from '../route.ts';
import { statusSchema } from '../schemas/status.ts';

export interface StatusDependencies {
  readonly database: Database;
  readonly system: { readonly version: string; readonly instance: string };
}

export function statusRoutes({ database, system: { version, instance } }: StatusDependencies): readonly Route[] {
  const ask = () => Promise.all([takeCensus(database), lastPass(database), countRepairs(database)]);
  return [
    route({
      method: 'get',
      path: '/status',
      summary: 'Get how many beads, hosts and leases there are, and what had to be repaired',
      responses: { 200: { description: 'How it is now.', schema: statusSchema } },
      async handle() {
        const [census, pass, repairs] = await ask();
        return { status: 200, body: { version, instance, ...census, reconciler: { lastPass: pass ?? null, repairs } } };
      },
    }),
    route({
      method: 'get',
      path: '/metrics',
      summary: 'Read the metrics, in the text format of Prometheus',
      description:
        'Give Prometheus the API key as `authorization: {credentials_file: ...}`, and this path as `metrics_path`.',
      responses: { 200: { description: 'The metrics.', mediaType: PROMETHEUS_TEXT } },
      async handle() {
        const [census, pass, repairs] = await ask();
        return { status: 200, body: prometheusText(metricsOf(census, pass, repairs)) };
      },
    }),
  ];
}

function metricsOf(census: Census, pass: RecordedPass | undefined, repairs: RepairCounts): readonly Metric[] {
  const gauge = (name: string, help: string, value: number | undefined): Metric => ({
    name,
    help,
    type: 'gauge',
    samples: value === undefined ? [] : [{ value }],
  });
  const gauges = (name: string, help: string, label: string, values: Readonly<Record<string, number>>): Metric => ({
    name,
    help,
    type: 'gauge',
    samples: Object.entries(values).map(([key, value]) => ({ labels: { [label]: key }, value })),
  });
  return [
    {
      name: 'loom_reconciler_repairs_total',
      help: 'Repairs that the reconciler made; a healthy installation needs none.',
      type: 'counter',
      samples: REPAIR_KINDS.map((kind) => ({ labels: { kind }, value: repairs.byKind[kind] ?? 0 })),
    },
    gauge(
      'loom_reconciler_last_pass_timestamp_seconds',
      'When the reconciler ended its last pass; it passes once a minute.',
      pass === undefined ? undefined : Date.parse(pass.at) / 1_000,
    ),
    gauge('loom_reconciler_stuck_beads', 'Beads that keep no workflow although they were given one.', pass?.stuck),
    gauges('loom_beads', 'Beads by status.', 'status', census.beads),
    gauges('loom_hosts', 'Hosts by state.', 'state', census.hosts),
    gauge('loom_leases', 'Runs that a host holds.', census.leases),
    gauge('loom_outbox_unpublished', 'Events that have not been published.', census.outbox.unpublished),
    gauge(
      'loom_outbox_oldest_seconds',
      'Age of the first event that has not been published.',
      census.outbox.oldestSeconds,
    ),
  ];
}
