// One client's stream: each event once and in order. A client is a position in the log and no more: it takes the next events from
// memory or, when it is far behind, from Postgres, at the pace at which it reads. One that does not read is cut off; it resumes by
// the id of the last event that it has.
import type { Response } from 'express';
import { BEAD_STATUSES, isTerminal } from '../domain/bead.ts';
import { LoomError } from '../domain/errors.ts';
import { newBell } from '../events/bell.ts';
import { type CloudEvent, type OutgoingEvent, outgoing, toCloudEvent } from '../events/cloud-event.ts';
import { PAGE, pageEnd, sharedPages } from '../events/shared-pages.ts';
import type { EventTail } from '../events/tail.ts';
import type { Database } from '../store/database.ts';
import { type EventFilter, eventsAfter, firstSeq, hasComeTo, lastSeq } from '../store/events.ts';

/** Bytes that are handed to a connection before it is waited for. */
const MAX_UNSENT = 256 * 1024;
const HEARTBEAT_MS = 15_000;
const MAX_STREAMS = 1_000;
/** How long a client may leave lying what it has been sent. */
const MAX_STALL_MS = 15_000;
/** What a client waits before it comes again. */
const RECONNECT_MS = 1_000;

const TERMINAL = BEAD_STATUSES.filter(isTerminal);
const TERMINAL_TYPES = TERMINAL.map((status) => `bead.${status}`);

export interface StreamRequest {
  readonly filter: EventFilter;
  /** Number of the last event that the client has; `now` for one that wants only what comes. */
  readonly after: number | 'now';
  /** Ends the stream after the event that ends the bead of the filter. */
  readonly untilTerminal: boolean;
}

export interface EventStreams {
  /** Writes until the client leaves, reads too slowly, or has what it wanted. @throws UNAVAILABLE before the first byte */
  serve(response: Response, request: StreamRequest): Promise<void>;
  /** Ends all streams; clients come again to another process. */
  close(): void;
}

export function createEventStreams(dependencies: {
  readonly database: Database;
  readonly tail: EventTail;
  readonly instance: string;
  readonly log: (line: string) => void;
  /** @default 15 s */
  readonly maxStallMs?: number;
}): EventStreams {
  const { database, tail, instance, log, maxStallMs = MAX_STALL_MS } = dependencies;
  const open = new Set<Response>();
  const read = async (seq: number, limit: number, filter: EventFilter): Promise<readonly CloudEvent[]> =>
    (await eventsAfter(database, seq, filter, limit)).map((event) => toCloudEvent(event, instance));
  const pages = sharedPages((seq, limit) => read(seq, limit, {}));

  const startAt = async ({ after }: StreamRequest): Promise<{ from: number; reset: number | undefined }> => {
    if (after !== 'now' && tail.after(after, 1) !== undefined && after <= tail.last)
      return { from: after, reset: undefined };
    const last = await lastSeq(database);
    if (after === 'now') return { from: last, reset: undefined };
    // From before another database was restored: the numbers mean something else now.
    if (after > last) return { from: last, reset: last };
    const first = (await firstSeq(database)) ?? last + 1;
    return after > 0 && after < first - 1 ? { from: first - 1, reset: first - 1 } : { from: after, reset: undefined };
  };

  /** What comes after `position` for this filter, and the number up to which that is all. */
  const next = async (
    position: number,
    filter: EventFilter,
  ): Promise<{ events: readonly OutgoingEvent[]; reached: number }> => {
    const recent = tail.after(position, PAGE);
    if (recent !== undefined) {
      return {
        events: recent.filter(({ event }) => passes(event, filter)),
        reached: recent.at(-1)?.event.seq ?? position,
      };
    }
    // Each event up to here was in Postgres before it was in memory, so what a reading does not bring of them is not there.
    const { last } = tail;
    if (filter.beadId === undefined && filter.projectId === undefined) {
      const end = pageEnd(position);
      if (end <= last) return { events: await pages.after(position), reached: end };
    }
    const events = (await read(position, PAGE, filter)).map(outgoing);
    const newest = events.at(-1)?.event.seq ?? position;
    return { events, reached: events.length < PAGE ? Math.max(newest, last) : newest };
  };

  return {
    async serve(response, request) {
      const { filter, untilTerminal } = request;
      if (open.size >= MAX_STREAMS) {
        throw new LoomError('UNAVAILABLE', `${MAX_STREAMS} clients follow events already`, 'Try again in a moment.');
      }
      if (response.destroyed) return;
      const growth = newBell();
      const unsubscribe = tail.subscribe(growth.ring);
      const over = new Promise<void>((resolve) => response.once('close', resolve)).then(growth.ring);
      const ended = (): boolean => response.destroyed || response.writableEnded;
      let heartbeat: NodeJS.Timeout | undefined;
      open.add(response);
      try {
        const { from, reset } = await startAt(request);
        let position = from;
        response.status(200).set({
          'Content-Type': 'text/event-stream',
          'Cache-Control': 'no-store',
          'X-Accel-Buffering': 'no',
        });
        response.write(`retry: ${RECONNECT_MS}\n\n`);
        if (reset !== undefined) {
          const detail =
            'Events up to this number are not kept, or belong to another database. Load the present state anew.';
          response.write(`id: ${reset}\nevent: reset\ndata: ${JSON.stringify({ seq: reset, detail })}\n\n`);
        }
        heartbeat = setInterval(() => response.write(': heartbeat\n\n'), HEARTBEAT_MS);

        /** Resolves when the connection has taken what it was given, or is closed; it is, when that takes too long. */
        const drained = async (): Promise<void> => {
          const late = setTimeout(() => {
            log(`a client of the event stream reads too slowly; it was cut off before event ${position}`);
            response.destroy();
          }, maxStallMs);
          await Promise.race([new Promise((done) => response.once('drain', done)), over]);
          clearTimeout(late);
        };

        tail.refresh();
        let mayHaveEnded = untilTerminal;
        while (!ended()) {
          const { events, reached } = await next(position, filter);
          const end = untilTerminal ? events.findIndex(({ event }) => TERMINAL_TYPES.includes(event.type)) : -1;
          for (const piece of pieces(end < 0 ? events : events.slice(0, end + 1))) {
            if (ended()) break;
            if (!response.write(piece)) await drained();
          }
          const caughtUp = reached === position;
          position = reached;
          if (end >= 0) response.end();
          // One that comes back after the end finds nothing new, and is let go all the same.
          else if (caughtUp && mayHaveEnded) {
            mayHaveEnded = false;
            if (filter.beadId !== undefined && (await hasComeTo(database, filter.beadId, TERMINAL, position))) {
              response.end();
            }
          }
          if (caughtUp && !ended()) await growth.heard();
        }
        await over;
      } finally {
        clearInterval(heartbeat);
        unsubscribe();
        open.delete(response);
      }
    },
    close() {
      for (const response of open) response.end();
    },
  };
}

const passes = (event: CloudEvent, { beadId, projectId }: EventFilter): boolean =>
  (beadId === undefined || event.beadId === beadId) && (projectId === undefined || event.projectId === projectId);

/** The frames of events, joined to pieces that a connection takes at once. */
function* pieces(events: readonly OutgoingEvent[]): Generator<Buffer> {
  let frames: Buffer[] = [];
  let bytes = 0;
  for (const { frame } of events) {
    frames.push(frame);
    bytes += frame.length;
    if (bytes < MAX_UNSENT) continue;
    yield Buffer.concat(frames);
    frames = [];
    bytes = 0;
  }
  if (frames.length > 0) yield Buffer.concat(frames);
}
