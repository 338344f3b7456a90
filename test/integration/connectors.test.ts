// The connectors as other processes meet them: the real server process, a real gRPC client, and a real HTTP server that
// plays the outside system.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Client, credentials, Metadata, status } from '@grpc/grpc-js';
import type { ServiceError } from '@grpc/grpc-js';
import { service as healthService } from 'grpc-health-check';
import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServer as createTcpServer } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ConnectorsClient } from '../../connectors/client.ts';
import type { Invocation } from '../../connectors/client.ts';
import { ConnectorFailure } from '../../connectors/failure.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const SECRET = 's3cr3t-value';

interface Service {
  readonly process: ChildProcess;
  readonly address: string;
  /** Everything that it has written so far. */
  readonly output: () => string;
}

async function freePort(): Promise<number> {
  const probe = createTcpServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}

async function startService(env: Readonly<Record<string, string>>): Promise<Service> {
  const port = await freePort();
  const child = spawn(process.execPath, [join(ROOT, 'connectors', 'server.ts')], {
    env: { PATH: process.env['PATH'], LOOM_CONNECTORS_PORT: String(port), ...env },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const [first] = (await Promise.race([once(child, 'message'), once(child, 'exit')])) as unknown[];
  if (first === null || typeof first !== 'object') throw new Error(`the service did not start: ${output}`);
  return { process: child, address: `127.0.0.1:${port}`, output: () => output };
}

const ended = async ({ process: child }: Service): Promise<number | null> => {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  return child.exitCode;
};

let outside: Server;
let origin: string;
let received: {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  body: string;
}[];
let service: Service;
let client: ConnectorsClient;

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method = '', url = '', headers } = request;
  const entry = { method, url, headers, body: '' };
  received.push(entry);
  for await (const chunk of request as AsyncIterable<Buffer>) entry.body += chunk.toString();
  const port = new URL(origin).port;
  if (url === '/never') return;
  if (url === '/big') return void response.end('x'.repeat(5_000));
  if (url === '/endless') {
    // Longer than any limit, without a content-length, until the other side hangs up.
    const write = (): void => {
      while (!response.destroyed && response.write('x'.repeat(65_536)));
    };
    response.on('drain', write);
    return write();
  }
  if (url === '/binary') return void response.end(Buffer.from([0xff, 0x00, 0xfe]));
  if (url === '/loop') return void response.writeHead(302, { location: '/loop' }).end();
  if (url === '/hop') return void response.writeHead(302, { location: `http://localhost:${port}/landed` }).end();
  if (url === '/inward') return void response.writeHead(302, { location: 'http://169.254.169.254/latest' }).end();
  if (url === '/teapot') return void response.writeHead(418, { 'set-cookie': 'session=1' }).end('short and stout');
  response.setHeader('x-echo', headers.authorization ?? '');
  response.end(JSON.stringify({ method, url, authorization: headers.authorization ?? null, body: entry.body }));
}

beforeAll(async () => {
  outside = createServer((request, response) => void answer(request, response)).listen(0);
  await once(outside, 'listening');
  const { port } = outside.address() as AddressInfo;
  origin = `http://127.0.0.1:${port}`;
  service = await startService({
    LOOM_CONNECTORS_HTTP_ALLOW: `127.0.0.1:${port},localhost:${port}`,
    LOOM_CONNECTORS_HTTP_SECRETS: 'env:OUTSIDE_TOKEN@127.0.0.1,env:UNSET_TOKEN@127.0.0.1',
    OUTSIDE_TOKEN: SECRET,
    PRIVATE_TOKEN: 'never to be sent',
  });
  client = new ConnectorsClient(service.address);
});

beforeEach(() => void (received = []));

afterAll(async () => {
  client?.close();
  service?.process.kill('SIGTERM');
  await ended(service);
  outside.closeAllConnections();
  outside.close();
});

const request = (args: Readonly<Record<string, unknown>>, more: Partial<Invocation> = {}): Promise<unknown> =>
  client.invoke({ kind: 'http', operation: 'request', arguments: args, timeoutMs: 20_000, ...more });

const failure = async (call: Promise<unknown>): Promise<ConnectorFailure> => {
  const outcome = await call.then(
    () => 'a success',
    (error: unknown) => error,
  );
  if (outcome instanceof ConnectorFailure) return outcome;
  throw new Error(`expected a ConnectorFailure, got ${String(outcome)}`, { cause: outcome });
};

/** The gRPC status as it came over the wire. */
const statusOf = ({ cause }: ConnectorFailure): string => status[(cause as ServiceError).code];

describe('the connectors service', () => {
  test('is SERVING for the standard health check, as a whole and by name', async () => {
    const health = new Client(service.address, credentials.createInsecure());
    const check = healthService['Check'];
    if (check === undefined) throw new Error('the health service has no method Check');
    for (const name of ['', 'loom.connectors.v1.Connectors']) {
      const response = await new Promise((resolve, reject) => {
        const deadline = Date.now() + 10_000;
        health.makeUnaryRequest(
          check.path,
          check.requestSerialize,
          check.responseDeserialize,
          { service: name },
          new Metadata(),
          { deadline },
          (error, value) => (error === null ? resolve(value) : reject(error)),
        );
      });
      expect(response).toMatchObject({ status: 'SERVING' });
    }
    health.close();
  });

  test('is what the health check of its container asks', async () => {
    const ask = (address: string): Promise<unknown> =>
      promisify(execFile)(process.execPath, [join(ROOT, 'deploy', 'healthcheck.ts'), 'grpc', address]);
    await expect(ask(service.address)).resolves.toMatchObject({ stderr: '' });
    await expect(ask(`127.0.0.1:${await freePort()}`)).rejects.toMatchObject({ code: 1 });
  });

  test('lists its kinds with the JSON Schema of each operation', async () => {
    const kinds = await client.listKinds({ timeoutMs: 10_000 });
    const operation = kinds.find(({ name }) => name === 'http')?.operations.find(({ name }) => name === 'request');
    expect(operation).toMatchObject({
      effect: 'EFFECT_OUTSIDE',
      argumentsSchemaJson: { type: 'object', required: ['url'], properties: { method: { default: 'GET' } } },
      resultSchemaJson: { type: 'object', properties: { status: { type: 'integer' } } },
    });
  });

  test.each([
    ['gopher', 'request', 'KIND_UNKNOWN', 'http'],
    ['http', 'dance', 'OPERATION_UNKNOWN', 'request'],
  ])('answers %s.%s with NOT_FOUND and names what there is', async (kind, operation, reason, known) => {
    const error = await failure(client.invoke({ kind, operation, arguments: {}, timeoutMs: 10_000 }));
    expect({ status: statusOf(error), reason: error.reason }).toEqual({ status: 'NOT_FOUND', reason });
    expect(error.why).toContain(known);
  });

  test('refuses wrong arguments with INVALID_ARGUMENT and names each field', async () => {
    const error = await failure(
      request({ url: 'ftp://example.com', method: 'BREW', headers: { host: 'x', accept: 'a\nb' }, timeout_ms: 0 }),
    );
    expect(statusOf(error)).toBe('INVALID_ARGUMENT');
    expect(error.fields.map(({ path }) => path).sort()).toEqual([
      'headers.accept',
      'headers.host',
      'method',
      'timeout_ms',
      'url',
    ]);
    expect(error.retryable).toBe(false);
    expect(received).toEqual([]);
  });

  test('abandons a call whose deadline has passed, also outside, with DEADLINE_EXCEEDED', async () => {
    const hungUp = new Promise((resolve) => outside.once('request', ({ socket }) => socket.once('close', resolve)));
    const error = await failure(request({ url: `${origin}/never` }, { timeoutMs: 500 }));
    expect(statusOf(error)).toBe('DEADLINE_EXCEEDED');
    await hungUp;
    expect(received).toHaveLength(1);
  });

  test('abandons a call that the caller cancels, also outside', async () => {
    const caller = new AbortController();
    const hungUp = new Promise<void>((resolve) =>
      outside.once('request', ({ socket }) => {
        socket.once('close', () => resolve());
        caller.abort();
      }),
    );
    const error = await failure(request({ url: `${origin}/never` }, { signal: caller.signal }));
    expect(statusOf(error)).toBe('CANCELLED');
    await hungUp;
  });

  test('says that the service is UNREACHABLE when nobody listens', async () => {
    const nobody = new ConnectorsClient(`127.0.0.1:${await freePort()}`);
    const error = await failure(nobody.listKinds({ timeoutMs: 10_000 }));
    nobody.close();
    expect({ reason: error.reason, retryable: error.retryable }).toEqual({ reason: 'UNREACHABLE', retryable: true });
  });

  test('carries out a call once for each idempotency key and hands the key on', async () => {
    const order = { url: `${origin}/orders`, method: 'POST', body: 'one' };
    const first = await request(order, { idempotencyKey: 'order-1' });
    const again = await request(order, { idempotencyKey: 'order-1' });
    expect(again).toEqual(first);
    expect(received.map(({ body, headers }) => [body, headers['idempotency-key']])).toEqual([['one', 'order-1']]);
    const reused = await failure(request({ ...order, body: 'two' }, { idempotencyKey: 'order-1' }));
    expect(statusOf(reused)).toBe('ALREADY_EXISTS');
  });
});

describe('the kind http', () => {
  test('gives the answer, whatever its status, without cookies', async () => {
    await expect(request({ url: `${origin}/teapot` })).resolves.toMatchObject({
      status: 418,
      url: `${origin}/teapot`,
      headers: expect.not.objectContaining({ 'set-cookie': expect.anything() }),
      body: 'short and stout',
      body_encoding: 'utf8',
    });
  });

  test('gives a body that is no text as base64', async () => {
    await expect(request({ url: `${origin}/binary` })).resolves.toMatchObject({
      body: '/wD+',
      body_encoding: 'base64',
    });
  });

  test.each(['/big', '/endless'])('stops reading %s at its limit with RESOURCE_EXHAUSTED', async (path) => {
    const error = await failure(request({ url: `${origin}${path}`, max_response_bytes: 4_999 }));
    expect({ status: statusOf(error), retryable: error.retryable }).toEqual({
      status: 'RESOURCE_EXHAUSTED',
      retryable: false,
    });
    expect(error.message).toContain('4999 bytes');
  });

  test('ends by its own time limit with DEADLINE_EXCEEDED, and says so', async () => {
    const error = await failure(request({ url: `${origin}/never`, timeout_ms: 200 }));
    expect(statusOf(error)).toBe('DEADLINE_EXCEEDED');
    expect(error.message).toContain('not done in 200 ms');
  });

  test.each([
    'http://127.0.0.1:1/',
    'http://127.1:1/',
    'http://2130706433:1/',
    'http://[::1]:1/',
    'http://[::ffff:127.0.0.1]:1/',
    'http://localhost:1/',
    'http://169.254.169.254/latest/meta-data/',
    'http://10.0.0.1/',
  ])('does not contact %s: PERMISSION_DENIED', async (url) => {
    const error = await failure(request({ url }));
    expect({ status: statusOf(error), reason: error.reason }).toEqual({
      status: 'PERMISSION_DENIED',
      reason: 'ADDRESS_REFUSED',
    });
    expect(error.next).toContain('LOOM_CONNECTORS_HTTP_ALLOW');
  });

  test('checks the address of every redirect', async () => {
    const error = await failure(request({ url: `${origin}/inward` }));
    expect(error.reason).toBe('ADDRESS_REFUSED');
    expect(error.message).toContain('169.254.169.254');
  });

  test('follows five redirects and no more', async () => {
    const error = await failure(request({ url: `${origin}/loop` }));
    expect(error.message).toContain('redirects more than 5 times');
    expect(received).toHaveLength(6);
  });

  test('gives a redirect as the answer where following it would repeat an effect', async () => {
    await expect(request({ url: `${origin}/hop`, method: 'POST' })).resolves.toMatchObject({ status: 302 });
    expect(received).toHaveLength(1);
  });

  test('sends a granted secret, keeps it from another origin, and from its answer and its log', async () => {
    const headers = { authorization: { secret: 'env:OUTSIDE_TOKEN', prefix: 'Bearer ' } };
    const result = await request({ url: `${origin}/echo`, headers });
    expect(received[0]?.headers.authorization).toBe(`Bearer ${SECRET}`);
    expect(result).toMatchObject({
      headers: { 'x-echo': 'Bearer [env:OUTSIDE_TOKEN]' },
      body: expect.stringContaining('"authorization":"Bearer [env:OUTSIDE_TOKEN]"'),
    });

    await expect(request({ url: `${origin}/hop`, headers })).resolves.toMatchObject({ status: 200 });
    expect(received.slice(1).map(({ url, headers: got }) => [url, got.authorization])).toEqual([
      ['/hop', `Bearer ${SECRET}`],
      ['/landed', undefined],
    ]);
    expect(service.output()).toContain('http.request OK');
    expect(service.output()).not.toContain(SECRET);
  });

  test.each([
    ['env:PRIVATE_TOKEN', 'SECRET_REFUSED', 'PERMISSION_DENIED'],
    ['file:/etc/passwd', 'SECRET_REFUSED', 'PERMISSION_DENIED'],
    ['env:UNSET_TOKEN', 'SECRET_MISSING', 'FAILED_PRECONDITION'],
  ])('does not send %s: %s', async (secret, reason, code) => {
    const error = await failure(request({ url: `${origin}/echo`, headers: { authorization: { secret } } }));
    expect({ reason: error.reason, code: statusOf(error) }).toEqual({ reason, code });
    expect(received).toEqual([]);
  });

  test('does not send a secret in clear text to a host that is not allowed by name', async () => {
    const headers = { authorization: { secret: 'env:OUTSIDE_TOKEN' } };
    const error = await failure(request({ url: 'http://example.com/', headers }));
    expect(error.why).toBe('the request is not encrypted');
  });
});

describe('the process', () => {
  test('names a port that is taken, and the variable that changes it', async () => {
    const taken = new URL(`http://${service.address}`).port;
    const child = spawn(process.execPath, [join(ROOT, 'connectors', 'server.ts')], {
      env: { PATH: process.env['PATH'], LOOM_CONNECTORS_PORT: taken },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    const [code] = (await once(child, 'close')) as [number];
    expect(code).toBe(78);
    expect(output).toContain(`127.0.0.1:${taken}`);
    expect(output).toContain('LOOM_CONNECTORS_PORT');
  });

  test('lets the calls in hand end before it exits on SIGTERM, and takes no new ones', async () => {
    const inHand = Promise.withResolvers<ServerResponse>();
    const slow = createServer((_, response) => inHand.resolve(response)).listen(0, '127.0.0.1');
    await once(slow, 'listening');
    const host = `127.0.0.1:${(slow.address() as AddressInfo).port}`;
    const own = await startService({ LOOM_CONNECTORS_HTTP_ALLOW: host });
    const ownClient = new ConnectorsClient(own.address);
    const call = { kind: 'http', operation: 'request', arguments: { url: `http://${host}/` }, timeoutMs: 20_000 };

    const result = ownClient.invoke(call);
    const response = await inHand.promise;
    own.process.kill('SIGTERM');
    while (!own.output().includes('stopping')) await once(own.process.stdout as NodeJS.ReadableStream, 'data');
    const late = new ConnectorsClient(own.address);
    expect(statusOf(await failure(late.invoke(call)))).toBe('UNAVAILABLE');
    late.close();
    response.end('done');
    await expect(result).resolves.toMatchObject({ body: 'done' });

    expect(await ended(own)).toBe(0);
    ownClient.close();
    slow.close();
  });

  test('exits when the process that started it hangs up', async () => {
    const own = await startService({});
    own.process.disconnect();
    expect(await ended(own)).toBe(0);
  });
});
