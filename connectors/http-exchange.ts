// One HTTP request and its response over a connection to addresses that were checked beforehand. Follows nothing, keeps no
// connection, decodes no content encoding: every byte that arrives is counted against the limit before it is kept.
import type { LookupAddress } from 'node:dns';
import { request as httpRequest } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage, RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP } from 'node:net';
import { messageOf } from '../domain/errors.ts';
import { ConnectorFailure } from './failure.ts';

export interface HttpExchange {
  readonly url: URL;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
  /** Where to connect, instead of asking the name service again. */
  readonly addresses: readonly LookupAddress[];
  readonly maxResponseBytes: number;
  readonly signal: AbortSignal;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** @throws ConnectorFailure UNREACHABLE, RESPONSE_TOO_LARGE; the signal's reason when it aborts */
export async function exchange(outgoing: HttpExchange): Promise<HttpAnswer> {
  const { url, body, signal } = outgoing;
  try {
    const response = await open(outgoing);
    return { status: response.statusCode ?? 0, headers: response.headers, body: await readBody(response, outgoing) };
  } catch (cause) {
    if (signal.aborted) throw signal.reason;
    if (cause instanceof ConnectorFailure) throw cause;
    throw new ConnectorFailure('UNREACHABLE', {
      what: `${url.host} did not answer`,
      why: messageOf(cause),
      next:
        body === undefined
          ? 'Check that the system is up.'
          : 'Check that the system is up, and whether the effect stands.',
      cause,
    });
  }
}

function open({ url, method, headers, body, addresses, signal }: HttpExchange): Promise<IncomingMessage> {
  const secure = url.protocol === 'https:';
  const hostname = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const options: RequestOptions & { servername?: string } = {
    method,
    hostname,
    port: url.port === '' ? (secure ? 443 : 80) : Number(url.port),
    path: `${url.pathname}${url.search}`,
    headers: { ...headers, host: url.host, 'accept-encoding': 'identity', connection: 'close' },
    agent: false,
    signal,
    lookup: (_name, lookupOptions, callback) => {
      if (lookupOptions.all === true) callback(null, [...addresses]);
      else callback(null, addresses[0]?.address ?? '', addresses[0]?.family ?? 0);
    },
  };
  // A certificate is checked against the name that was asked for; an address has no name to indicate.
  if (secure && isIP(hostname) === 0) options.servername = hostname;
  return new Promise((resolve, reject) => {
    const request = (secure ? httpsRequest : httpRequest)(options);
    request.on('response', resolve);
    request.on('upgrade', (_response, socket) => {
      socket.destroy();
      reject(new Error('it answered with a protocol upgrade that nobody asked for'));
    });
    request.on('error', reject);
    request.end(body);
  });
}

async function readBody(response: IncomingMessage, { url, maxResponseBytes }: HttpExchange): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  // Leaving the loop by an exception destroys the response and with it the connection.
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxResponseBytes) {
      throw new ConnectorFailure('RESPONSE_TOO_LARGE', {
        what: `the response of ${url.host} was not taken`,
        why: `status ${response.statusCode}, but its body is longer than ${maxResponseBytes} bytes`,
        next: 'Ask for less (a page, a range, fewer fields) or raise max_response_bytes.',
      });
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
