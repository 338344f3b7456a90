// The chaos program of the events, small: `npm run chaos -- events` is the same with 100,000 events and 50 clients.
import { expect, test } from '@jest/globals';
import { runEvents } from '../chaos/events.ts';

test('clients that drop are sent each event once and in order, though NATS is wiped and the relay and the API are killed', async () => {
  const log: string[] = [];
  const { figures, aims } = await runEvents({
    seed: 4,
    events: 2_000,
    clients: 8,
    faults: ['nats', 'relay', 'api'],
    say: (line) => void log.push(line),
  });
  expect({ missed: Object.entries(aims).filter(([, { met }]) => !met), figures, log }).toMatchObject({ missed: [] });
}, 240_000);
