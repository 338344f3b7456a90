// A whole Loom for one test file: real processes of its own on the services that all tests share. A test kills what it likes.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { type TemporalClient, openTemporal } from '../../client/temporal.ts';
import { beadWorkflowId } from '../../domain/ids.ts';
import { type Bead, getBead } from '../../store/beads.ts';
import { type LoomEvent, type NewEvent } from '../../store/events.ts';
import { freePorts } from '../../up/ports.ts';
import type { BeadState } from '../../workflows/bead-messages.ts';
import { type TestApi, startApi } from './api.ts';
import { type TestInstance, createInstance } from './instance.ts';
import type { ScriptedTurn } from './scripted-provider.ts';

const ROOT = join(import.meta.dirname, '../..');
const READY_WITHIN_MS = 40_000;
const run = promisify(execFile);

/** Entries of the processes that a test may start. */
const ENTRIES = {
  orchestrator: 'workers/orchestrator.ts',
  hub: 'hub/server.ts',
  llm: 'test/support/scripted-llm.ts',
  host: 'workers/host.ts',
  scriptedHost: 'test/support/scripted-host.ts',
  busyHost: 'test/support/busy-host.ts',
} as const;

export interface TestProcess {
  readonly pid: number;
  kill(signal: NodeJS.Signals): void;
  /** Exit code or signal. */
  readonly exited: Promise<number | NodeJS.Signals>;
  /** What it has printed so far. */
  output(): string;
  /** The next message to its parent that fits. */
  message(fits: (message: unknown) => boolean): Promise<unknown>;
}

export interface TestLoom {
  readonly instance: TestInstance;
  readonly api: TestApi;
  readonly temporal: TemporalClient;
  start(entry: keyof typeof ENTRIES, env?: Readonly<Record<string, string>>): Promise<TestProcess>;
  /** Makes a git repository with these files, registers it, and returns the project's id and folder. */
  project(
    files: Readonly<Record<string, string>>,
    settings?: Readonly<Record<string, unknown>>,
  ): Promise<{ id: string; dir: string }>;
  /** Files a bead and returns its id. `script` is what the scripted provider will say. */
  bead(body: Readonly<Record<string, unknown>>): Promise<string>;
  script(turns: readonly ScriptedTurn[]): Promise<void>;
  /** Resolves with the first event that fits, past ones included. */
  untilEvent(
    beadId: string,
    fits: (event: Pick<NewEvent, 'type' | 'data'>) => boolean,
    withinMs?: number,
  ): Promise<Pick<LoomEvent, 'type' | 'data'>>;
  /** Resolves with the row once the bead's workflow has completed. */
  untilEnded(beadId: string, withinMs?: number): Promise<Bead>;
  /** The file as it stands on the hub's branch. */
  landedFile(projectId: string, path: string): Promise<string>;
  stop(): Promise<void>;
}

export async function startLoom(env: Readonly<Record<string, string>> = {}): Promise<TestLoom> {
  const { hub } = await freePorts();
  const folder = await mkdtemp(join(tmpdir(), 'loom-it-'));
  const scriptFile = join(folder, 'script.json');
  await writeFile(scriptFile, '[]');
  const instance = await createInstance({
    LOOM_HUB_PORT: String(hub),
    LOOM_HUB_URL: `http://127.0.0.1:${hub}`,
    LOOM_LEASE_HEARTBEAT_TIMEOUT_MS: '5000',
    LOOM_TEST_SCRIPT: scriptFile,
    ...env,
  });
  const api = await startApi(instance.config);
  const temporal = openTemporal(instance.config.temporal);
  const started: TestProcess[] = [];

  return {
    instance,
    api,
    temporal,
    async start(entry, extra = {}) {
      const process = await startProcess(join(ROOT, ENTRIES[entry]), { ...instance.env, ...extra });
      started.push(process);
      return process;
    },
    async project(files, settings = {}) {
      const dir = await mkdtemp(join(folder, 'repository-'));
      for (const [path, text] of Object.entries(files)) {
        await mkdir(dirname(join(dir, path)), { recursive: true });
        await writeFile(join(dir, path), text);
      }
      const git = (...args: string[]) =>
        run('git', ['-c', 'user.name=test', '-c', 'user.email=test@localhost', ...args], { cwd: dir });
      await git('init', '--quiet', '--initial-branch=main');
      await git('add', '--all');
      await git('commit', '--quiet', '--message', 'start');
      const answer = await api.request('POST', '/projects', {
        name: `p${Date.now().toString(36)}${started.length}`,
        repository: dir,
        ...settings,
      });
      if (answer.status !== 201) throw new Error(`project: ${answer.text}`);
      return { id: String(answer.body['id']), dir };
    },
    async bead(body) {
      const answer = await api.request('POST', '/beads', body);
      if (answer.status !== 201) throw new Error(`bead: ${answer.text}`);
      return String(answer.body['id']);
    },
    script: (turns) => writeFile(scriptFile, JSON.stringify(turns)),
    async untilEvent(beadId, fits, withinMs = 40_000) {
      const client = new Client({ connectionString: instance.config.databaseUrl });
      await client.connect();
      try {
        await client.query('listen loom_event');
        const deadline = AbortSignal.timeout(withinMs);
        for (;;) {
          const { rows } = await client.query<Pick<LoomEvent, 'type' | 'data'>>(
            'select type, data from event where bead_id = $1 order by position',
            [beadId],
          );
          const found = rows.find(fits);
          if (found !== undefined) return found;
          await once(client, 'notification', { signal: deadline }).catch(() => {
            throw new Error(
              `No such event of ${beadId} within ${withinMs} ms; there were:\n${rows.map((row) => JSON.stringify(row)).join('\n')}`,
            );
          });
        }
      } finally {
        await client.end();
      }
    },
    async untilEnded(beadId, withinMs = 60_000) {
      await temporal.call(
        (client) => client.workflow.getHandle(beadWorkflowId(beadId)).result() as Promise<BeadState>,
        { deadlineMs: withinMs },
      );
      return getBead(instance.database, beadId);
    },
    async landedFile(projectId, path) {
      const { stdout } = await run('git', ['show', `main:${path}`], {
        cwd: join(instance.config.hub.dir, 'repositories', `${projectId}.git`),
      });
      return stdout;
    },
    async stop() {
      for (const process of started) process.kill('SIGKILL');
      await Promise.all(started.map((process) => process.exited));
      await api.close();
      await temporal.close();
      await instance.dispose();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Starts a process of Loom and waits until it says that it serves. */
export async function startProcess(entry: string, env: Readonly<Record<string, string>>): Promise<TestProcess> {
  const child: ChildProcess = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', entry], {
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], TMPDIR: tmpdir(), ...env },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let output = '';
  child.stdout?.on('data', (chunk: Buffer) => (output += chunk));
  child.stderr?.on('data', (chunk: Buffer) => (output += chunk));
  const exited = new Promise<number | NodeJS.Signals>((resolve) =>
    child.once('exit', (code, signal) => resolve(signal ?? code ?? 0)),
  );
  const ready = once(child, 'message', { signal: AbortSignal.timeout(READY_WITHIN_MS) });
  const how = await Promise.race([ready.then(() => 'ready' as const), exited]);
  if (how !== 'ready') throw new Error(`${entry} ended with ${how} before it was ready:\n${output}`);
  return {
    pid: child.pid as number,
    kill: (signal) => void child.kill(signal),
    exited,
    output: () => output,
    async message(fits) {
      const deadline = AbortSignal.timeout(READY_WITHIN_MS);
      for (;;) {
        const [message] = (await once(child, 'message', { signal: deadline })) as unknown[];
        if (fits(message)) return message;
      }
    },
  };
}
