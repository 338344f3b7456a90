// Some commands are another program of Loom: it is run in the foreground, and its exit status is the command's. A process of its
// own, so that loomctl loads neither Temporal's native core nor the stack.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { EXIT } from './session.ts';
import type { Environment } from './installation.ts';

const ROOT = join(import.meta.dirname, '..');

/** @param entry from the root of the checkout. Resolves when the program has ended. */
export function runEntry(entry: string, args: readonly string[], env: Environment): Promise<number> {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', join(ROOT, entry), ...args], {
    stdio: 'inherit',
    env: { ...env },
  });
  // A terminal sends Ctrl-C to both. The program ends in its own order, and this only waits for it.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal));
  return new Promise((resolve, reject) => {
    child.on('error', reject).on('exit', (code) => resolve(code ?? EXIT.refused));
  });
}
