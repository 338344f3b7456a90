// Every event once, in order, without gaps: what JetStream brings is held against the running number, and whatever is missing
// is read from Postgres. The newest events stay in memory, so that followers, and those who come back, read them there together.
import { setTimeout as delay } from 'node:timers/promises';
import { backoffMs } from '../domain/backoff.ts';
import { messageOf } from '../domain/errors.ts';
import { type CloudEvent, type OutgoingEvent, outgoing } from './cloud-event.ts';
import type { EventBus } from './nats.ts';

const PAGE = 500;
const RETRY = { baseMs: 250, capMs: 5_000 };
/** What is kept in memory at most; half of it goes when that is reached. */
const MAX_KEPT = 10_000;
const MAX_KEPT_BYTES = 16 * 1024 * 1024;
/** What is read at the start: those who followed the process before this one are not far behind. */
const FIRST_KEPT = MAX_KEPT;
/** Followers are woken no more often, so that a flood reaches each of them in few pieces. An event alone never waits. */
const WAKE_EVERY_MS = 10;

/** Events by number, from Postgres: the truth that the tail falls back on. */
export interface EventSource {
  /** Number of the newest event; 0 when there is none. */
  last(): Promise<number>;
  /** Events after `seq` in order, at most `limit`. */
  after(seq: number, limit: number): Promise<readonly CloudEvent[]>;
}

export interface EventTail {
  /** Number of the newest event in memory. Each up to it had been in Postgres before. */
  readonly last: number;
  /** The next events after `seq`, in order, at most `limit`; undefined when they are not all in memory any more. */
  after(seq: number, limit: number): readonly OutgoingEvent[] | undefined;
  /** Calls back when there are new events. Must not throw. Returns how to end it. */
  subscribe(onGrowth: () => void): () => void;
  /** Asks Postgres for what there is, unless the bus brings it. */
  refresh(): void;
  stop(): Promise<void>;
}

/** Needs Postgres to begin with; NATS may come later. */
export async function startTail(options: {
  readonly bus: Pick<EventBus, 'connected' | 'follow'>;
  readonly source: EventSource;
  readonly log: (line: string) => void;
}): Promise<EventTail> {
  const { bus, source, log } = options;
  const stopping = new AbortController();
  const followers = new Set<() => void>();
  /** The events up to `last`, without gaps. */
  let kept: OutgoingEvent[] = [];
  let keptBytes = 0;
  let last = Math.max(0, (await source.last()) - FIRST_KEPT);
  let reading: Promise<void> | undefined;
  let readAgain = false;
  let pause: NodeJS.Timeout | undefined;
  let grown = false;

  const wake = (): void => {
    grown = true;
    if (pause !== undefined) return;
    grown = false;
    for (const follower of followers) follower();
    pause = setTimeout(() => {
      pause = undefined;
      if (grown) wake();
    }, WAKE_EVERY_MS);
    pause.unref();
  };

  const keep = (event: CloudEvent): void => {
    const entry = outgoing(event);
    kept.push(entry);
    keptBytes += entry.frame.length;
    last = event.seq;
    if (kept.length > MAX_KEPT || keptBytes > MAX_KEPT_BYTES) {
      kept = kept.slice(kept.length / 2);
      keptBytes = kept.reduce((sum, { frame }) => sum + frame.length, 0);
    }
    wake();
  };

  const read = async (): Promise<void> => {
    for (;;) {
      const events = await source.after(last, PAGE);
      // Numbers go missing only where old events have been deleted.
      if (events[0] !== undefined && events[0].seq !== last + 1) {
        kept = [];
        keptBytes = 0;
      }
      events.forEach(keep);
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

  await read();
  const unfollow = bus.follow({
    onStart: catchUp,
    onEvent: (event) => {
      // While Postgres is being read it decides the order; an event that arrives meanwhile asks for one more look.
      if (reading === undefined && event.seq === last + 1) keep(event);
      else if (event.seq > last) catchUp();
    },
  });

  return {
    get last() {
      return last;
    },
    after(seq, limit) {
      if (seq >= last) return [];
      const from = kept.length - (last - seq);
      return from < 0 ? undefined : kept.slice(from, from + limit);
    },
    subscribe(onGrowth) {
      followers.add(onGrowth);
      return () => followers.delete(onGrowth);
    },
    refresh() {
      if (!bus.connected()) catchUp();
    },
    async stop() {
      stopping.abort();
      clearTimeout(pause);
      await unfollow();
      await reading;
    },
  };
}
