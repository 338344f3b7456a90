// The runs that this host holds. Invariant: what works for a run carries the fence it was started under, and is aborted
// the moment that fence is not this host's any more.
import { LoomError } from '../domain/errors.ts';

export interface HeldRun {
  readonly beadId: string;
  readonly runId: string;
  readonly projectId: string;
  readonly fence: number;
  /** Known to this host and, as a hash, to the hub. */
  readonly token: string;
  /** Aborted when the lease ends, however it ends. */
  readonly ended: AbortSignal;
  /** Aborts what the run executes now; the lease stays. */
  interrupt(): boolean;
  /** Runs `work` as the run's present action; `signal` aborts at interrupt and at the end of the lease. */
  during<Result>(work: (signal: AbortSignal) => Promise<Result>): Promise<Result>;
  /** Resolves when no action is in flight. */
  idle(): Promise<void>;
}

export interface HeldRuns {
  add(run: Pick<HeldRun, 'beadId' | 'runId' | 'projectId' | 'fence' | 'token'>): {
    readonly held: HeldRun;
    end(): Promise<void>;
  };
  /** @throws LEASE_LOST when this host does not hold the run under this fence. */
  get(runId: string, fence: number): HeldRun;
  find(runId: string): HeldRun | undefined;
}

export function createHeldRuns(): HeldRuns {
  const runs = new Map<string, HeldRun>();
  return {
    add(run) {
      const end = new AbortController();
      let action: AbortController | null = null;
      const inFlight = new Set<Promise<unknown>>();
      const held: HeldRun = {
        ...run,
        ended: end.signal,
        interrupt() {
          action?.abort();
          return action !== null;
        },
        async during(work) {
          if (end.signal.aborted) throw leaseLost(run.runId);
          const mine = new AbortController();
          action = mine;
          const working = work(AbortSignal.any([mine.signal, end.signal]));
          inFlight.add(working);
          try {
            return await working;
          } finally {
            inFlight.delete(working);
            if (action === mine) action = null;
          }
        },
        async idle() {
          while (inFlight.size > 0) await Promise.allSettled(inFlight);
        },
      };
      runs.set(run.runId, held);
      return {
        held,
        async end() {
          end.abort();
          await held.idle();
          if (runs.get(run.runId) === held) runs.delete(run.runId);
        },
      };
    },
    get(runId, fence) {
      const held = runs.get(runId);
      if (held === undefined || held.fence !== fence || held.ended.aborted) throw leaseLost(runId);
      return held;
    },
    find: (runId) => runs.get(runId),
  };
}

const leaseLost = (runId: string) =>
  new LoomError(
    'LEASE_LOST',
    `This host does not hold ${runId} under that fence`,
    'Nothing to do: the present holder continues the run.',
  );
