// The API on a free port, spoken to over HTTP as its clients do.
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { openApiService } from '../../api/service.ts';
import type { Config } from '../../config/config.ts';

export interface ApiAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** Parsed where it is JSON of any kind, else the text. */
  readonly body: Record<string, unknown>;
  readonly text: string;
}

export interface TestApi {
  /** `http://127.0.0.1:<port>/api/v1` */
  readonly url: string;
  readonly key: string;
  readonly log: readonly string[];
  /** A string is sent as it stands, anything else as JSON. */
  request(method: string, path: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<ApiAnswer>;
  close(): Promise<void>;
}

export async function startApi(config: Config): Promise<TestApi> {
  const log: string[] = [];
  const service = await openApiService(config, (line) => void log.push(line));
  const server = createServer(service.app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/v1`;
  const key = (await readFile(config.api.keyFile, 'utf8')).trim();
  return {
    url,
    key,
    log,
    async request(method, path, body, headers = {}) {
      const response = await fetch(`${url}${path}`, {
        method,
        headers: {
          authorization: `Bearer ${key}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      });
      const text = await response.text();
      const isJson = response.headers.get('content-type')?.includes('json') === true;
      return {
        status: response.status,
        headers: response.headers,
        text,
        body: isJson ? (JSON.parse(text) as Record<string, unknown>) : {},
      };
    },
    async close() {
      service.endStreams();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await service.close();
    },
  };
}
