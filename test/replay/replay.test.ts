// Histories that were recorded once have to lead the same way with today's code. They are added to and never made anew: a failure
// here means that beads which are at work now would break.
import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';

const ROOT = join(import.meta.dirname, '../..');
const HISTORIES = join(ROOT, 'histories');

/** Runs what `loomctl replay` runs, and gives its exit status with what it said. */
function replay(...args: string[]): Promise<{ readonly code: number; readonly said: string }> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [join(ROOT, 'workers/replay.ts'), ...args],
      { env: {} },
      (_error, stdout, stderr) => {
        resolve({ code: child.exitCode ?? -1, said: stdout + stderr });
      },
    );
  });
}

async function recorded(): Promise<string[]> {
  const entries = await readdir(HISTORIES, { recursive: true });
  return entries.filter((name) => name.endsWith('.json')).map((name) => join(HISTORIES, name));
}

describe('the recorded histories', () => {
  test('replay against the workflow code on disk', async () => {
    const files = await recorded();
    expect(files.length).toBeGreaterThan(0);
    const { code, said } = await replay(...files.flatMap((file) => ['--file', file]));
    expect(said).toContain(`${files.length} replayed, 0 differ`);
    expect(code).toBe(0);
  });

  test('fail against workflow code that was broken on purpose', async () => {
    const files = await recorded();
    const broken = join(ROOT, 'test/fixtures/broken-workflows.ts');
    const { code, said } = await replay('--workflows', broken, ...files.flatMap((file) => ['--file', file]));
    expect(said).toContain(`${files.length} replayed, ${files.length} differ`);
    expect(said).toMatch(/[Nn]ondeterminism/);
    expect(code).toBe(1);
  });
});
