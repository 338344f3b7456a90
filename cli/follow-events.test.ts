// Against a real HTTP server that behaves as badly as a network can.
import { once } from 'node:events';
import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createApiClient } from './api-client.ts';
import { followEvents } from './follow-events.ts';

let server: Server;
/** Of the bead, as the server tells it. */
let status: 'running' | 'closed';

beforeEach(() => {
  status = 'running';
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** Serves each stream by the next of these; the bead itself is asked for in between. */
async function serve(streams: readonly Answer[]): Promise<{ url: string; resumedAfter: unknown[] }> {
  const left = [...streams];
  const resumedAfter: unknown[] = [];
  server = createServer((request, response) => {
    if (!request.url?.startsWith('/api/v1/events/stream')) return void response.end(JSON.stringify({ status }));
    resumedAfter.push(request.headers['last-event-id']);
    (left.shift() ?? refuse)(request, response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, resumedAfter };
}

const event = (seq: number, type = 'run.result'): string =>
  `id: ${seq}\nevent: ${type}\ndata: ${JSON.stringify({ seq, type, time: '', data: {} })}\n\n`;

const send =
  (text: string, end: 'end' | 'break' = 'end'): Answer =>
  (_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(text, () => (end === 'end' ? response.end() : response.destroy()));
  };

const refuse: Answer = (_, response) => {
  response.writeHead(503, { 'content-type': 'application/problem+json' });
  response.end(JSON.stringify({ code: 'UNAVAILABLE', detail: 'Postgres did not answer', next: 'wait' }));
};

async function collect(url: string, troubles: string[] = []): Promise<number[]> {
  const seen: number[] = [];
  const client = createApiClient({ url, key: 'a key' });
  for await (const { seq } of followEvents(client, 'bd-1', (why) => troubles.push(why))) seen.push(seq);
  return seen;
}

describe('following a bead', () => {
  test('goes on after the last event seen when a connection breaks, when the API refuses, and when it ends early', async () => {
    const { url, resumedAfter } = await serve([
      send(event(1) + event(2), 'break'),
      refuse,
      send(event(3)),
      (request, response) => {
        status = 'closed';
        send(event(4) + event(5, 'bead.closed'))(request, response);
      },
    ]);
    const troubles: string[] = [];
    expect(await collect(url, troubles)).toEqual([1, 2, 3, 4, 5]);
    expect(resumedAfter).toEqual([undefined, '2', '2', '3']);
    expect(troubles).toHaveLength(1);
  });

  test('ends when the stream has ended and the bead as well', async () => {
    status = 'closed';
    const { url } = await serve([send(event(1) + event(2, 'bead.closed'))]);
    expect(await collect(url)).toEqual([1, 2]);
  });

  test('puts an event together that arrives in pieces', async () => {
    const text = event(7, 'run.ä');
    status = 'closed';
    const { url } = await serve([
      (_, response) => {
        response.writeHead(200);
        const bytes = Buffer.from(text);
        const cut = bytes.indexOf(0xc3) + 1; // In the middle of a character.
        response.write(bytes.subarray(0, cut), () => setImmediate(() => response.end(bytes.subarray(cut))));
      },
    ]);
    expect(await collect(url)).toEqual([7]);
  });

  test('gives up at once where the API says that there is no such bead', async () => {
    const { url } = await serve([notFound]);
    await expect(collect(url)).rejects.toMatchObject({ code: 'NOT_FOUND', next: 'list them' });
  });
});

const notFound: Answer = (_, response) => {
  response.writeHead(404);
  response.end(JSON.stringify({ code: 'NOT_FOUND', detail: 'There is no bead bd-1', next: 'list them' }));
};
