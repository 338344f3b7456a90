// The API with everything that it needs, short of a port: what the process serves and what tests serve is the same.
import type { Express } from 'express';
import { beadSettings } from '../client/beads.ts';
import { openTemporal } from '../client/temporal.ts';
import type { Config } from '../config/config.ts';
import { loomVersion } from '../config/version.ts';
import { toCloudEvent } from '../events/cloud-event.ts';
import { openEventBus } from '../events/nats.ts';
import { startTail } from '../events/tail.ts';
import { hostKey } from '../hub/host-key.ts';
import { openDatabase } from '../store/database.ts';
import { eventsAfter, lastSeq } from '../store/events.ts';
import { migrate } from '../store/migrate.ts';
import { apiKey } from './api-key.ts';
import { createApp } from './app.ts';
import { createEventStreams } from './event-stream.ts';
import { createHubReader } from './hub-reader.ts';

const MAX_CONNECTIONS = 20;

export interface ApiService {
  readonly app: Express;
  /** Ends the event streams, which would go on for ever. */
  endStreams(): void;
  /** Closes all connections; for when nothing is served any more. */
  close(): Promise<void>;
}

/** Brings the schema up to date. Needs Postgres; Temporal and NATS may come later. */
export async function openApiService(config: Config, log: (line: string) => void): Promise<ApiService> {
  const { instance, temporal: service } = config;
  const key = await apiKey(config.api.keyFile);
  const database = openDatabase(config.databaseUrl, { maxConnections: MAX_CONNECTIONS });
  await migrate(database);
  const temporal = openTemporal(service);
  const bus = openEventBus({ url: config.natsUrl, instance, log });
  const tail = await startTail({
    bus,
    log,
    source: {
      last: () => lastSeq(database),
      after: async (seq, limit) =>
        (await eventsAfter(database, seq, {}, limit)).map((event) => toCloudEvent(event, instance)),
    },
  });
  const streams = createEventStreams({ database, tail, instance, log });
  const keyOfHosts = () => hostKey(config.dataDir);
  const app = createApp({
    database,
    temporal,
    bus,
    streams,
    instance,
    key,
    log,
    hub: createHubReader(config.hub.url, keyOfHosts),
    beadSettings: beadSettings(config),
    workflowUrl: (id) => `${service.uiUrl}/namespaces/${service.namespace}/workflows/${id}`,
    system: { version: loomVersion(), instance, temporal: service, hub: { url: config.hub.url }, hostKey: keyOfHosts },
  });
  return {
    app,
    endStreams: () => streams.close(),
    async close() {
      await tail.stop();
      await bus.close();
      await temporal.close();
      await database.close();
    },
  };
}
