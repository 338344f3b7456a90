// No command outlives the process that ran it, however that ends. bubblewrap's own --die-with-parent has gaps while it starts: a
// parent that dies before the kernel was asked leaves the command running. So a shell waits for the end of a pipe that only this
// process holds, and then kills whatever carries this process's mark in its command line.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';

// A command that was being started may show itself a moment later, so it looks three times. The first process inside a pid
// namespace carries the mark too, and takes everything in the namespace along.
const SCRIPT = `
trap '' HUP INT TERM
read -r nothing
for pause in 0.1 0.2 0; do
  for each in $(grep -laF "$0" /proc/[0-9]*/cmdline 2>/dev/null); do
    pid=\${each#/proc/}
    pid=\${pid%/cmdline}
    [ "$pid" = "$$" ] || kill -s KILL "$pid" 2>/dev/null
  done
  sleep $pause
done
`;

/** Watches over the commands of one sandbox for as long as this process lives. */
export class OrphanReaper {
  /** Has to stand in the arguments of every command. */
  readonly mark = `loom-sandbox-${randomBytes(12).toString('hex')}`;
  #running = 0;
  #started = false;

  /** Runs `command` under the watch. */
  async during<Result>(command: () => Promise<Result>): Promise<Result> {
    if (!this.#started) this.#start();
    this.#running += 1;
    try {
      return await command();
    } finally {
      this.#running -= 1;
    }
  }

  #start(): void {
    this.#started = true;
    const shell = spawn('/bin/sh', ['-c', SCRIPT, this.mark], {
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
      env: {},
    });
    // Without it a killed host may leave a command behind; the lease and the fence still keep its effects out.
    shell.on('error', () => undefined);
    shell.stdin.on('error', () => undefined);
    shell.unref();
    if ('unref' in shell.stdin && typeof shell.stdin.unref === 'function') shell.stdin.unref();
    // A process that ends in order has nothing to be cleared away.
    process.once('exit', () => {
      if (this.#running === 0) shell.kill('SIGKILL');
    });
  }
}
