// Processor time of processes and everything below them, as the kernel counts it.
import { readFile, readdir } from 'node:fs/promises';

/** `_SC_CLK_TCK` is 100 on every Linux that Node runs on. */
const MS_PER_TICK = 10;

interface ProcessTime {
  readonly parent: number;
  readonly ms: number;
}

/** Milliseconds that each named process and its descendants have used so far; null where there is no /proc. */
export async function processorMs<Name extends string>(
  pids: Readonly<Record<Name, readonly number[]>>,
): Promise<Record<Name, number> | null> {
  if (process.platform !== 'linux') return null;
  const all = new Map<number, ProcessTime>();
  for (const entry of await readdir('/proc')) {
    const stat = /^\d+$/.test(entry) ? await readFile(`/proc/${entry}/stat`, 'utf8').catch(() => '') : '';
    if (stat !== '') all.set(Number(entry), timeOf(stat));
  }
  const withChildren = (pid: number): number => {
    let ms = all.get(pid)?.ms ?? 0;
    for (const [child, { parent }] of all) if (parent === pid) ms += withChildren(child);
    return ms;
  };
  const named = Object.entries(pids) as [Name, readonly number[]][];
  return Object.fromEntries(
    named.map(([name, roots]) => [name, roots.reduce((sum, pid) => sum + withChildren(pid), 0)]),
  ) as Record<Name, number>;
}

/** @param stat a line of /proc/PID/stat: the name in brackets may hold anything, what counts comes after it. */
function timeOf(stat: string): ProcessTime {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return { parent: Number(fields[1]), ms: (Number(fields[11]) + Number(fields[12])) * MS_PER_TICK };
}
