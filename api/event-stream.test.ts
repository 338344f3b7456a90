// A stream alone, between a log that grows as it is told and a client over HTTP that reads as it likes.
import { once } from 'node:events';
import { type IncomingMessage, type Server, createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import express from 'express';
import { outgoing } from '../events/cloud-event.ts';
import type { EventTail } from '../events/tail.ts';
import type { Database } from '../store/database.ts';
import { createEventStreams } from './event-stream.ts';

const EVENT = outgoing({
  specversion: '1.0',
  id: 'event-1',
  source: '/loom/test',
  type: 'run.result',
  subject: 'bd-1',
  time: '2026-01-01T00:00:00.000Z',
  datacontenttype: 'application/json',
  data: { text: 'x'.repeat(100_000) },
  seq: 1,
  projectId: 'pj-1',
  beadId: 'bd-1',
});
/** More than sockets hold. */
const EVENTS = 1_000;

let server: Server;
let log: string[];
let closed: Promise<unknown>;
/** Number of the last event that was taken from the log. */
let handedOut: number;
let maxStallMs: number;

beforeEach(async () => {
  log = [];
  handedOut = 0;
  const tail: EventTail = {
    last: EVENTS,
    after: (seq, limit) => {
      const count = Math.max(0, Math.min(limit, EVENTS - seq, 10));
      handedOut = Math.max(handedOut, seq + count);
      return Array.from({ length: count }, (_, n) => ({ ...EVENT, event: { ...EVENT.event, seq: seq + n + 1 } }));
    },
    subscribe: () => () => undefined,
    refresh: () => undefined,
    stop: () => Promise.resolve(),
  };
  const app = express();
  app.get('/', async (_request, response) => {
    closed = once(response, 'close');
    const streams = createEventStreams({
      // Everything is in memory: Postgres is not asked.
      database: {} as Database,
      tail,
      instance: 'test',
      log: (line) => void log.push(line),
      maxStallMs,
    });
    await streams.serve(response, { filter: {}, after: 0, untilTerminal: false });
  });
  server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

async function connect(): Promise<IncomingMessage> {
  const [response] = (await once(get({ port: (server.address() as AddressInfo).port, agent: false }), 'response')) as [
    IncomingMessage,
  ];
  return response.on('error', () => undefined);
}

test('a client that reads nothing is given no more than its connection holds, and is cut off', async () => {
  maxStallMs = 200;
  await connect();
  await closed;
  expect(log).toEqual([expect.stringContaining('reads too slowly')]);
  expect(handedOut).toBeLessThan(EVENTS);
});

test('a client that reads gets everything, and stays', async () => {
  maxStallMs = 60_000;
  const response = await connect();
  let bytes = 0;
  for await (const chunk of response) {
    bytes += (chunk as Buffer).length;
    if (bytes >= EVENTS * EVENT.frame.length) break;
  }
  expect(log).toEqual([]);
  expect(handedOut).toBe(EVENTS);
});
