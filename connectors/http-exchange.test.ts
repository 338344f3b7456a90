import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exchange } from './http-exchange.ts';

const outside = createServer((request, response) => response.end(request.headers.host));
let port: number;
beforeAll(async () => {
  outside.listen(0, '127.0.0.1');
  await once(outside, 'listening');
  port = (outside.address() as AddressInfo).port;
});
afterAll(() => void outside.close());

const get = (url: string, address: string): Promise<{ status: number; body: Buffer }> =>
  exchange({
    url: new URL(url),
    method: 'GET',
    headers: {},
    body: undefined,
    addresses: [{ address, family: 4 }],
    maxResponseBytes: 1_000,
    signal: new AbortController().signal,
  });

describe('an exchange', () => {
  test('connects to the address that was checked and never asks the name service again', async () => {
    const { status, body } = await get(`http://changes-its-mind.invalid:${port}/`, '127.0.0.1');
    expect({ status, host: body.toString() }).toEqual({ status: 200, host: `changes-its-mind.invalid:${port}` });
  });

  test('is UNREACHABLE where what answers does not speak the protocol', async () => {
    await expect(get(`https://changes-its-mind.invalid:${port}/`, '127.0.0.1')).rejects.toMatchObject({
      reason: 'UNREACHABLE',
      what: `changes-its-mind.invalid:${port} did not answer`,
    });
  });
});
