// Reads a stream of server-sent events one event at a time, as a client does.
import { type EventSourceMessage, EventSourceParserStream } from 'eventsource-parser/stream';
import type { TestApi } from './api.ts';

export interface EventReader {
  readonly status: number;
  /** The next event; undefined at the end of the stream. @throws when none comes within 20 s, or the connection breaks. */
  next(): Promise<EventSourceMessage | undefined>;
  /** The ids of the next `count` events. */
  ids(count: number): Promise<number[]>;
  /** Closes the connection. */
  close(): void;
}

const PATIENCE_MS = 20_000;

export async function readEvents(
  api: TestApi,
  query: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<EventReader> {
  const ending = new AbortController();
  const response = await fetch(`${api.url}/events/stream${query}`, {
    headers: { authorization: `Bearer ${api.key}`, ...headers },
    signal: ending.signal,
  });
  if (response.body === null) throw new Error('the answer has no body');
  const reader = response.body
    .pipeThrough(new TextDecoderStream())
    .pipeThrough(new EventSourceParserStream())
    .getReader();
  const next = async (): Promise<EventSourceMessage | undefined> => {
    const timer = setTimeout(() => ending.abort(new Error(`no event within ${PATIENCE_MS} ms`)), PATIENCE_MS);
    try {
      return (await reader.read()).value;
    } finally {
      clearTimeout(timer);
    }
  };
  return {
    status: response.status,
    next,
    async ids(count) {
      const ids: number[] = [];
      while (ids.length < count) {
        const event = await next();
        if (event === undefined) throw new Error(`the stream ended after ${ids.length} of ${count} events`);
        ids.push(Number(event.id));
      }
      return ids;
    },
    close: () => ending.abort(),
  };
}
