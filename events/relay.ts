// The outbox's way out. Exactly one relay numbers and publishes, because it works on the very connection that holds the advisory
// lock: whoever loses the connection loses the right with it. Numbers go on being given while NATS is away.
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import { backoffMs } from '../domain/backoff.ts';
import { messageOf } from '../domain/errors.ts';
import type { Queryable } from '../store/database.ts';
import { deleteOldEvents, markPublished, sequenceEvents, unpublishedEvents } from '../store/events.ts';
import { newBell } from './bell.ts';
import { toCloudEvent } from './cloud-event.ts';
import type { EventBus } from './nats.ts';

const BATCH = 500;
const RETRY = { baseMs: 100, capMs: 5_000 };
const DELETE_EVERY_MS = 3_600_000;
/** Few at a time, because numbering waits for it. */
const DELETE_BATCH = 1_000;
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
  /** Published events that are older are deleted. */
  readonly retentionDays: number;
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
  readonly retentionDays: number;
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
  { instance, bus, retentionDays, log }: RelayContext,
  over: AbortSignal,
): Promise<void> {
  let turn: Promise<unknown> = Promise.resolve();
  const db: Queryable = {
    // One after the other: the loops below share the connection, because it is the one that holds the lock.
    query<Row extends object>(text: string, values: readonly unknown[] = []) {
      const answer = turn.then(() => client.query<Row>(text, [...values]));
      turn = answer.catch(() => undefined);
      return answer;
    },
  };
  const inserted = newBell();
  const numbered = newBell();
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
      const newest = events.at(-1);
      if (newest === undefined) {
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
      await markPublished(db, newest.seq);
    }
  };
  const forget = async (): Promise<never> => {
    for (;;) {
      while ((await deleteOldEvents(db, retentionDays, DELETE_BATCH)) === DELETE_BATCH);
      await delay(DELETE_EVERY_MS, undefined, { signal: over });
    }
  };
  await Promise.race([number(), publish(), forget()]);
}
