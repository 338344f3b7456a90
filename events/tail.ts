// Every event once, in order, without gaps: what JetStream brings is held against the running number, and whatever is missing
// is read from Postgres. Followers therefore never see a reconnect, a repeat or a wiped stream.
import { setTimeout as delay } from 'node:timers/promises';
import { backoffMs } from '../domain/backoff.ts';
import { messageOf } from '../domain/errors.ts';
import type { CloudEvent } from './cloud-event.ts';
import type { EventBus } from './nats.ts';

const PAGE = 500;
const RETRY = { baseMs: 250, capMs: 5_000 };

/** Events by number, from Postgres: the truth that the tail falls back on. */
export interface EventSource {
  /** Number of the newest event; 0 when there is none. */
  last(): Promise<number>;
  /** Events after `seq` in order, at most `limit`. */
  after(seq: number, limit: number): Promise<readonly CloudEvent[]>;
}

export interface EventTail {
  /** Calls back for every event from now on, in order. Must not throw. Returns how to end it. */
  subscribe(onEvent: (event: CloudEvent) => void): () => void;
  stop(): Promise<void>;
}

/** Needs Postgres to begin with; NATS may come later. */
export async function startTail(options: {
  readonly bus: EventBus;
  readonly source: EventSource;
  readonly log: (line: string) => void;
}): Promise<EventTail> {
  const { bus, source, log } = options;
  const stopping = new AbortController();
  const followers = new Set<(event: CloudEvent) => void>();
  /** Number of the last event handed on. Every event up to it was in Postgres before anybody could subscribe. */
  let position = await source.last();
  let reading: Promise<void> | undefined;
  let readAgain = false;

  const handOn = (event: CloudEvent): void => {
    position = event.seq;
    for (const follower of followers) follower(event);
  };

  const read = async (): Promise<void> => {
    for (;;) {
      const events = await source.after(position, PAGE);
      events.forEach(handOn);
      if (events.length < PAGE) return;
    }
  };

  /** Reads until Postgres has nothing newer; one reader at a time, and a wish during a reading is one more reading. */
  const catchUp = (): void => {
    readAgain = true;
    reading ??= (async () => {
      for (let failures = 0; readAgain && !stopping.signal.aborted;) {
        readAgain = false;
        try {
          await read();
          failures = 0;
        } catch (error) {
          readAgain = true;
          failures += 1;
          if (failures === 1) log(`events cannot be read from Postgres: ${messageOf(error)}; trying again`);
          await delay(backoffMs(failures, RETRY), undefined, { signal: stopping.signal }).catch(() => undefined);
        }
      }
    })().finally(() => {
      reading = undefined;
      if (readAgain && !stopping.signal.aborted) catchUp();
    });
  };

  const unfollow = bus.follow({
    onStart: catchUp,
    onEvent: (event) => {
      // While Postgres is being read it decides the order; an event that arrives meanwhile asks for one more look.
      if (reading === undefined && event.seq === position + 1) handOn(event);
      else if (event.seq > position) catchUp();
    },
  });

  return {
    subscribe(onEvent) {
      followers.add(onEvent);
      return () => followers.delete(onEvent);
    },
    async stop() {
      stopping.abort();
      await unfollow();
      await reading;
    },
  };
}
