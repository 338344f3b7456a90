import { afterEach, describe, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { PartEvent, PartSpec } from './part.ts';
import { processIdentity } from './process-identity.ts';
import { Supervisor } from './supervisor.ts';

const SERVES = `process.send({ ready: true }); setInterval(() => {}, 1000);`;
const IGNORES_TERM = `process.on('SIGTERM', () => {});`;
const QUICK = { baseDelayMs: 4, maxDelayMs: 16, maxFailures: 4, stableMs: 3_600_000 };

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'loom-supervisor-'));
  cleanups.push(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

function part(name: string, code: string, rest: Partial<PartSpec> = {}): PartSpec {
  return {
    name,
    needs: [],
    command: process.execPath,
    args: ['-e', code],
    env: {},
    cwd: tmpdir(),
    ready: 'message',
    startTimeoutMs: 30_000,
    stopSignal: 'SIGTERM',
    stopGraceMs: 30_000,
    ...rest,
  };
}

/** A supervisor whose events can be awaited; it is stopped after the test. */
async function supervise(...parts: readonly PartSpec[]) {
  const events: string[] = [];
  const pauses: number[] = [];
  let changed = () => undefined as void;
  const supervisor = new Supervisor({
    parts,
    logsDir: await temporaryFolder(),
    policy: QUICK,
    onEvent: ({ spec }, event: PartEvent) => {
      events.push(`${spec.name} ${event.kind}`);
      if (event.kind === 'exited') pauses.push(event.restartInMs);
      changed();
    },
  });
  cleanups.push(() => supervisor.stop());
  const until = async (event: string, times: number): Promise<void> => {
    while (events.filter((each) => each === event).length < times) {
      await new Promise<void>((resolve) => {
        changed = resolve;
      });
    }
  };
  return { supervisor, events, pauses, until };
}

async function untilGone(pid: number): Promise<void> {
  while (processIdentity(pid) !== undefined) await delay(5);
}

describe('the supervisor', () => {
  test('starts a part when what it needs serves, and stops it before that', async () => {
    const { supervisor, events } = await supervise(
      part('base', SERVES),
      part('middle', SERVES, { needs: ['base'] }),
      part('top', SERVES, { needs: ['middle'] }),
    );
    await supervisor.start();
    await supervisor.stop();
    expect(events).toEqual([
      'base spawned',
      'base ready',
      'middle spawned',
      'middle ready',
      'top spawned',
      'top ready',
      'top stopped',
      'middle stopped',
      'base stopped',
    ]);
  });

  test('refuses a need that does not come before the part', async () => {
    await expect(supervise(part('a', SERVES, { needs: ['b'] }), part('b', SERVES))).rejects.toThrow('a needs b');
  });

  test('restarts a part that crashes, with growing pauses, until it is clear that it cannot live', async () => {
    const { supervisor, pauses, until } = await supervise(
      part('frail', `process.send({ ready: true }, () => process.exit(7));`),
    );
    await supervisor.start();
    await until('frail given-up', 1);
    expect(pauses).toEqual([8, 16, 16]);
    expect(supervisor.part('frail')).toMatchObject({ state: 'given-up', restarts: 3, process: undefined });
  });

  test('gives a part up at once when it says that only a person can help', async () => {
    const { supervisor, until } = await supervise(
      part('wrong', `process.send({ ready: true }, () => process.exit(78));`),
    );
    await supervisor.start();
    await until('wrong given-up', 1);
    expect(supervisor.part('wrong').restarts).toBe(0);
  });

  test('restarts a part that is killed on request as often as it is asked to', async () => {
    const { supervisor, until } = await supervise(part('host', SERVES));
    await supervisor.start();
    for (let kills = 1; kills <= QUICK.maxFailures + 2; kills += 1) {
      supervisor.part('host').kill('SIGKILL');
      await until('host ready', kills + 1);
    }
    expect(supervisor.part('host')).toMatchObject({ state: 'ready', restarts: QUICK.maxFailures + 2 });
  });

  test('fails a start with the last words of the part, and stops the others first', async () => {
    const { supervisor, events } = await supervise(
      part('fine', SERVES),
      part('broken', `console.error('no such file: x'); process.exit(3);`, { needs: ['fine'] }),
    );
    await expect(supervisor.start()).rejects.toThrow(/broken ended with status 3; it said:\s+no such file: x/);
    expect(events).toContain('fine stopped');
  });

  test('fails a start when a part is not ready in time', async () => {
    const { supervisor } = await supervise(part('mute', `setInterval(() => {}, 1000);`, { startTimeoutMs: 50 }));
    await expect(supervisor.start()).rejects.toThrow('mute was not ready after 0.05 s');
  });

  test('names a program that does not exist', async () => {
    const { supervisor } = await supervise(part('absent', '', { command: '/no/such/program' }));
    await expect(supervisor.start()).rejects.toThrow(/absent could not be started: .*ENOENT/);
  });

  test('stops what has started when the start is aborted', async () => {
    const abort = new AbortController();
    const { supervisor, events, until } = await supervise(
      part('a', SERVES),
      part('slow', `setInterval(() => {}, 1000);`),
    );
    const start = supervisor.start(abort.signal);
    void until('a ready', 1).then(() => abort.abort(new Error('enough')));
    await expect(start).rejects.toThrow('enough');
    expect(events).toEqual(expect.arrayContaining(['a stopped', 'slow stopped']));
  });

  test('kills the whole group of a part that does not stop', async () => {
    const folder = await temporaryFolder();
    const grandchild = join(folder, 'grandchild.cjs');
    await writeFile(grandchild, `${IGNORES_TERM} process.send(process.pid); setInterval(() => {}, 1000);`);
    const parent = `${IGNORES_TERM}
      require('child_process').fork(${JSON.stringify(grandchild)}).on('message', (pid) => {
        console.log(pid);
        process.send({ ready: true });
      });`;
    const { supervisor } = await supervise(part('stubborn', parent, { stopGraceMs: 50 }));
    await supervisor.start();
    const pid = Number(await readFile(supervisor.part('stubborn').log.path, 'utf8'));
    expect(processIdentity(pid)).toBeDefined();
    await supervisor.stop();
    await untilGone(pid);
  });

  test('leaves nothing running when it is itself killed', async () => {
    const folder = await temporaryFolder();
    const script = join(folder, 'supervise.mts');
    const at = (file: string) => JSON.stringify(fileURLToPath(new URL(file, import.meta.url)));
    const spec = part('orphan', `${IGNORES_TERM} process.on('disconnect', () => {}); ${SERVES}`);
    await writeFile(
      script,
      `const { Supervisor } = await import(${at('./supervisor.ts')});
       const supervisor = new Supervisor({ parts: [${JSON.stringify(spec)}], logsDir: ${JSON.stringify(folder)}, onEvent: () => {} });
       await supervisor.start();
       process.send(supervisor.part('orphan').process.pid);`,
    );
    const child = spawn(process.execPath, [script], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    const [pid] = (await once(child, 'message')) as [number];
    expect(processIdentity(pid)).toBeDefined();
    child.kill('SIGKILL');
    await untilGone(pid);
  });
});
