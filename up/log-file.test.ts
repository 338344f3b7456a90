import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LogFile } from './log-file.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'loom-log-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('a log file', () => {
  test('stays below its bound and keeps the file before', async () => {
    const path = join(folder, 'part.log');
    const log = new LogFile(path, 10, fail);
    for (const line of ['first\n', 'abc\n', 'second\n']) log.write(Buffer.from(line));
    log.close();
    expect(await readFile(`${path}.1`, 'utf8')).toBe('first\nabc\n');
    expect(await readFile(path, 'utf8')).toBe('second\n');
  });

  test('is continued by the next start', async () => {
    const path = join(folder, 'part.log');
    for (const line of ['one\n', 'two\n']) {
      const log = new LogFile(path, 6, fail);
      log.write(Buffer.from(line));
      log.close();
    }
    expect(await readFile(`${path}.1`, 'utf8')).toBe('one\n');
  });

  test('says once that it cannot be written, and still has its last lines', () => {
    const troubles: unknown[] = [];
    const log = new LogFile(join(folder, 'no', 'such', 'folder.log'), 100, (error) => troubles.push(error));
    for (const line of ['a\n', 'b\n', 'c\n']) log.write(Buffer.from(line));
    expect(troubles).toHaveLength(1);
    expect(log.tail(2)).toBe('b\nc');
  });
});

function fail(error: unknown): never {
  throw error;
}
