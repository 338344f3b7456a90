// A helper process that answers each line of JSON with lines of JSON. It leads a process group, which is killed when an answer is late.
import { spawn } from 'node:child_process';
import type { ChildProcessByStdio } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Interface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { killGroup } from '../command/process-group.ts';

/** The process ended or did not answer in time. */
export class ProcessLost extends Error {}

export class LineProcess {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #lines: Interface;
  #ended = false;

  constructor(command: string, args: readonly string[], cwd: string) {
    this.#child = spawn(command, args, {
      cwd,
      detached: true,
      stdio: ['pipe', 'pipe', 'ignore'],
      env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1', PYTHONHASHSEED: '0' },
    });
    this.#lines = createInterface({ input: this.#child.stdout });
    this.#child.on('error', () => (this.#ended = true));
    this.#child.on('exit', () => (this.#ended = true));
    this.#child.stdin.on('error', () => (this.#ended = true));
  }

  /** Feeds each answer to `take` until that returns true. @throws ProcessLost after `limitMs` without an answer. */
  ask(request: object, limitMs: number, take: (line: string) => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (act: () => void): void => {
        clearTimeout(timer);
        this.#lines.off('line', onLine);
        this.#lines.off('close', onClose);
        act();
      };
      const lost = (why: string): void =>
        settle(() => {
          this.stop();
          reject(new ProcessLost(why));
        });
      const arm = (): NodeJS.Timeout => setTimeout(() => lost(`no answer for ${limitMs} ms`), limitMs);
      let timer = arm();
      const onLine = (line: string): void => {
        clearTimeout(timer);
        if (take(line)) settle(resolve);
        else timer = arm();
      };
      const onClose = (): void => lost('the process ended');
      this.#lines.on('line', onLine);
      this.#lines.on('close', onClose);
      if (this.#ended) lost('the process ended');
      else this.#child.stdin.write(`${JSON.stringify(request)}\n`);
    });
  }

  stop(): void {
    if (this.#child.pid !== undefined && !this.#ended) killGroup(this.#child.pid);
  }
}
