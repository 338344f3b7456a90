// A data folder has one stack at a time. The kernel holds the lock, so it is gone with its holder; the record beside it says who
// the holder is and what it runs, for whoever comes second, for `loomctl`, and for cleaning up after a holder that was killed.
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { LoomError, messageOf } from '../domain/errors.ts';
import { killGroup } from './part.ts';
import { isAlive, processRecord } from './process-identity.ts';
import { isSystemError } from './system-error.ts';

const ORPHAN_TIMEOUT_MS = 10_000;
const ORPHAN_PAUSE_MS = 20;

const stackRecord = z.object({
  supervisor: processRecord,
  /** `ready` once every part serves. */
  state: z.enum(['starting', 'ready', 'stopping']),
  startedAt: z.iso.datetime(),
  endpoints: z.record(z.string(), z.string()),
  apiKeyFile: z.string(),
  /** The processes by part; each leads a group of its own. */
  parts: z.record(z.string(), processRecord),
});
/** `<data>/run/stack.json`. */
export type StackRecord = z.infer<typeof stackRecord>;

/** What the stack of that data folder wrote last; undefined when it ended in order, or never ran. */
export function readStackRecord(dataDir: string): StackRecord | undefined {
  const path = recordPath(dataDir);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return undefined;
    throw error;
  }
  try {
    return stackRecord.parse(JSON.parse(text));
  } catch (cause) {
    throw new LoomError(
      'BAD_INPUT',
      `${path} is not what Loom writes there`,
      'Look for leftover processes, then remove it.',
      {
        cause,
      },
    );
  }
}

/** The record of a stack that runs now. */
export function runningStack(dataDir: string): StackRecord | undefined {
  const record = readStackRecord(dataDir);
  return record && isAlive(record.supervisor) ? record : undefined;
}

/** The hold of this process on a data folder. */
export class StackLock {
  private readonly dataDir: string;
  private readonly lock: DatabaseSync;

  private constructor(dataDir: string, lock: DatabaseSync) {
    this.dataDir = dataDir;
    this.lock = lock;
  }

  /**
   * Takes the folder, whose `run/` exists, and ends what a killed holder left running.
   * @throws LoomError CONFLICT naming the stack that runs there.
   */
  static async take(dataDir: string): Promise<StackLock> {
    // SQLite serves only as a portable lock that the kernel drops when its holder dies; nothing is stored.
    const lock = new DatabaseSync(join(dataDir, 'run', 'lock'), { timeout: 0 });
    try {
      lock.exec('begin exclusive');
    } catch (cause) {
      lock.close();
      throw inUse(dataDir, cause);
    }
    const left = readStackRecord(dataDir);
    if (left) await endOrphans(left);
    return new StackLock(dataDir, lock);
  }

  /** Replaces the record in one step. */
  write(record: StackRecord): void {
    const path = recordPath(this.dataDir);
    writeFileSync(`${path}.new`, `${JSON.stringify(record, undefined, 2)}\n`, { mode: 0o600 });
    renameSync(`${path}.new`, path);
  }

  /** For when everything has been stopped. */
  release(): void {
    rmSync(recordPath(this.dataDir), { force: true });
    this.lock.close();
  }
}

function recordPath(dataDir: string): string {
  return join(dataDir, 'run', 'stack.json');
}

function inUse(dataDir: string, cause: unknown): LoomError {
  if (!messageOf(cause).includes('locked')) {
    return new LoomError('UNAVAILABLE', `${dataDir}/run/lock cannot be locked`, 'Look at its permissions and disk.', {
      cause,
    });
  }
  const running = runningStack(dataDir);
  return new LoomError(
    'CONFLICT',
    running
      ? `Loom already runs on ${dataDir}: process ${running.supervisor.pid}, API ${running.endpoints['api'] ?? 'not started'}`
      : `Another start of Loom on ${dataDir} is in progress`,
    running
      ? `Use it, stop it with "kill ${running.supervisor.pid}", or choose another folder with LOOM_DATA_DIR.`
      : 'Wait for it, or choose another folder with LOOM_DATA_DIR.',
    { cause },
  );
}

/** Only what this folder's record names, and only while pid and start time still agree. */
async function endOrphans(record: StackRecord): Promise<void> {
  const orphans = Object.entries(record.parts).filter(([, process]) => isAlive(process));
  for (const [, { pid }] of orphans) killGroup(pid);
  const deadline = Date.now() + ORPHAN_TIMEOUT_MS;
  for (const [name, process] of orphans) {
    while (isAlive(process)) {
      if (Date.now() > deadline) {
        throw new LoomError(
          'UNAVAILABLE',
          `${name} (process ${process.pid}) is left from an earlier start and does not end`,
          `End process ${process.pid} and start again.`,
        );
      }
      await delay(ORPHAN_PAUSE_MS);
    }
  }
}
