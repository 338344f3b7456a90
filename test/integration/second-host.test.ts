// A host that joins with one command, from another folder and with nothing of the first one's: all it has is the API and its key.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { runIdOf } from '../../domain/ids.ts';
import { type TestLoom, startLoom } from '../support/loom.ts';
import { untilActing } from '../support/until-acting.ts';

const LOOMCTL = join(import.meta.dirname, '../../cli/loomctl.ts');
const PROJECT = { 'log.txt': 'begun\n' };
const SCRIPT = [
  { calls: [{ action: 'write_file', arguments: { path: 'notes.txt', content: 'kept\n' } }] },
  { calls: [{ action: 'run_command', arguments: { command: 'sleep 2; cat notes.txt >> log.txt' } }] },
  { calls: [{ action: 'done', arguments: { summary: 'written' } }] },
];

let loom: TestLoom;
let folder: string;
beforeEach(async () => {
  loom = await startLoom();
  folder = await mkdtemp(join(tmpdir(), 'loom-second-host-'));
}, 60_000);
afterEach(async () => {
  await loom.stop();
  await rm(folder, { recursive: true, force: true });
});

/** `loomctl worker host` in a folder of its own; resolves when it says that it serves. */
async function joinFleet(name: string): Promise<{ stop(): Promise<number> }> {
  const child = spawn(
    process.execPath,
    [
      LOOMCTL,
      '--url',
      loom.api.url.replace('/api/v1', ''),
      'worker',
      'host',
      '--fleet',
      'agents,verifier',
      '--slots',
      '1',
      '--name',
      name,
    ],
    {
      cwd: folder,
      env: {
        PATH: process.env['PATH'],
        HOME: folder,
        LOOM_API_KEY: loom.api.key,
        LOOM_BWRAP_BIN: process.env['LOOM_BWRAP_BIN'],
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let said = '';
  const deadline = AbortSignal.timeout(40_000);
  child.stderr.on('data', (chunk: Buffer) => (said += chunk));
  while (!said.includes('serves agents, verifier')) {
    const [chunk] = (await once(child.stdout, 'data', { signal: deadline }).catch(() => {
      throw new Error(`the host did not come up:\n${said}`);
    })) as [Buffer];
    said += chunk;
  }
  return {
    async stop() {
      child.kill('SIGTERM');
      const [code] = (await once(child, 'exit')) as [number];
      return code;
    },
  };
}

test('takes over a run whose first host was killed, and gives everything back when it is told to stop', async () => {
  await Promise.all([loom.start('orchestrator'), loom.start('hub'), loom.start('llm')]);
  const first = await loom.start('host', { LOOM_HOST_NAME: 'first' });
  const { id: project } = await loom.project(PROJECT, { checks: { test: 'grep -q kept log.txt', timeoutMs: 30_000 } });
  await loom.script(SCRIPT);
  const beadId = await loom.bead({ project, type: 'task', title: 'write the log', provider: 'scripted' });
  await loom.untilEvent(beadId, ({ type, data }) => type === 'run.result' && data['step'] === 3);
  await untilActing(loom, runIdOf(beadId, 1));
  first.kill('SIGKILL');
  await first.exited;

  const second = await joinFleet('second');
  expect(await loom.untilEnded(beadId)).toMatchObject({ status: 'closed', attempt: 1 });
  expect(await loom.landedFile(project, 'log.txt')).toBe('begun\nkept\n');
  const taken = await loom.untilEvent(
    beadId,
    ({ type, data }) => type === 'bead.running' && String(data['host']).startsWith('second-'),
  );
  expect(taken.data['run']).toBe(runIdOf(beadId, 1));

  expect(await second.stop()).toBe(0);
  // Workspaces are gone; the folder of the host itself goes when the next one starts.
  const [own = ''] = await readdir(join(folder, '.loom-host'));
  expect(await readdir(join(folder, '.loom-host', own, 'runs'))).toEqual([]);
});
