// A pid alone may have been given to another process since it was written down; with its start time it names one life.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { isSystemError } from './system-error.ts';

export const processRecord = z.object({ pid: z.number().int().positive(), identity: z.string().min(1) });
/** One life of a process, as it is written to disk. */
export type ProcessRecord = z.infer<typeof processRecord>;

/** Names the life that `pid` has now; undefined when nothing runs there (a zombie no longer runs). */
export function processIdentity(pid: number): string | undefined {
  return process.platform === 'linux' ? fromProc(pid) : fromPs(pid);
}

/** Whether the process that was written down still runs, and not another one under its pid. */
export function isAlive(record: ProcessRecord): boolean {
  return processIdentity(record.pid) === record.identity;
}

function fromProc(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name in the second field may hold spaces and brackets, so fields are counted from its last bracket: the state is
    // the third field, the start time (in ticks since boot) the 22nd.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (fields[0] === 'Z' || fields[0] === 'X') return undefined;
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}/${fields[19]}`;
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ESRCH')) return undefined;
    throw error;
  }
}

function fromPs(pid: number): string | undefined {
  const ps = spawnSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], { encoding: 'utf8' });
  if (ps.error) throw ps.error;
  const [, state, started] = /^(\S+)\s+(.+)$/.exec(ps.stdout.trim()) ?? [];
  return state?.startsWith('Z') ? undefined : started;
}
