// How each of Loom's processes begins and ends: ready is said when it serves, SIGTERM lets it finish, and it never outlives
// the supervisor that started it.
import { LoomError, messageOf } from '../domain/errors.ts';

export interface Serving {
  /** Resolves when nothing is left to do; the process then exits with 0. */
  stop(): Promise<void>;
  /** Settles when serving has ended by itself, which is always a failure. */
  readonly failed?: Promise<never>;
}

/** Never returns: the process ends with it. Exit 0 after a stop, 1 for a failure, 78 when only a person can mend it. */
export async function runProcess(name: string, start: () => Promise<Serving>): Promise<void> {
  const stopping = new Promise<string>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve(signal));
    process.once('disconnect', () => resolve('the supervisor is gone'));
  });
  try {
    const serving = await start();
    process.send?.({ ready: true });
    log(name, 'ready');
    const why = await Promise.race([stopping, serving.failed ?? stopping]);
    log(name, `stopping: ${why}`);
    await serving.stop();
    process.exit(0);
  } catch (error) {
    const known = error instanceof LoomError;
    log(
      name,
      known
        ? `${error.message}\n  next: ${error.next}`
        : error instanceof Error
          ? String(error.stack)
          : messageOf(error),
    );
    process.exit(known && (error.code === 'CONFIG_INVALID' || error.code === 'SANDBOX_UNAVAILABLE') ? 78 : 1);
  }
}

export function log(name: string, line: string): void {
  process.stdout.write(`${new Date().toISOString()} ${name}: ${line}\n`);
}
