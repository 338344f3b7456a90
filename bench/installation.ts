// A whole Loom of a bench's own, with the model scripted and the bare workflow served beside it on the same Temporal.
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client, Connection } from '@temporalio/client';
import { type Database, openDatabase } from '../store/database.ts';
import { type TestProcess, startProcess } from '../test/support/loom.ts';
import type { ScriptedTurn } from '../test/support/scripted-provider.ts';
import { type Stack, startStack } from '../up/stack.ts';
import { type LoomApi, openApi } from './api.ts';

const ROOT = join(import.meta.dirname, '..');
const run = promisify(execFile);
const ENDS_WITHIN_MS = 180_000;

export interface Installation {
  readonly stack: Stack;
  readonly api: LoomApi;
  readonly temporal: Client;
  readonly database: Database;
  /** What the scripted model says from its next turn on, in every run. */
  script(turns: readonly ScriptedTurn[]): Promise<void>;
  /** A project of two small files; returns its id. Without checks its beads end before they begin. */
  project(name: string, checks: 'green' | 'none'): Promise<string>;
  /** Waits for a workflow's end, for three minutes at most. */
  untilEnded(workflowId: string): Promise<void>;
  /** Starts another process of Loom beside the stack's own. */
  start(name: string, entry: string, env: Readonly<Record<string, string>>): Promise<void>;
  /** Process ids by what they are. */
  pids(): Readonly<Record<string, readonly number[]>>;
  stop(): Promise<void>;
}

export async function openInstallation(env: Readonly<Record<string, string>>): Promise<Installation> {
  const folder = await mkdtemp(join(tmpdir(), 'loom-bench-'));
  const scriptFile = join(folder, 'script.json');
  await writeFile(scriptFile, '[]');
  const parts = ['postgres', 'nats', 'temporal', 'hub', 'orchestrator', 'api'] as const;
  const stack = await startStack({
    dataDir: join(folder, 'data'),
    parts,
    ports: 'free',
    env: { ...process.env, ...env },
  });
  const started: (readonly [name: string, process: TestProcess])[] = [];
  const start: Installation['start'] = async (name, entry, extra) => {
    const itsEnv = { ...stack.env, ...env, LOOM_TEST_SCRIPT: scriptFile, ...extra };
    started.push([name, await startProcess(join(ROOT, entry), itsEnv)]);
  };
  const stopStack = async (): Promise<void> => {
    for (const [, process] of started) process.kill('SIGTERM');
    await Promise.all(started.map(([, process]) => process.exited));
    await stack.stop();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await start('llm', 'test/support/scripted-llm.ts', {});
    const connection = await Connection.connect({ address: stack.endpoints.temporal });
    const database = openDatabase(stack.endpoints.database, { maxConnections: 2 });
    const api = await openApi(stack);
    const temporal = new Client({ connection });
    return {
      stack,
      api,
      database,
      temporal,
      async untilEnded(workflowId) {
        await temporal.withDeadline(Date.now() + ENDS_WITHIN_MS, () =>
          temporal.workflow.getHandle(workflowId).result(),
        );
      },
      script: (turns) => writeFile(scriptFile, JSON.stringify(turns)),
      async project(name, checks) {
        const repository = join(folder, name);
        await mkdir(repository);
        for (const file of ['a.txt', 'b.txt']) await writeFile(join(repository, file), `${file}\n`);
        const git = (...args: string[]) =>
          run('git', ['-c', 'user.name=bench', '-c', 'user.email=bench@localhost', ...args], { cwd: repository });
        await git('init', '--quiet', '--initial-branch=main');
        await git('add', '--all');
        await git('commit', '--quiet', '--message', 'start');
        const body = { name, repository, ...(checks === 'none' ? {} : { checks: { test: 'true' } }) };
        return String((await api.post('/projects', body))['id']);
      },
      start,
      pids() {
        const own = parts.map((name) => [name, [stack.part(name).pid].filter((pid) => pid !== undefined)] as const);
        const all = new Map<string, readonly number[]>(own);
        for (const [name, { pid }] of started) all.set(name, [...(all.get(name) ?? []), pid]);
        return Object.fromEntries(all);
      },
      async stop() {
        await database.close();
        await connection.close();
        await stopStack();
      },
    };
  } catch (error) {
    await stopStack();
    throw error;
  }
}
