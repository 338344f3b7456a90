// Git over HTTP by git's own backend. A push is read to its end before the lease is looked at, so that a slow or frozen
// sender never holds the lock; then the fence is checked and the refs move within one transaction.
import { spawn } from 'node:child_process';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Request, Response } from 'express';
import { LoomError } from '../domain/errors.ts';
import { gitEnvironment } from './git-command.ts';

/** A push may take so long once it has arrived: below the transaction's own limit. */
const PUSH_DEADLINE_MS = 12_000;
const FETCH_DEADLINE_MS = 120_000;
const MAX_PUSH_BYTES = 512 * 1024 * 1024;
const MAX_HEADER_BYTES = 16 * 1024;

export interface GitRequest {
  /** Folder that holds the repositories. */
  readonly root: string;
  /** For example `/pj-x.git/info/refs`. */
  readonly path: string;
  /** The only refs that may be written; null for a reader. */
  readonly writable: string | null;
}

/** Receives a push body whole. The caller removes it with `discard`. @throws TOO_LARGE */
export async function spool(
  request: Request,
): Promise<{ readonly path: string; readonly size: number; discard(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'loom-push-'));
  const path = join(folder, 'body');
  const discard = () => rm(folder, { recursive: true, force: true });
  let size = 0;
  const limit = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      size += chunk.length;
      if (size > MAX_PUSH_BYTES) {
        done(
          new LoomError(
            'TOO_LARGE',
            `The push is larger than ${MAX_PUSH_BYTES / 1024 / 1024} MB`,
            'Keep build products and large data out of the workspace, or ignore them in git.',
          ),
        );
      } else done(null, chunk);
    },
  });
  try {
    await pipeline(request, limit, createWriteStream(path, { mode: 0o600 }));
    return { path, size: (await stat(path)).size, discard };
  } catch (error) {
    await discard();
    throw error;
  }
}

/** Runs the backend for one request and sends its answer. Resolves when the answer has been sent whole. */
export async function serveGit(
  { root, path, writable }: GitRequest,
  request: Request,
  response: Response,
  body: { readonly path: string; readonly size: number } | null,
): Promise<void> {
  const config: [string, string][] = [
    ['uploadpack.allowAnySHA1InWant', 'true'],
    ['http.receivepack', 'true'],
    ['receive.autogc', 'false'],
    ['receive.fsckObjects', 'true'],
  ];
  if (writable !== null) config.push(['receive.hideRefs', 'refs/'], ['receive.hideRefs', `!${writable}`]);
  const header = (name: string): string => request.get(name) ?? '';
  const child = spawn('git', ['http-backend'], {
    env: {
      ...gitEnvironment(config),
      GIT_PROJECT_ROOT: root,
      GIT_HTTP_EXPORT_ALL: '1',
      PATH_INFO: path,
      QUERY_STRING: new URL(request.originalUrl, 'http://hub').searchParams.toString(),
      REQUEST_METHOD: request.method,
      CONTENT_TYPE: header('content-type'),
      CONTENT_LENGTH: body === null ? header('content-length') : String(body.size),
      HTTP_CONTENT_ENCODING: header('content-encoding'),
      GIT_PROTOCOL: header('git-protocol'),
      REMOTE_ADDR: request.ip ?? '',
      ...(writable === null ? {} : { REMOTE_USER: 'lease' }),
    },
    stdio: ['pipe', 'pipe', 'pipe'],
    timeout: writable === null ? FETCH_DEADLINE_MS : PUSH_DEADLINE_MS,
    killSignal: 'SIGKILL',
  });
  const complaints: Buffer[] = [];
  child.stderr.on('data', (chunk: Buffer) => complaints.length < 16 && complaints.push(chunk));
  const input: Readable = body === null ? request : createReadStream(body.path);
  input.pipe(child.stdin);
  child.stdin.on('error', () => undefined); // the backend may refuse before it has read all
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  await sendCgi(child.stdout, response);
  const code = await ended;
  if (code !== 0 && !response.headersSent) {
    throw new LoomError(
      'UNAVAILABLE',
      `git http-backend ended with ${code}: ${Buffer.concat(complaints).toString().trim()}`,
      'It is tried again; look at the hub log if it goes on.',
    );
  }
  response.end();
}

/** Takes the CGI headers off the backend's output and passes the rest on. */
async function sendCgi(output: Readable, response: Response): Promise<void> {
  let head = Buffer.alloc(0);
  let inBody = false;
  for await (const chunk of output as AsyncIterable<Buffer>) {
    if (inBody) {
      if (!response.write(chunk))
        await new Promise((resolve) => response.once('drain', resolve).once('close', resolve));
      continue;
    }
    head = Buffer.concat([head, chunk]);
    const end = head.indexOf('\r\n\r\n');
    if (end < 0) {
      if (head.length > MAX_HEADER_BYTES)
        throw new LoomError('UNAVAILABLE', 'git http-backend sent no headers', 'Look at the hub log.');
      continue;
    }
    for (const line of head.subarray(0, end).toString().split('\r\n')) {
      const colon = line.indexOf(':');
      const name = line.slice(0, colon);
      const value = line.slice(colon + 1).trim();
      if (name.toLowerCase() === 'status') response.status(Number.parseInt(value, 10));
      else response.setHeader(name, value);
    }
    inBody = true;
    response.write(head.subarray(end + 4));
  }
}
