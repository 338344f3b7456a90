// The outbox's way out. Exactly one relay numbers and publishes, because it works on the very connection that holds the advisory
// lock: whoever loses the connection loses the right with it. Numbers go on being given while NATS is away.
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import { backoffMs } from '../domain/backoff.ts';
import { messageOf } from '../domain/errors.ts';
import type { Queryable } from '../store/database.ts';
import { markPublished, sequenceEvents, unpublishedEvents } from '../store/events.ts';
import { toCloudEvent } from './cloud-event.ts';
import type { EventBus } from './nats.ts';

const BATCH = 500;
const RETRY = { baseMs: 100, capMs: 5_000 };
/** Arbitrary; the same in every process that works on this database. */
const RELAY_LOCK = 6015541;

export interface Relay {
  /** Resolves when the lock is given back. What has not been published then is published by the next relay. */
  stop(): Promise<void>;
}

/** Starts at once and never fails: a lost Postgres or NATS is waited for. Several may run; all but one stand by. */
export function startRelay(options: {
  readonly databaseUrl: string;
  readonly instance: string;
  readonly bus: EventBus;
  readonly log: (line: string) => void;
}): Relay {
  const { databaseUrl, log } = options;
  const stopping = new AbortController();
  const running = (async () => {
    for (let failures = 0; !stopping.signal.aborted;) {
      const client = new Client({
        connectionString: databaseUrl,
        connectionTimeoutMillis: 10_000,
        keepAlive: true,
        keepAliveInitialDelayMillis: 10_000,
        application_name: 'loom relay',
      });
      try {
        await relayOn(client, { ...options, signal: stopping.signal, onLock: () => (failures = 0) });
      } catch (error) {
        failures += 1;
        if (failures === 1) log(`the relay lost Postgres: ${messageOf(error)}; trying again`);
      } finally {
        await client.end().catch(() => undefined);
      }
      await delay(backoffMs(failures, RETRY), undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  })();
  return {
    async stop() {
      stopping.abort();
      await running;
    },
  };
}

interface RelayContext {
  readonly instance: string;
  readonly bus: EventBus;
  readonly log: (line: string) => void;
  readonly signal: AbortSignal;
  readonly onLock: () => void;
}

/** Works until `signal` aborts (then returns) or the connection breaks (then throws). */
async function relayOn(client: Client, context: RelayContext): Promise<void> {
  const ended = Promise.withResolvers<void>();
  const over = new AbortController();
  client.on('error', ended.reject);
  client.on('end', () => ended.reject(new Error('the connection was closed')));
  // Whoever waits for the lock is in the middle of a query; only closing the connection ends that.
  const abort = () => ended.resolve();
  context.signal.addEventListener('abort', abort, { once: true });
  const work = (async () => {
    await client.connect();
    // A relay whose machine is gone gives the lock back after half a minute.
    await client.query('set tcp_keepalives_idle = 10; set tcp_keepalives_interval = 5; set tcp_keepalives_count = 4');
    await client.query('select pg_advisory_lock($1)', [RELAY_LOCK]);
    context.onLock();
    await numberAndPublish(client, context, over.signal);
  })();
  try {
    await Promise.race([work, ended.promise]);
  } finally {
    context.signal.removeEventListener('abort', abort);
    over.abort(new Error('the connection that held the lock is closed'));
    // Ends with the connection, which the caller closes; its error has been told by then.
    work.catch(() => undefined);
    ended.promise.catch(() => undefined);
  }
}

/** @param over aborted when the connection is, so that nothing is published without the lock. */
async function numberAndPublish(
  client: Client,
  { instance, bus, log }: RelayContext,
  over: AbortSignal,
): Promise<void> {
  const db: Queryable = {
    async query<Row extends object>(text: string, values: readonly unknown[] = []) {
      const { rows, rowCount } = await client.query<Row>(text, [...values]);
      return { rows, rowCount };
    },
  };
  const inserted = bell();
  const numbered = bell();
  client.on('notification', inserted.ring);
  await client.query('listen loom_event');

  const number = async (): Promise<never> => {
    for (;;) {
      // One statement, so it is a transaction of its own; events are published only after it is committed.
      while ((await sequenceEvents(db, BATCH)) === BATCH);
      numbered.ring();
      await inserted.heard();
    }
  };
  const publish = async (): Promise<never> => {
    for (let failures = 0; ;) {
      const events = await unpublishedEvents(db, BATCH);
      if (events.length === 0) {
        await numbered.heard();
        continue;
      }
      await bus.untilConnected(over);
      try {
        await bus.publish(events.map((event) => toCloudEvent(event, instance)));
      } catch (error) {
        failures += 1;
        if (failures === 1) log(`${messageOf(error)}; trying again`);
        await delay(backoffMs(failures, RETRY), undefined, { signal: over });
        continue;
      }
      failures = 0;
      await markPublished(
        db,
        events.map((event) => event.seq),
      );
    }
  };
  await Promise.race([number(), publish()]);
}

/** Remembers one ring, so that what rings during the work is heard after it. */
function bell(): { ring: () => void; heard: () => Promise<void> } {
  let rung = Promise.withResolvers<void>();
  return {
    ring: () => rung.resolve(),
    async heard() {
      await rung.promise;
      rung = Promise.withResolvers();
    },
  };
}
