// Stops and continues processes, alone or with everything that descends from them. Linux only: parents are read from /proc.
import { readFile, readdir } from 'node:fs/promises';
import { isSystemError } from '../../up/system-error.ts';

/**
 * Stops a process; with `whole`, its descendants as well, wherever they hide from its group. Returns how to let all of them go on.
 */
export async function freeze(pid: number, whole: boolean): Promise<() => void> {
  const stopped = new Set<number>();
  const stop = (each: number): void => {
    stopped.add(each);
    signal(each, 'SIGSTOP');
  };
  stop(pid);
  // A child may have been made a moment ago, by one that is stopped only now: looked for until there is none left to stop.
  for (let found = whole; found;) {
    found = false;
    for (const child of await descendantsOf(pid)) {
      if (stopped.has(child)) continue;
      found = true;
      stop(child);
    }
  }
  return () => {
    for (const each of [...stopped].reverse()) signal(each, 'SIGCONT');
  };
}

/** Every process below this one, parents before their children. */
export async function descendantsOf(pid: number): Promise<number[]> {
  const children = new Map<number, number[]>();
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const stat = await readFile(`/proc/${name}/stat`, 'utf8').catch(() => undefined); // it may have ended meanwhile
    const parent = Number(stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
    if (stat !== undefined) children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  const found: number[] = [];
  for (let level = [pid]; level.length > 0;) {
    level = level.flatMap((each) => children.get(each) ?? []);
    found.push(...level);
  }
  return found;
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if (!isSystemError(error, 'ESRCH')) throw error;
  }
}
