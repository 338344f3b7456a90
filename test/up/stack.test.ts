import { afterEach, describe, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { processIdentity } from '../../up/process-identity.ts';
import { readStackRecord } from '../../up/stack-record.ts';
import { startStack } from '../../up/stack.ts';
import type { PartName, StackEvent, StackOptions } from '../../up/stack.ts';

const START = fileURLToPath(new URL('../../up/start.ts', import.meta.url));
const SERVICES: readonly PartName[] = ['postgres', 'nats', 'temporal'];

/** The environment without the services that the whole suite shares. */
const bare: Record<string, string | undefined> = {
  ...process.env,
  LOOM_TEMPORAL_ADDRESS: '',
  LOOM_TEMPORAL_UI_URL: '',
  LOOM_DATABASE_URL: '',
  LOOM_NATS_URL: '',
};

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

async function dataFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'loom-stack-'));
  cleanups.push(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

async function start(options: Partial<StackOptions> & Pick<StackOptions, 'dataDir'>) {
  const stack = await startStack({ ports: 'free', parts: SERVICES, env: bare, durable: false, ...options });
  cleanups.push(() => stack.stop());
  return stack;
}

async function untilGone(pid: number | undefined): Promise<void> {
  while (pid !== undefined && processIdentity(pid) !== undefined) await delay(10);
}

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

describe('the embedded services', () => {
  test('keep their data, their password and their key from one start to the next', async () => {
    const dataDir = await dataFolder();
    const first = await start({ dataDir });
    await query(first.endpoints.database, 'create table kept as select 42 as answer');
    const key = await readFile(first.apiKeyFile, 'utf8');
    expect(key.trim()).toMatch(/^[\w-]{43}$/);
    expect((await stat(first.apiKeyFile)).mode & 0o077).toBe(0);
    const pids = first.parts.map((part) => part.pid);
    await first.stop();
    expect(pids.map((pid) => processIdentity(pid ?? 0))).toEqual([undefined, undefined, undefined]);
    expect(readStackRecord(dataDir)).toBeUndefined();

    const second = await start({ dataDir });
    expect(await query(second.endpoints.database, 'select answer from kept')).toEqual([{ answer: 42 }]);
    expect(await readFile(second.apiKeyFile, 'utf8')).toBe(key);
  });

  test('refuse a connection without the password', async () => {
    const stack = await start({ dataDir: await dataFolder(), parts: ['postgres'] });
    const url = new URL(stack.endpoints.database);
    url.password = 'guessed';
    await expect(query(url.href, 'select 1')).rejects.toThrow('password authentication failed');
  });

  test('serve a namespace that keeps closed workflows for seven days, with the search attributes', async () => {
    const stack = await start({ dataDir: await dataFolder(), parts: ['temporal'] });
    const ask = async (path: string): Promise<unknown> =>
      (await fetch(`${stack.endpoints.temporalUi}/api/v1/${path}`)).json();
    expect(await ask('namespaces/default')).toMatchObject({ config: { workflowExecutionRetentionTtl: '604800s' } });
    expect(await ask('namespaces/default/search-attributes')).toMatchObject({
      customAttributes: expect.objectContaining({
        BeadStatus: 'INDEXED_VALUE_TYPE_KEYWORD',
        Project: 'INDEXED_VALUE_TYPE_KEYWORD',
        Persona: 'INDEXED_VALUE_TYPE_KEYWORD',
        FleetName: 'INDEXED_VALUE_TYPE_KEYWORD',
        Priority: 'INDEXED_VALUE_TYPE_INT',
      }),
    });
  });

  test('come back after being killed, at the same address and with what they had acknowledged', async () => {
    const events: StackEvent[] = [];
    let served = () => undefined as void;
    const stack = await start({
      dataDir: await dataFolder(),
      parts: ['postgres'],
      onEvent: (event) => {
        events.push(event);
        if (event.kind === 'ready') served();
      },
    });
    await query(stack.endpoints.database, 'create table kept as select 42 as answer');
    const again = new Promise<void>((resolve) => {
      served = resolve;
    });
    stack.part('postgres').kill('SIGKILL');
    await again;
    expect(await query(stack.endpoints.database, 'select answer from kept')).toEqual([{ answer: 42 }]);
    expect(stack.part('postgres').restarts).toBe(1);
    expect(events).toContainEqual({ part: 'postgres', kind: 'exited', how: 'was ended by SIGKILL', restartInMs: 250 });
  });
});

describe('services that the environment names', () => {
  test('are used instead of being started', async () => {
    const external: string[] = [];
    const stack = await start({
      dataDir: await dataFolder(),
      env: process.env,
      onEvent: (event) => {
        if (event.kind === 'external') external.push(event.name);
      },
    });
    expect(external.toSorted()).toEqual(['nats', 'postgres', 'temporal']);
    expect(stack.parts).toEqual([]);
    expect(stack.env).toMatchObject({
      LOOM_DATABASE_URL: process.env['LOOM_DATABASE_URL'],
      LOOM_TEMPORAL_ADDRESS: process.env['LOOM_TEMPORAL_ADDRESS'],
      LOOM_NATS_URL: process.env['LOOM_NATS_URL'],
    });
  });

  test.each([
    ['LOOM_DATABASE_URL', 'postgres://loom@127.0.0.1:1/loom', 'The database of LOOM_DATABASE_URL does not answer'],
    ['LOOM_NATS_URL', 'nats://127.0.0.1:1', 'The NATS server of LOOM_NATS_URL cannot be used'],
    [
      'LOOM_TEMPORAL_ADDRESS',
      '127.0.0.1:1',
      'Temporal at LOOM_TEMPORAL_ADDRESS=127.0.0.1:1 does not serve namespace "default"',
    ],
  ])('are named when %s does not answer', async (variable, value, message) => {
    const env = { ...bare, [variable]: value };
    await expect(start({ dataDir: await dataFolder(), env })).rejects.toThrow(message);
  });
});

describe('npm start', () => {
  /** `up/start.ts` as a process, once it serves. */
  async function startProcess(dataDir: string) {
    const args = [START, '--data-dir', dataDir, '--ports', 'free', '--parts', 'postgres,nats'];
    const child = spawn(process.execPath, args, { env: bare, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
    const out = text(child.stdout!);
    const exit = once(child, 'exit') as Promise<[number | null, string | null]>;
    cleanups.push(async () => child.kill('SIGKILL') && exit);
    await once(child, 'message');
    return { child, out, exit };
  }

  test('stops all in order on SIGINT, leaves no process and exits 0', async () => {
    const dataDir = await dataFolder();
    const { child, out, exit } = await startProcess(dataDir);
    const parts = Object.values(readStackRecord(dataDir)?.parts ?? {});
    expect(parts).toHaveLength(2);
    child.kill('SIGINT');
    child.kill('SIGINT'); // as when a terminal and npm pass on one key press
    expect(await exit).toEqual([0, null]);
    expect(await out).toContain('Nothing is left running');
    expect(parts.map(({ pid }) => processIdentity(pid))).toEqual([undefined, undefined]);
    expect(existsSync(join(dataDir, 'run', 'stack.json'))).toBe(false);
  });

  test('says that one is running, and exits 1, when started again', async () => {
    const dataDir = await dataFolder();
    const { child, exit } = await startProcess(dataDir);
    const second = spawn(process.execPath, [START, '--data-dir', dataDir], {
      env: bare,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const [said, [code]] = await Promise.all([text(second.stderr), once(second, 'exit')]);
    expect(said).toContain(`Loom already runs on ${dataDir}: process ${child.pid}, API http://127.0.0.1:`);
    expect(code).toBe(1);
    child.kill('SIGTERM');
    expect(await exit).toEqual([0, null]);
  });

  test('leaves nothing behind when it is killed, and starts again on the same data', async () => {
    const dataDir = await dataFolder();
    const { child, exit } = await startProcess(dataDir);
    const parts = Object.values(readStackRecord(dataDir)?.parts ?? {});
    child.kill('SIGKILL');
    await exit;
    for (const { pid } of parts) await untilGone(pid);
    const stack = await start({ dataDir, parts: ['postgres', 'nats'] });
    expect(await query(stack.endpoints.database, 'select 1 as one')).toEqual([{ one: 1 }]);
  });
});
