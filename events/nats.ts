// The only importer of `nats`. Invariant: JetStream is a copy of what Postgres holds, so losing it (server gone, stream wiped)
// costs delay and never an event. Every trouble is healed in one way: by a new connection, sought for ever with back-off.
import { setTimeout as delay } from 'node:timers/promises';
import {
  AckPolicy,
  type ConsumerMessages,
  DeliverPolicy,
  DiscardPolicy,
  type JetStreamClient,
  type JetStreamManager,
  type NatsConnection,
  RetentionPolicy,
  StorageType,
  connect,
  nanos,
} from 'nats';
import { backoffMs } from '../domain/backoff.ts';
import { LoomError, messageOf } from '../domain/errors.ts';
import { type CloudEvent, cloudEventSchema } from './cloud-event.ts';

const CONNECT_TIMEOUT_MS = 5_000;
const REQUEST_TIMEOUT_MS = 5_000;
const RECONNECT = { baseMs: 100, capMs: 5_000 };
const DAY_MS = 86_400_000;
/** What the stream keeps. Older events are read from Postgres. */
const STREAM_AGE_MS = 7 * DAY_MS;
const STREAM_MESSAGES = 1_000_000;
/** A publisher's retry within this time is recognised by its message id. */
const DUPLICATE_WINDOW_MS = 120_000;

export interface EventBus {
  /** Whether a connection stands at this moment. */
  connected(): boolean;
  /** Resolves as soon as a connection stands. @throws the reason of `signal`. */
  untilConnected(signal: AbortSignal): Promise<void>;
  /**
   * Appends events in this order: none is stored when the one before it was not. Idempotent by event id within two minutes.
   * @throws UNAVAILABLE; some of the events may have been stored.
   */
  publish(events: readonly CloudEvent[]): Promise<void>;
  /** Follows new events until the returned function is called. */
  follow(handlers: FollowHandlers): () => Promise<void>;
  /** Ends everything; resolves when the connection is closed. */
  close(): Promise<void>;
}

export interface FollowHandlers {
  /** Following begins, begins again, or brought something unreadable: what happened before has to be read elsewhere. */
  readonly onStart: () => void;
  readonly onEvent: (event: CloudEvent) => void;
}

interface Session {
  readonly nc: NatsConnection;
  readonly js: JetStreamClient;
  readonly jsm: JetStreamManager;
}

/** `LOOM_EVENTS` for the instance `loom`. */
export const streamName = (instance: string): string => `${instance.toUpperCase()}_EVENTS`;

/** `loom.events.<project>.<bead>.<type>`, where the type has a dot of its own: `loom.events.pj-1.bd-2.bead.closed`. */
export const eventSubject = (instance: string, event: CloudEvent): string =>
  `${instance}.events.${event.projectId}.${event.beadId}.${event.type}`;

/** Connects in the background; every method may be called at once. @param log receives one line per change, never per event. */
export function openEventBus(options: {
  readonly url: string;
  readonly instance: string;
  readonly log: (line: string) => void;
}): EventBus {
  const { url, instance, log } = options;
  const stopping = new AbortController();
  let session: Session | undefined;
  let arrival = Promise.withResolvers<Session>();

  const keepConnected = async (): Promise<void> => {
    for (let failures = 0; !stopping.signal.aborted;) {
      try {
        const opened = await open(url, instance);
        failures = 0;
        log(`connected to NATS, stream ${streamName(instance)}`);
        session = opened;
        arrival.resolve(opened);
        const closeNow = () => void opened.nc.close();
        if (stopping.signal.aborted) closeNow();
        stopping.signal.addEventListener('abort', closeNow, { once: true });
        const reason = await opened.nc.closed();
        stopping.signal.removeEventListener('abort', closeNow);
        session = undefined;
        arrival = Promise.withResolvers();
        if (!stopping.signal.aborted) log(`lost NATS${reason ? `: ${messageOf(reason)}` : ''}; trying again`);
      } catch (error) {
        failures += 1;
        // The first failure tells; the following ones would only repeat it.
        if (failures === 1) log(`NATS cannot be used: ${messageOf(error)}; trying again until it can`);
      }
      await delay(backoffMs(Math.max(failures, 1), RECONNECT), undefined, { signal: stopping.signal }).catch(
        () => undefined,
      );
    }
  };
  const connecting = keepConnected();

  const untilSession = async (signal: AbortSignal): Promise<Session> => {
    signal.throwIfAborted();
    const aborted = Promise.withResolvers<never>();
    const abort = () => aborted.reject(signal.reason as Error);
    signal.addEventListener('abort', abort, { once: true });
    try {
      return await Promise.race([arrival.promise, aborted.promise]);
    } finally {
      signal.removeEventListener('abort', abort);
    }
  };

  const followOnce = async (handlers: FollowHandlers, signal: AbortSignal): Promise<void> => {
    const { nc, js, jsm } = await untilSession(signal);
    let messages: ConsumerMessages | undefined;
    let strange = false;
    const stop = () => messages?.stop();
    signal.addEventListener('abort', stop, { once: true });
    try {
      const consumer = await jsm.consumers.add(streamName(instance), {
        deliver_policy: DeliverPolicy.New,
        ack_policy: AckPolicy.None,
        mem_storage: true,
        inactive_threshold: nanos(60_000),
      });
      messages = await (await js.consumers.get(streamName(instance), consumer.name)).consume();
      if (signal.aborted) stop();
      void stopOnTrouble(messages);
      // The messages do not end by themselves with the connection that brought them.
      void nc.closed().then(stop);
      handlers.onStart();
      for await (const message of messages) {
        const event = cloudEventSchema.safeParse(message.json());
        if (event.success) handlers.onEvent(event.data);
        else {
          if (!strange)
            log(`events on ${message.subject} have a shape that is not Loom's; they are read from Postgres`);
          strange = true;
          handlers.onStart();
        }
      }
    } catch (error) {
      if (!signal.aborted && !nc.isClosed()) log(`events cannot be followed: ${messageOf(error)}`);
    } finally {
      signal.removeEventListener('abort', stop);
    }
    // The stream or the consumer is gone though the server is there: a new connection makes both again.
    if (!signal.aborted) await nc.close();
  };

  return {
    connected: () => session !== undefined && !session.nc.isClosed(),
    async untilConnected(signal) {
      await untilSession(signal);
    },
    async publish(events) {
      if (session === undefined) throw unavailable('there is no connection');
      const { js, nc } = session;
      try {
        await Promise.all(
          events.map((event, index) => {
            const before = events[index - 1];
            return js.publish(eventSubject(instance, event), JSON.stringify(event), {
              msgID: event.id,
              timeout: REQUEST_TIMEOUT_MS,
              // All are on their way at once; the server refuses each whose predecessor did not arrive.
              expect: { streamName: streamName(instance), ...(before === undefined ? {} : { lastMsgID: before.id }) },
            });
          }),
        );
      } catch (error) {
        await nc.close();
        throw unavailable(messageOf(error), error);
      }
    },
    follow(handlers) {
      const ending = new AbortController();
      const signal = AbortSignal.any([ending.signal, stopping.signal]);
      const running = (async () => {
        for (let failures = 0; !signal.aborted;) {
          failures += 1;
          const onStart = () => {
            failures = 0;
            handlers.onStart();
          };
          await followOnce({ ...handlers, onStart }, signal).catch(() => undefined);
          await delay(backoffMs(failures, RECONNECT), undefined, { signal }).catch(() => undefined);
        }
      })();
      return async () => {
        ending.abort();
        await running;
      };
    },
    async close() {
      stopping.abort();
      await connecting;
    },
  };
}

async function open(url: string, instance: string): Promise<Session> {
  const nc = await connect({
    servers: url,
    name: `loom ${instance}`,
    timeout: CONNECT_TIMEOUT_MS,
    reconnect: false,
    pingInterval: 10_000,
    maxPingOut: 2,
  });
  try {
    const jsm = await nc.jetstreamManager({ timeout: REQUEST_TIMEOUT_MS });
    await ensureStream(jsm, instance);
    return { nc, js: nc.jetstream({ timeout: REQUEST_TIMEOUT_MS }), jsm };
  } catch (error) {
    await nc.close();
    throw error;
  }
}

/** Limits that an operator has set on an existing stream stay as they are. */
async function ensureStream(jsm: JetStreamManager, instance: string): Promise<void> {
  const name = streamName(instance);
  try {
    await jsm.streams.info(name);
  } catch (error) {
    if (!messageOf(error).includes('stream not found')) throw error;
    await jsm.streams.add({
      name,
      subjects: [`${instance}.events.>`],
      retention: RetentionPolicy.Limits,
      storage: StorageType.File,
      discard: DiscardPolicy.Old,
      max_age: nanos(STREAM_AGE_MS),
      max_msgs: STREAM_MESSAGES,
      duplicate_window: nanos(DUPLICATE_WINDOW_MS),
    });
  }
}

/** Notices are `debug`-like except for these, after which the consumer brings nothing any more. */
const TROUBLE = new Set([
  'heartbeats_missed',
  'consumer_not_found',
  'stream_not_found',
  'consumer_deleted',
  'no_responders',
]);

async function stopOnTrouble(messages: ConsumerMessages): Promise<void> {
  for await (const notice of await messages.status()) {
    if (TROUBLE.has(notice.type)) messages.stop();
  }
}

const unavailable = (why: string, cause?: unknown): LoomError =>
  new LoomError('UNAVAILABLE', `NATS did not take the events: ${why}`, 'They are kept and published when it is back.', {
    cause,
  });
