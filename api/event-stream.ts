// One client's stream: first what Postgres has, then what the tail brings, each event once and in order. A client that does not
// read is cut off before it costs memory; it resumes by the id of the last event that it has.
import type { Response } from 'express';
import { BEAD_STATUSES, isTerminal } from '../domain/bead.ts';
import { LoomError } from '../domain/errors.ts';
import { type CloudEvent, toCloudEvent } from '../events/cloud-event.ts';
import type { EventTail } from '../events/tail.ts';
import type { Database } from '../store/database.ts';
import { type EventFilter, eventsAfter, firstSeq, lastSeq, newestSeqOf } from '../store/events.ts';

const PAGE = 500;
const HEARTBEAT_MS = 15_000;
const MAX_STREAMS = 1_000;
/** Bytes that may wait for a client that reads slowly. */
const MAX_UNSENT = 1024 * 1024;
/** Events that may arrive while a client is still reading what happened before. */
const MAX_WAITING = 1_000;
/** How long a client that catches up may read nothing at all. */
const MAX_STALL_MS = 30_000;
/** What a client waits before it comes again. */
const RECONNECT_MS = 1_000;

const TERMINAL_TYPES = BEAD_STATUSES.filter(isTerminal).map((status) => `bead.${status}`);

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
}): EventStreams {
  const { database, tail, instance, log } = dependencies;
  const open = new Set<Response>();

  const startAt = async ({ after }: StreamRequest): Promise<{ from: number; reset: number | undefined }> => {
    const last = await lastSeq(database);
    if (after === 'now') return { from: last, reset: undefined };
    // From before another database was restored: the numbers mean something else now.
    if (after > last) return { from: last, reset: last };
    const first = (await firstSeq(database)) ?? last + 1;
    return after > 0 && after < first - 1 ? { from: first - 1, reset: first - 1 } : { from: after, reset: undefined };
  };

  /** Whether the bead had ended by event `seq`. */
  const hasEnded = async (beadId: string, seq: number): Promise<boolean> => {
    const end = await newestSeqOf(database, beadId, TERMINAL_TYPES);
    return end !== undefined && end <= seq;
  };

  return {
    async serve(response, request) {
      const { filter, untilTerminal } = request;
      if (open.size >= MAX_STREAMS) {
        throw new LoomError('UNAVAILABLE', `${MAX_STREAMS} clients follow events already`, 'Try again in a moment.');
      }
      const wanted = (event: CloudEvent): boolean =>
        (filter.beadId === undefined || event.beadId === filter.beadId) &&
        (filter.projectId === undefined || event.projectId === filter.projectId);

      /** Events that arrive during the catch-up; null once the stream is live. */
      let waiting: CloudEvent[] | null = [];
      let overflown = false;
      let position = 0;
      const send = (event: CloudEvent): void => {
        if (event.seq <= position || response.writableEnded) return;
        position = event.seq;
        response.write(`id: ${event.seq}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
        if (untilTerminal && TERMINAL_TYPES.includes(event.type)) response.end();
      };
      const cutOff = (): void => {
        log(`a client of the event stream reads too slowly; it was cut off after event ${position}`);
        response.destroy();
      };
      // Before the first look into Postgres, so that nothing falls between the two.
      const unsubscribe = tail.subscribe((event) => {
        if (!wanted(event)) return;
        if (waiting === null) {
          send(event);
          if (response.writableLength > MAX_UNSENT) {
            cutOff();
          }
        } else if (waiting.length < MAX_WAITING) waiting.push(event);
        else overflown = true;
      });
      const closed = new Promise<void>((resolve) => response.once('close', resolve));
      let heartbeat: NodeJS.Timeout | undefined;
      open.add(response);
      try {
        const { from, reset } = await startAt(request);
        position = from;
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

        while (!response.closed && !response.writableEnded) {
          overflown = false;
          waiting = [];
          const events = await eventsAfter(database, position, filter, PAGE);
          for (const event of events) send(toCloudEvent(event, instance));
          if (response.writableNeedDrain) {
            const late = setTimeout(cutOff, MAX_STALL_MS);
            await Promise.race([new Promise((done) => response.once('drain', done)), closed]);
            clearTimeout(late);
          }
          // What arrived during the look is behind it in order. Dropped for lack of room, it is found by the next look.
          if (events.length < PAGE && !overflown) break;
        }
        const arrived = waiting;
        waiting = null;
        arrived.forEach(send);
        if (untilTerminal && filter.beadId !== undefined && (await hasEnded(filter.beadId, position))) response.end();
        await closed;
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
