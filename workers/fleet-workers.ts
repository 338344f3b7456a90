// The workers that take leases and gates from the fleets' queues. Invariants: while the door is shut nothing new is taken; and a
// fleet's next worker starts only when all that the one before it held has ended, so a host never holds more than its slots.
import { setTimeout as delay } from 'node:timers/promises';
import type { ActivityInterceptorsFactory, Worker } from '@temporalio/worker';
import { backoffMs } from '../domain/backoff.ts';
import { messageOf } from '../domain/errors.ts';
import type { HostAnswer } from '../domain/host.ts';

const RETRY = { baseMs: 500, capMs: 10_000 };

export interface FleetWorkers {
  /** Takes nothing more and gives the leases back; gates in flight come to their end. Idempotent. */
  drain(): void;
  /** Takes work again, as soon as what was held before has ended. Idempotent. */
  resume(): void;
  now(): HostAnswer;
  /** Drains for good; resolves when everything has ended. */
  close(): Promise<void>;
  /** Rejects when a worker ends by itself. */
  readonly failed: Promise<never>;
}

export interface FleetWorkersOptions {
  readonly fleets: readonly string[];
  /** Makes a worker for a fleet. It has to use `interceptor`; its leases have to come back once `draining` is aborted. */
  create(fleet: string, given: { draining: AbortSignal; interceptor: ActivityInterceptorsFactory }): Promise<Worker>;
  /** Called after each change of what `now` tells. */
  onChange(): void;
  log(line: string): void;
}

interface Generation {
  readonly worker: Worker;
  readonly draining: AbortController;
}

/** Resolves when all fleets are served. @throws whatever the first workers could not be made for. */
export async function startFleetWorkers(options: FleetWorkersOptions): Promise<FleetWorkers> {
  const { fleets, onChange, log } = options;
  let open = true;
  let closing = false;
  let serving = 0;
  let turned = Promise.withResolvers<void>();
  const held = { leases: 0, gates: 0 };

  const turn = (to: boolean): void => {
    if (open === to) return;
    open = to;
    turned.resolve();
    turned = Promise.withResolvers();
    onChange();
  };

  const interceptor: ActivityInterceptorsFactory = ({ info }) => ({
    inbound: {
      async execute(input, next) {
        const kind = info.activityType === 'runGate' ? 'gates' : 'leases';
        held[kind] += 1;
        onChange();
        try {
          return await next(input);
        } finally {
          held[kind] -= 1;
          onChange();
        }
      },
    },
  });

  const create = async (fleet: string): Promise<Generation> => {
    const draining = new AbortController();
    return { draining, worker: await options.create(fleet, { draining: draining.signal, interceptor }) };
  };

  /** Undefined where the door is shut before one could be made. */
  const createAgain = async (fleet: string): Promise<Generation | undefined> => {
    for (let failures = 1; open; failures++) {
      try {
        return await create(fleet);
      } catch (error) {
        log(`fleet ${fleet} cannot be served again yet: ${messageOf(error)}`);
        await Promise.race([delay(backoffMs(failures, RETRY)), turned.promise]);
      }
    }
    return undefined;
  };

  const serve = async (fleet: string, first: Generation): Promise<void> => {
    for (let generation: Generation | undefined = first; ;) {
      if (generation !== undefined) {
        const { worker, draining } = generation;
        serving += 1;
        const running = worker.run();
        const endedByItself = running.then(() =>
          Promise.reject(new Error(`the worker of fleet ${fleet} ended by itself`)),
        );
        while (open) await Promise.race([turned.promise, endedByItself]);
        endedByItself.catch(() => undefined);
        draining.abort();
        worker.shutdown();
        await running;
        serving -= 1;
        onChange();
      }
      while (!open && !closing) await turned.promise;
      if (closing) return;
      generation = await createAgain(fleet);
    }
  };

  const firsts = await Promise.all(fleets.map(async (fleet) => ({ fleet, generation: await create(fleet) })));
  const ended = Promise.all(firsts.map(({ fleet, generation }) => serve(fleet, generation)));
  // Its failure is told by `failed`, and by `close`.
  ended.catch(() => undefined);
  return {
    drain: () => turn(false),
    resume: () => {
      if (!closing) turn(true);
    },
    now: () => ({ state: open ? 'ready' : serving > 0 ? 'draining' : 'drained', ...held }),
    async close() {
      closing = true;
      turn(false);
      // Those that wait before a shut door are told as well.
      turned.resolve();
      await ended;
    },
    failed: ended.then(() => new Promise<never>(() => undefined)),
  };
}
