// Parts start as soon as what they need serves, and stop only after everything that needs them has stopped.
import { join } from 'node:path';
import { LoomError } from '../domain/errors.ts';
import { LogFile } from './log-file.ts';
import { Part } from './part.ts';
import type { PartEvent, PartSpec, RestartPolicy } from './part.ts';
import { Reaper } from './reaper.ts';

const MAX_LOG_BYTES = 8 * 1024 * 1024;

/** Eight failures in a row take about a minute and a half. */
const DEFAULT_POLICY: RestartPolicy = { baseDelayMs: 250, maxDelayMs: 30_000, maxFailures: 8, stableMs: 10_000 };

export interface SupervisorOptions {
  readonly parts: readonly PartSpec[];
  /** An existing folder; each part writes `<name>.log` there. */
  readonly logsDir: string;
  readonly onEvent: (part: Part, event: PartEvent) => void;
  readonly policy?: RestartPolicy;
}

/** Runs a set of parts that need each other. */
export class Supervisor {
  readonly parts: readonly Part[];
  private readonly reaper = new Reaper();

  /** @throws LoomError BAD_INPUT when a part needs one that is not given before it; so needs never form a circle. */
  constructor(options: SupervisorOptions) {
    const before = new Set<string>();
    for (const spec of options.parts) {
      const missing = spec.needs.find((need) => !before.has(need));
      if (missing) throw new LoomError('BAD_INPUT', `${spec.name} needs ${missing}`, `Give ${missing} before it.`);
      before.add(spec.name);
    }
    this.parts = options.parts.map((spec) => {
      const emit = (event: PartEvent): void => options.onEvent(part, event);
      const log = new LogFile(join(options.logsDir, `${spec.name}.log`), MAX_LOG_BYTES, (error) =>
        emit({ kind: 'log-trouble', reason: String(error) }),
      );
      const part = new Part(spec, log, this.reaper, options.policy ?? DEFAULT_POLICY, emit);
      return part;
    });
  }

  part(name: string): Part {
    const part = this.parts.find((each) => each.spec.name === name);
    if (!part) throw new LoomError('NOT_FOUND', `No part "${name}" is started here`, `Parts: ${this.names()}.`);
    return part;
  }

  /** Resolves when all serve. When one fails, or `signal` aborts, the others are stopped first and then it rejects. */
  async start(signal?: AbortSignal): Promise<void> {
    const started = new Map<string, Promise<void>>();
    const startOf = (part: Part): Promise<void> => {
      const known = started.get(part.spec.name);
      if (known) return known;
      const start = Promise.all(part.spec.needs.map((need) => startOf(this.part(need)))).then(() => {
        signal?.throwIfAborted();
        return part.start();
      });
      started.set(part.spec.name, start);
      return start;
    };
    const aborted = new Promise<never>((_, reject) => {
      signal?.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    });
    try {
      signal?.throwIfAborted();
      await Promise.race([Promise.all(this.parts.map(startOf)), aborted]);
    } catch (error) {
      await this.stop();
      await Promise.allSettled(started.values());
      throw error;
    }
  }

  /** Stops all in reverse order of their needs. */
  async stop(): Promise<void> {
    const stopped = new Map<Part, Promise<void>>();
    const stopOf = (part: Part): Promise<void> => {
      const known = stopped.get(part);
      if (known) return known;
      const dependents = this.parts.filter((other) => other.spec.needs.includes(part.spec.name));
      const stop = Promise.all(dependents.map(stopOf)).then(() => part.stop());
      stopped.set(part, stop);
      return stop;
    };
    await Promise.all(this.parts.map(stopOf));
    this.reaper.close();
  }

  /** Kills all at once, for whoever has no patience left. */
  killNow(): void {
    for (const part of this.parts) part.killNow();
  }

  private names(): string {
    return this.parts.map((part) => part.spec.name).join(', ');
  }
}
