import { afterEach, describe, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { processIdentity } from './process-identity.ts';
import { readStackRecord, runningStack, StackLock } from './stack-record.ts';
import type { StackRecord } from './stack-record.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

async function dataFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'loom-record-'));
  cleanups.push(() => rm(folder, { recursive: true, force: true }));
  await mkdir(join(folder, 'run'));
  return folder;
}

/** A process that leads a group of its own, as every part does. */
async function runningProcess(): Promise<{ pid: number; identity: string; gone: Promise<unknown> }> {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { detached: true, stdio: 'ignore' });
  await once(child, 'spawn');
  const pid = child.pid ?? 0;
  const gone = once(child, 'exit');
  cleanups.push(() => child.kill('SIGKILL') && gone);
  return { pid, identity: processIdentity(pid) ?? '', gone };
}

function record(supervisor: StackRecord['supervisor'], parts: StackRecord['parts'] = {}): StackRecord {
  const startedAt = '2026-01-02T03:04:05.000Z';
  return {
    supervisor,
    state: 'ready',
    startedAt,
    endpoints: { api: 'http://127.0.0.1:4700' },
    apiKeyFile: '/key',
    parts,
  };
}

const writeRecord = (folder: string, content: StackRecord) =>
  writeFile(join(folder, 'run', 'stack.json'), JSON.stringify(content));

describe('the hold on a data folder', () => {
  test('is refused to a second stack, which is told the process and the API of the first', async () => {
    const folder = await dataFolder();
    const first = await StackLock.take(folder);
    const self = { pid: process.pid, identity: processIdentity(process.pid) ?? '' };
    first.write(record(self));
    await expect(StackLock.take(folder)).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringMatching(`process ${process.pid}, API http://127.0.0.1:4700`),
    });
    expect(runningStack(folder)?.supervisor).toEqual(self);
    first.release();
    expect(readStackRecord(folder)).toBeUndefined();
    (await StackLock.take(folder)).release();
  });

  test('writes its record for the owner only', async () => {
    const folder = await dataFolder();
    const lock = await StackLock.take(folder);
    lock.write(record({ pid: process.pid, identity: 'x' }));
    expect((await stat(join(folder, 'run', 'stack.json'))).mode & 0o077).toBe(0);
    lock.release();
  });

  test('ends what a killed stack left running', async () => {
    const folder = await dataFolder();
    const { pid, identity, gone } = await runningProcess();
    await writeRecord(folder, record({ pid: 4_000_000, identity: 'gone' }, { postgres: { pid, identity } }));
    const lock = await StackLock.take(folder);
    await expect(gone).resolves.toEqual([null, 'SIGKILL']);
    lock.release();
  });

  test('leaves a process alone that was given the pid of a part later', async () => {
    const folder = await dataFolder();
    const { pid, identity } = await runningProcess();
    await writeRecord(folder, record({ pid, identity: 'earlier' }, { postgres: { pid, identity: 'earlier' } }));
    const lock = await StackLock.take(folder);
    expect(processIdentity(pid)).toBe(identity);
    expect(runningStack(folder)).toBeUndefined();
    lock.release();
  });

  test('names a record that it cannot read instead of guessing', async () => {
    const folder = await dataFolder();
    await writeFile(join(folder, 'run', 'stack.json'), '{"supervisor": 1}');
    await expect(StackLock.take(folder)).rejects.toThrow('stack.json is not what Loom writes there');
  });
});

describe('the identity of a process', () => {
  test('is the same for one life, differs between lives, and ends with it', async () => {
    const [one, other] = [await runningProcess(), await runningProcess()];
    expect(one.identity).not.toBe('');
    expect(processIdentity(one.pid)).toBe(one.identity);
    expect(processIdentity(one.pid)).not.toBe(processIdentity(process.pid));
    process.kill(other.pid, 'SIGKILL');
    await other.gone;
    expect(processIdentity(other.pid)).toBeUndefined();
  });
});
