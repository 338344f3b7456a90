// A client of the event stream that comes again whenever its connection breaks or falls silent, with the id of the last event that
// it has: what any careful client does. It keeps what it was given, to be compared with what has happened.
import { setTimeout as delay } from 'node:timers/promises';
import { EventSourceParserStream } from 'eventsource-parser/stream';

export interface EventFollower {
  /** Ids of the events in the order in which they came. */
  readonly ids: readonly string[];
  /** Whatever a stream must not do: a number that does not grow, a reset though nothing was lost. */
  readonly faults: readonly string[];
  /** How often it had to connect. */
  readonly connections: number;
  stop(): Promise<void>;
}

/** Above the heartbeat of the stream. */
const SILENCE_MS = 20_000;
const AGAIN_AFTER_MS = 200;

/** Follows from the first event on. @param url of the API, without a path */
export function followEvents(url: string, key: string): EventFollower {
  const ids: string[] = [];
  const faults: string[] = [];
  const stopping = new AbortController();
  let last = 0;
  let connections = 0;

  async function connection(): Promise<void> {
    const silent = new AbortController();
    let timer: NodeJS.Timeout | undefined;
    const heard = (): void => {
      clearTimeout(timer);
      timer = setTimeout(() => silent.abort(new Error('the stream has fallen silent')), SILENCE_MS);
    };
    heard();
    try {
      const response = await fetch(`${url}/api/v1/events/stream?after=0`, {
        headers: { authorization: `Bearer ${key}`, ...(last === 0 ? {} : { 'last-event-id': String(last) }) },
        signal: AbortSignal.any([stopping.signal, silent.signal]),
      });
      if (!response.ok || response.body === null) throw new Error(`the stream was answered with ${response.status}`);
      connections += 1;
      const bytes = response.body.pipeThrough(
        new TransformStream<Uint8Array, Uint8Array>({
          transform(chunk, controller) {
            heard(); // its heartbeat is a comment, which the parser swallows
            controller.enqueue(chunk);
          },
        }),
      );
      const events = bytes.pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream());
      for await (const { id, event, data } of events) {
        const seq = Number(id);
        if (event === 'reset') faults.push(`reset to ${id} after ${last}`);
        else {
          if (!(seq > last)) faults.push(`event ${id} came after ${last}`);
          ids.push((JSON.parse(data) as { id: string }).id);
        }
        last = seq;
      }
    } finally {
      clearTimeout(timer);
    }
  }

  const running = (async () => {
    while (!stopping.signal.aborted) {
      // A broken connection is what this client is for; whatever is lost by it shows in `ids`.
      await connection().catch(() => undefined);
      await delay(AGAIN_AFTER_MS, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  })();
  return {
    ids,
    faults,
    get connections() {
      return connections;
    },
    async stop() {
      stopping.abort();
      await running;
    },
  };
}

/** One line for each event that should have been seen once and in its place, and was not. @param expected ids in their order */
export function streamTrouble(expected: readonly string[], seen: readonly string[]): string[] {
  const times = new Map<string, number>();
  for (const id of seen) times.set(id, (times.get(id) ?? 0) + 1);
  const known = new Set(expected);
  const trouble = [
    ...expected.filter((id) => !times.has(id)).map((id) => `event ${id} was not seen`),
    ...[...times].filter(([, count]) => count > 1).map(([id, count]) => `event ${id} was seen ${count} times`),
    ...[...times.keys()].filter((id) => !known.has(id)).map((id) => `event ${id} was seen and is none`),
  ];
  if (trouble.length > 0) return trouble;
  const wrong = expected.findIndex((id, index) => seen[index] !== id);
  return wrong < 0 ? [] : [`event ${seen[wrong]} came in the place of ${expected[wrong]}`];
}
