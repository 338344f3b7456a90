import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startEgressProxy } from './egress-proxy.ts';
import type { EgressProxy, EgressProxyOptions } from './egress-proxy.ts';

let folder: string;
let upstream: Server;
let port: number;
let proxy: EgressProxy | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'loom-proxy-'));
  upstream = createServer((incoming, response) => response.end(`${incoming.headers.host} ${incoming.url}`));
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
  port = (upstream.address() as AddressInfo).port;
});

afterEach(async () => {
  await proxy?.close();
  proxy = undefined;
  await new Promise((resolve) => upstream.close(resolve));
  await rm(folder, { recursive: true });
});

const socketPath = (): string => join(folder, 'proxy.sock');

async function start(options: Omit<EgressProxyOptions, 'socket'>): Promise<void> {
  proxy = await startEgressProxy({ socket: socketPath(), ...options });
}

/** A proxy that takes the local server for a public one. */
const lenient = (): Omit<EgressProxyOptions, 'socket'> => ({
  permits: (address) => address === '127.0.0.1',
  ports: new Set([port]),
});

async function get(url: string): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    request({ socketPath: socketPath(), path: url, headers: { host: new URL(url).host } }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (part: string) => (body += part));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
    })
      .on('error', reject)
      .end();
  });
}

async function connectTo(authority: string, send?: string): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    request({ socketPath: socketPath(), method: 'CONNECT', path: authority })
      .on('connect', (response, socket, head) => {
        let body = head.toString();
        socket.on('data', (part: Buffer) => (body += part.toString()));
        socket.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
        socket.on('error', reject);
        if (send !== undefined) socket.write(send);
      })
      .on('error', reject)
      .end();
  });
}

describe('what is let through', () => {
  test('a plain request reaches the host by the address that was checked', async () => {
    await start({ ...lenient(), resolve: () => Promise.resolve(['127.0.0.1']) });
    expect(await get(`http://package.test:${port}/x?y=1`)).toEqual({
      status: 200,
      body: `package.test:${port} /x?y=1`,
    });
  });

  test('a tunnel carries bytes both ways', async () => {
    await start({ ...lenient(), resolve: () => Promise.resolve(['127.0.0.1']) });
    const { status, body } = await connectTo(
      `package.test:${port}`,
      'GET /t HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n',
    );
    expect(status).toBe(200);
    expect(body).toContain('h /t');
  });

  test('of several addresses of a name, only a permitted one is used', async () => {
    await start({ ...lenient(), resolve: () => Promise.resolve(['10.0.0.1', '127.0.0.1']) });
    expect((await get(`http://package.test:${port}/`)).status).toBe(200);
  });
});

describe('what is refused', () => {
  test.each(['127.0.0.1', '169.254.169.254', '10.0.0.1', '[::1]', '[::ffff:127.0.0.1]', '2130706433', '0x7f.1'])(
    'http://%s, with the reason',
    async (host) => {
      await start({});
      const answer = await get(`http://${host}/`);
      expect(answer.status).toBe(403);
      expect(answer.body).toContain('not a public address');
    },
  );

  test('a tunnel to loopback', async () => {
    await start({});
    expect((await connectTo('127.0.0.1:443')).status).toBe(403);
  });

  test('a name that resolves to a private address', async () => {
    await start({ resolve: () => Promise.resolve(['192.168.0.10']) });
    expect((await connectTo('inside.test:443')).status).toBe(403);
  });

  test('any port but those of the web', async () => {
    await start({ resolve: () => Promise.resolve(['1.1.1.1']) });
    const answer = await connectTo('mail.test:25');
    expect(answer.status).toBe(403);
    expect((await get('http://db.test:5432/')).body).toContain('Port 5432');
  });

  test('a host that is not on the list, before its name is resolved', async () => {
    const asked: string[] = [];
    await start({
      allowedHosts: ['registry.test'],
      resolve: (host) => {
        asked.push(host);
        return Promise.resolve(['1.1.1.1']);
      },
    });
    expect((await connectTo('secret-data.evil.test:443')).status).toBe(403);
    expect(asked).toEqual([]);
  });

  test('a name that does not exist is answered as such', async () => {
    await start({ resolve: () => Promise.reject(new Error('ENOTFOUND')) });
    expect((await get('http://nowhere.test/')).status).toBe(502);
  });
});
