// Process entry: clients of the stream of events over HTTP, which drop their connection, stall and come again by Last-Event-ID.
// A process of their own, because fifty clients cost more than what they look at.
import { type IncomingMessage, get } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { createParser } from 'eventsource-parser';
import type { CloudEvent } from '../../events/cloud-event.ts';
import { type SeededRandom, seededRandom } from '../support/seeded-random.ts';
import { type Tally, openLedger } from './event-ledger.ts';

export interface ClientPlan {
  readonly seed: number;
  /** For example `?after=0&project=pj-1`. */
  readonly query: string;
  /** How many beads `query` lets through. */
  readonly beads: number;
  readonly gapless: boolean;
  readonly startAfterMs: number;
  /** How many events come between two drops, at most. */
  readonly dropWithin: number;
  /** For how long the client stops to read now and then; 0 for one that never does. */
  readonly stallMs: number;
}

export interface ClientsPlan {
  readonly url: string;
  readonly key: string;
  readonly clients: readonly ClientPlan[];
}

export type ClientsMessage = { readonly ready: true } | { readonly tallies: readonly Tally[] };

const AWAY_MS = 200;
/** Without a byte for so long a connection counts as lost; the API is heard every 15 s. */
const SILENCE_MS = 30_000;

async function live({ url, key }: ClientsPlan, plan: ClientPlan): Promise<Tally> {
  const ledger = openLedger(plan.beads, plan.gapless);
  const random = seededRandom(plan.seed);
  await delay(plan.startAfterMs);
  while (!ledger.complete) {
    const headers = {
      authorization: `Bearer ${key}`,
      ...(ledger.last === 0 ? {} : { 'last-event-id': String(ledger.last) }),
    };
    await new Promise<void>((resolve) => {
      const request = get(`${url}/events/stream${plan.query}`, { headers, agent: false, timeout: SILENCE_MS });
      request.on('timeout', () => request.destroy());
      // Refused, reset or hung up, as it happens to clients; what counts is what they are sent in the end.
      request.on('error', () => undefined);
      request.on('close', resolve);
      request.on('response', (response) => {
        if (response.statusCode === 200) read(response, ledger, plan, random);
        else request.destroy();
      });
    });
    await delay(random.whole(0, AWAY_MS));
  }
  return ledger.tally;
}

/** Reads until the client drops the connection or the API does. */
function read(
  response: IncomingMessage,
  ledger: ReturnType<typeof openLedger>,
  plan: ClientPlan,
  random: SeededRandom,
) {
  let until = random.whole(1, plan.dropWithin);
  let dropped = false;
  const parser = createParser({
    onEvent({ id, event, data }) {
      // What stands behind the drop in the same chunk never reached this client.
      if (dropped) return;
      if (event === 'reset') {
        ledger.tally.resets += 1;
        return;
      }
      const { beadId, data: mark } = JSON.parse(data) as CloudEvent;
      ledger.take(Number(id), beadId, mark);
      until -= 1;
      dropped = until === 0 || ledger.complete;
    },
  });
  const stall = (): void => {
    if (plan.stallMs === 0 || response.destroyed) return;
    response.pause();
    setTimeout(() => response.resume(), plan.stallMs);
  };
  const stalls = setInterval(stall, 2 * plan.stallMs + 1_000);
  response.setEncoding('utf8');
  response.on('data', (text: string) => {
    parser.feed(text);
    if (dropped) response.destroy();
  });
  response.on('error', () => undefined);
  response.on('close', () => {
    clearInterval(stalls);
    if (ledger.complete) return;
    if (dropped) ledger.tally.drops += 1;
    else ledger.tally.cutOff += 1;
  });
}

const say = (message: ClientsMessage): void => void process.send?.(message);

process.once('disconnect', () => process.exit(0));
process.once('message', (plan: ClientsPlan) => {
  void Promise.all(plan.clients.map((each) => live(plan, each))).then((tallies) => say({ tallies }));
});
say({ ready: true });
