// The tail alone, between a bus that loses and repeats as it is told and a log of events that is complete.
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { CloudEvent } from './cloud-event.ts';
import type { FollowHandlers } from './nats.ts';
import { type EventTail, startTail } from './tail.ts';

const eventOf = (seq: number): CloudEvent => ({
  specversion: '1.0',
  id: `event-${seq}`,
  source: '/loom/test',
  type: 'run.result',
  subject: 'bd-1',
  time: '2026-01-01T00:00:00.000Z',
  datacontenttype: 'application/json',
  data: {},
  seq,
  projectId: 'pj-1',
  beadId: 'bd-1',
});

let newest: number;
let broken: boolean;
let handlers: FollowHandlers;
let tail: EventTail;
let seen: number[];
let waiting: { readonly count: number; readonly done: () => void } | undefined;

beforeEach(async () => {
  newest = 3;
  broken = false;
  seen = [];
  tail = await startTail({
    bus: { connected: () => true, follow: (given) => ((handlers = given), () => Promise.resolve()) },
    source: {
      last: () => Promise.resolve(newest),
      after: (seq, limit) => {
        if (broken) return Promise.reject(new Error('Postgres is away'));
        const count = Math.max(0, Math.min(limit, newest - seq));
        return Promise.resolve(Array.from({ length: count }, (_, n) => eventOf(seq + 1 + n)));
      },
    },
    log: () => undefined,
  });
  tail.subscribe(() => {
    const events = tail.after(seen.at(-1) ?? 3, 10_000) ?? [];
    seen.push(...events.map(({ event }) => event.seq));
    if (waiting && seen.length >= waiting.count) waiting.done();
  });
});

afterEach(() => tail.stop());

/** What was handed on, once it is that many. */
const first = async (count: number): Promise<readonly number[]> => {
  if (seen.length < count) {
    await new Promise<void>((done) => {
      waiting = { count, done };
    });
  }
  return seen;
};

/** Happens, and is brought by the bus. */
const bring = (seq: number): void => {
  newest = Math.max(newest, seq);
  handlers.onEvent(eventOf(seq));
};

describe('the tail of events', () => {
  test('hands on what the bus brings', async () => {
    [4, 5, 6].forEach(bring);
    expect(await first(3)).toEqual([4, 5, 6]);
  });

  test('reads what the bus has left out, before what it brings next', async () => {
    bring(4);
    bring(7);
    expect(await first(4)).toEqual([4, 5, 6, 7]);
  });

  test('drops what was there before, and what comes again', async () => {
    [2, 4, 4, 3, 5].forEach(bring);
    expect(await first(2)).toEqual([4, 5]);
  });

  test('reads whatever happened while the bus was away, over several pages', async () => {
    newest = 1_203;
    handlers.onStart();
    expect(await first(1_200)).toEqual(Array.from({ length: 1_200 }, (_, n) => n + 4));
  });

  test('tries again when the log cannot be read', async () => {
    broken = true;
    bring(6);
    await new Promise(setImmediate);
    expect(seen).toEqual([]);
    broken = false;
    expect(await first(3)).toEqual([4, 5, 6]);
  });
});
