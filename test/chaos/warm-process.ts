// A process that is followed at once by another when it is killed: one that has loaded its modules waits beside it. So a fault costs
// the take-over, and not the start of a process.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { killGroup } from '../../up/part.ts';
import type { Reaper } from '../../up/reaper.ts';

const ROOT = join(import.meta.dirname, '../..');
const READY_WITHIN_MS = 60_000;
const KEPT_OUTPUT = 20_000;

/** One life of a process. */
export interface Life {
  /** Counts from 0; the environment was made for this number. */
  readonly number: number;
  readonly pid: number;
  /** Resolves when it serves. */
  readonly ready: Promise<void>;
  kill(signal: NodeJS.Signals): void;
  /** Exit code or signal. */
  readonly exited: Promise<number | NodeJS.Signals>;
  /** The end of what it has printed. */
  output(): string;
}

export interface WarmProcess {
  /** Lets the one that waits serve, and the next one warm up. */
  start(): Life;
  /** Kills every life that there was and the one that waits. */
  end(): Promise<void>;
}

export interface WarmOptions {
  readonly reaper: Reaper;
  /** Told of every life that ends though nobody killed it, or that does not come to serve. */
  readonly onAccident: (what: string) => void;
}

/**
 * @param entry path below the root of the checkout
 * @param env its whole environment beside PATH, HOME and TMPDIR; made anew for each life
 */
export function warmProcess(
  entry: string,
  env: (number: number) => Readonly<Record<string, string>>,
  { reaper, onAccident }: WarmOptions,
): WarmProcess {
  const lives: { readonly child: ChildProcess; readonly exited: Promise<unknown> }[] = [];
  let ending = false;

  const spawnOne = () => {
    const number = lives.length;
    const child = spawn(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', join(ROOT, 'test/support/warm-start.ts'), join(ROOT, entry)],
      {
        env: { PATH: process.env['PATH'], HOME: process.env['HOME'], TMPDIR: tmpdir(), ...env(number) },
        stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
        detached: true,
      },
    );
    const { pid } = child;
    if (pid === undefined) throw new Error(`${entry} could not be started`);
    reaper.add(pid);
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk: Buffer) => (output = (output + chunk.toString()).slice(-KEPT_OUTPUT)));
    }
    const exited = new Promise<number | NodeJS.Signals>((resolve) =>
      child.once('exit', (code, signal) => {
        killGroup(pid);
        reaper.remove(pid);
        if (signal !== 'SIGKILL' && code !== 0 && !ending) {
          onAccident(`${entry} number ${number} ended with ${signal ?? code}:\n${output}`);
        }
        resolve(signal ?? code ?? 0);
      }),
    );
    const warm = nextMessage(child, (message) => message === 'warm');
    warm.catch(() => undefined);
    const life = { number, child, pid, exited, warm, output: () => output };
    lives.push(life);
    return life;
  };

  let waiting = spawnOne();
  return {
    start() {
      const { number, child, pid, exited, warm, output } = waiting;
      const ready = (async () => {
        await warm;
        const serves = nextMessage(child, isReady);
        child.send('go');
        const how = await Promise.race([serves.then(() => 'ready' as const), exited]);
        if (how !== 'ready') throw new Error(`${entry} ended with ${how} before it was ready:\n${output()}`);
      })();
      ready.catch(() => undefined); // whoever waits for it is told
      waiting = spawnOne();
      return { number, pid, ready, exited, output, kill: (signal) => void child.kill(signal) };
    },
    async end() {
      ending = true;
      for (const { child } of lives) child.kill('SIGKILL');
      await Promise.all(lives.map(({ exited }) => exited));
    },
  };
}

const isReady = (message: unknown): boolean =>
  typeof message === 'object' && message !== null && 'ready' in message && message.ready === true;

async function nextMessage(child: ChildProcess, fits: (message: unknown) => boolean): Promise<void> {
  const signal = AbortSignal.timeout(READY_WITHIN_MS);
  for (;;) {
    const [message] = (await once(child, 'message', { signal })) as unknown[];
    if (fits(message)) return;
  }
}
