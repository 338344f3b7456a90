// A forward proxy on a Unix socket. It resolves names itself and connects to the very address that it has checked, so a name
// cannot answer differently the second time. Nothing is cached, logged or decrypted.
import { lookup } from 'node:dns/promises';
import { createServer, request as httpRequest } from 'node:http';
import { connect, isIP } from 'node:net';
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { LookupAddress } from 'node:dns';
import type { Duplex } from 'node:stream';
import { isInternalAddress } from '../network/internal-address.ts';
import { isAllowedHost } from './allowed-host.ts';

const PORTS = new Set([80, 443]);
const MAX_CONNECTIONS = 128;
const IDLE_MS = 120_000;
const CONNECT_MS = 20_000;

export interface EgressProxyOptions {
  readonly socket: string;
  /** Absent: every public host. */
  readonly allowedHosts?: readonly string[];
  /** How names are resolved. @default the machine's resolver */
  readonly resolve?: (host: string) => Promise<readonly string[]>;
  /** Which addresses may be reached. @default all but internal ones */
  readonly permits?: (address: string) => boolean;
  /** @default 80 and 443 */
  readonly ports?: ReadonlySet<number>;
}

export interface EgressProxy {
  close(): Promise<void>;
}

/** A refusal that the client reads as the body of a 403 or 502. */
class Refused extends Error {
  readonly status: 400 | 403 | 502;
  constructor(status: 400 | 403 | 502, message: string) {
    super(message);
    this.status = status;
  }
}

export async function startEgressProxy(options: EgressProxyOptions): Promise<EgressProxy> {
  const open = new Set<Duplex>();
  const track = <T extends Duplex>(stream: T): T => {
    open.add(stream.once('close', () => open.delete(stream)));
    return stream;
  };
  const server = createServer({ requestTimeout: 0, keepAliveTimeout: 5_000 });
  server.maxConnections = MAX_CONNECTIONS;
  server.on('connection', track);

  server.on('connect', (request: IncomingMessage, client: Duplex, head: Buffer) => {
    client.on('error', () => client.destroy());
    checkedTarget(`http://${request.url ?? ''}`, options, 443).then(
      ({ address, port }) => {
        const upstream = track(connect({ host: address, port, timeout: CONNECT_MS }));
        client.once('close', () => upstream.destroy());
        upstream.once('close', () => client.destroy());
        upstream.on('error', (error) => client.end(reply(new Refused(502, error.message))));
        upstream.on('timeout', () => upstream.destroy(new Error('no answer in time')));
        upstream.once('connect', () => {
          upstream.setTimeout(IDLE_MS);
          client.write('HTTP/1.1 200 Connection Established\r\n\r\n');
          upstream.write(head);
          upstream.pipe(client).pipe(upstream);
        });
      },
      (error: unknown) => client.end(reply(error)),
    );
  });

  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    checkedTarget(request.url ?? '', options, 80).then(
      ({ address, port, url }) => {
        const headers: OutgoingHttpHeaders = { ...request.headers, host: url.host };
        for (const name of ['proxy-connection', 'proxy-authorization', 'connection', 'keep-alive'])
          delete headers[name];
        const upstream = httpRequest(
          { host: address, port, method: request.method, path: url.pathname + url.search, headers, timeout: IDLE_MS },
          (answer) => {
            response.writeHead(answer.statusCode ?? 502, answer.headers);
            answer.pipe(response);
          },
        );
        upstream.on('timeout', () => upstream.destroy(new Error('no answer in time')));
        upstream.on('error', (error) => {
          if (response.headersSent) response.destroy(error);
          else response.writeHead(502).end(`${error.message}\n`);
        });
        response.once('close', () => upstream.destroy());
        request.pipe(upstream);
      },
      (error: unknown) => {
        const { status, message } = asRefused(error);
        response.writeHead(status, { connection: 'close' }).end(`${message}\n`);
      },
    );
  });

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.socket, resolve);
  });
  return {
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const stream of open) stream.destroy();
      }),
  };
}

async function checkedTarget(
  text: string,
  options: EgressProxyOptions,
  defaultPort: number,
): Promise<{ address: string; port: number; url: URL }> {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url?.protocol !== 'http:' || url.hostname === '')
    throw new Refused(400, 'A proxy request names an http address.');
  // The URL parser drops the default port 80, which is what distinguishes "host:80" from "host" for CONNECT.
  const port = url.port !== '' ? Number(url.port) : text.replace(/\/+$/, '').endsWith(':80') ? 80 : defaultPort;
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (!(options.ports ?? PORTS).has(port))
    throw new Refused(403, `Port ${port} is not open to the sandbox: only 80 and 443 are.`);
  if (options.allowedHosts !== undefined && !isAllowedHost(host, options.allowedHosts)) {
    throw new Refused(403, `${host} is not among the hosts that this project may reach.`);
  }
  const addresses = isIP(host) === 0 ? await (options.resolve ?? resolveAll)(host) : [host];
  const address = addresses.find(options.permits ?? ((each) => !isInternalAddress(each)));
  if (address === undefined) {
    throw new Refused(
      403,
      `${host} is not a public address: the sandbox reaches no loopback, link-local or private one.`,
    );
  }
  return { address, port, url };
}

async function resolveAll(host: string): Promise<readonly string[]> {
  let found: LookupAddress[];
  try {
    found = await lookup(host, { all: true });
  } catch (error) {
    throw new Refused(502, `${host} cannot be resolved: ${(error as NodeJS.ErrnoException).code ?? String(error)}.`);
  }
  return found.map(({ address }) => address);
}

const asRefused = (error: unknown): Refused =>
  error instanceof Refused ? error : new Refused(502, error instanceof Error ? error.message : String(error));

function reply(error: unknown): string {
  const { status, message } = asRefused(error);
  const body = `${message}\n`;
  const reason = status === 403 ? 'Forbidden' : status === 400 ? 'Bad Request' : 'Bad Gateway';
  return `HTTP/1.1 ${status} ${reason}\r\nContent-Type: text/plain\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`;
}
