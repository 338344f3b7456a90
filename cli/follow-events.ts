// The events of a bead, each once, whatever happens to the connection: it is opened again and goes on after the last one seen.
import { setTimeout as delay } from 'node:timers/promises';
import { createParser } from 'eventsource-parser';
import { backoffMs } from '../domain/backoff.ts';
import { isTerminal } from '../domain/bead.ts';
import { LoomError, errorCode, messageOf } from '../domain/errors.ts';
import type { ApiClient } from './api-client.ts';
import type { Bead, BeadEvent } from './api-shapes.ts';

/** The API is heard at least every 15 seconds. */
const SILENCE_MS = 45_000;
const RECONNECT = { baseMs: 250, capMs: 5_000 };
/** About two minutes in all. */
const MAX_FAILURES = 28;

/** Ends after the event that ends the bead. @param onTrouble is told once per interruption. @throws UNAVAILABLE when it lasts. */
export async function* followEvents(
  api: ApiClient,
  beadId: string,
  onTrouble: (why: string) => void,
): AsyncGenerator<BeadEvent> {
  let last: string | undefined;
  for (let failures = 0; ;) {
    const silence = new AbortController();
    const timer = setTimeout(() => silence.abort(new Error('the API fell silent')), SILENCE_MS);
    try {
      const headers = last === undefined ? {} : { 'last-event-id': last };
      const response = await api.open('/events/stream', { bead: beadId, until: 'terminal' }, headers, silence.signal);
      const arrived: BeadEvent[] = [];
      const parser = createParser({
        onEvent: ({ id, event, data }) => {
          last = id ?? last;
          if (event !== 'reset') arrived.push(JSON.parse(data) as BeadEvent);
        },
      });
      const text = new TextDecoder();
      for await (const chunk of response.body ?? []) {
        timer.refresh();
        parser.feed(text.decode(chunk, { stream: true }));
        failures = 0;
        yield* arrived.splice(0);
      }
      // The API ends it after the last event, but also when it is itself stopped.
      if (isTerminal((await api.get<Bead>(`/beads/${encodeURIComponent(beadId)}`)).status)) return;
      failures = 1;
    } catch (error) {
      const code = errorCode(error);
      if (code !== undefined && code !== 'UNAVAILABLE') throw error;
      failures += 1;
      if (failures === 1) onTrouble(messageOf(error));
      if (failures > MAX_FAILURES) {
        throw new LoomError(
          'UNAVAILABLE',
          `The events of ${beadId} cannot be followed any more: ${messageOf(error)}`,
          `The bead itself goes on. Watch it again with: loomctl bead watch ${beadId}`,
          { cause: error },
        );
      }
    } finally {
      clearTimeout(timer);
      silence.abort();
    }
    await delay(backoffMs(failures, RECONNECT));
  }
}
