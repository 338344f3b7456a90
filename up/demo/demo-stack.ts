// The stack that a demo uses: one that runs already, one in this process that ends with it, or one that stays.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, openSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LoomError } from '../../domain/errors.ts';
import { runningStack } from '../stack-record.ts';
import { startStack } from '../stack.ts';
import type { StackEvent } from '../stack.ts';

const START = fileURLToPath(new URL('../start.ts', import.meta.url));

export interface DemoStack {
  readonly apiUrl: string;
  readonly apiKey: string;
  /** Whether it is there when the demo has ended. */
  readonly stays: boolean;
  stop(): Promise<void>;
}

export interface DemoStackOptions {
  readonly dataDir: string;
  readonly keep: boolean;
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  readonly onEvent: (event: StackEvent) => void;
}

export async function openDemoStack(options: DemoStackOptions): Promise<DemoStack> {
  const dataDir = resolve(options.dataDir);
  if (runningStack(dataDir)?.state === 'ready') return recorded(dataDir);
  if (options.keep) {
    await startDetached(dataDir, options);
    return recorded(dataDir);
  }
  const stack = await startStack({ ...options, dataDir, ports: 'free' });
  const apiKey = readFileSync(stack.apiKeyFile, 'utf8').trim();
  return { apiUrl: stack.endpoints.api, apiKey, stays: false, stop: () => stack.stop() };
}

function recorded(dataDir: string): DemoStack {
  const record = runningStack(dataDir);
  const apiUrl = record?.endpoints['api'];
  if (!record || apiUrl === undefined) {
    throw new LoomError('UNAVAILABLE', `The stack on ${dataDir} has ended`, 'Run the demo again.');
  }
  const apiKey = readFileSync(record.apiKeyFile, 'utf8').trim();
  return { apiUrl, apiKey, stays: true, stop: () => Promise.resolve() };
}

async function startDetached(dataDir: string, { env, signal }: DemoStackOptions): Promise<void> {
  const logs = join(dataDir, 'logs');
  mkdirSync(logs, { recursive: true });
  const logFile = join(logs, 'start.log');
  const log = openSync(logFile, 'w', 0o600);
  const child = spawn(process.execPath, [START, '--data-dir', dataDir, '--ports', 'free'], {
    detached: true,
    env,
    stdio: ['ignore', log, log, 'ipc'],
  });
  const onAbort = (): void => void child.kill('SIGTERM');
  signal.addEventListener('abort', onAbort, { once: true });
  const exited = once(child, 'exit').then(() => {
    signal.throwIfAborted();
    throw new LoomError('UNAVAILABLE', `The stack did not start:\n${readFileSync(logFile, 'utf8')}`, `Read ${logs}.`);
  });
  await Promise.race([once(child, 'message'), exited]);
  exited.catch(() => undefined); // from here on it is on its own
  signal.removeEventListener('abort', onAbort);
  child.disconnect();
  child.unref();
}
