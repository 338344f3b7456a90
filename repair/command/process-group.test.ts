import { tmpdir } from 'node:os';
import { expect, test } from '@jest/globals';
import { runCommand } from './process-group.ts';

test('gives the exit code and both streams', async () => {
  const result = await runCommand('echo out; echo err >&2; exit 3', { cwd: tmpdir(), timeoutMs: 10_000 });
  expect(result).toMatchObject({ code: 3, timedOut: false });
  expect(result.output).toContain('out\n');
  expect(result.output).toContain('err\n');
});

test('kills grandchildren with the command at the time limit', async () => {
  // The grandchild holds the pipe, so the run only ends when it is gone too.
  const result = await runCommand('sleep 600 & wait', { cwd: tmpdir(), timeoutMs: 300 });
  expect(result).toMatchObject({ code: null, timedOut: true });
});

test('ends at once when it is told to', async () => {
  const over = new AbortController();
  const running = runCommand('sleep 600', { cwd: tmpdir(), timeoutMs: 600_000, signal: over.signal });
  over.abort();
  expect((await running).timedOut).toBe(false);
});
