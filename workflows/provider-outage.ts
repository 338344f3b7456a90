// Patience with a provider that is away. Invariant: nobody's attempt is spent on it, no host is kept for it, and a call that is
// only slow is never taken for one that fails.
import { TimeoutType } from '@temporalio/common';
import { ActivityFailure, ApplicationFailure, TimeoutFailure } from '@temporalio/workflow';
import { backoffMs } from '../domain/backoff.ts';
import type { RunHost } from './run-host.ts';

/** Then the run ends as `provider_down`, and a person is asked. */
const PATIENCE_MS = 24 * 60 * 60_000;
const BACKOFF = { baseMs: 1_000, capMs: 5 * 60_000 };
const MAX_WAIT_MS = 60 * 60_000;

/** How long a turn may wait for an llm worker when no host is kept for it any more. */
const UNSERVED_AFTER_MS = 10 * 60_000;

/** The type of the failure by which a run ends that has waited for its provider in vain. */
export const PROVIDER_DOWN = 'PROVIDER_DOWN';

interface Outage {
  readonly why: string;
  /** When the provider, or the queue, has said itself how long to wait. */
  readonly waitMs: number | null;
}

/**
 * Asks until there is an answer. @param ask is told how long its question may wait for somebody who takes it.
 * @throws what is no outage, as it was thrown; `PROVIDER_DOWN` after a day.
 */
export async function outlastOutage<Answer>(
  provider: string,
  host: RunHost,
  ask: (scheduleToStartMs: number) => Promise<Answer>,
): Promise<Answer> {
  let since: number | null = null;
  for (let failures = 1; ; failures++) {
    const began = Date.now();
    try {
      return await ask(host.isGivenBack() ? UNSERVED_AFTER_MS : host.patienceMs);
    } catch (error) {
      const outage = outageIn(error, provider);
      if (outage === null) throw error;
      since ??= began;
      const waitedMs = Date.now() - since;
      const atMostMs = Math.min(outage.waitMs ?? backoffMs(failures, BACKOFF), MAX_WAIT_MS);
      if (waitedMs + atMostMs > PATIENCE_MS) throw ApplicationFailure.nonRetryable(outage.why, PROVIDER_DOWN);
      // Who waits in the queue has waited already.
      if (atMostMs === 0) await host.giveBack(outage.why);
      else await host.giveBackWhile(outage.why, () => false, { waitedMs, atMostMs });
    }
  }
}

/** Null for a failure that waiting does not mend. */
function outageIn(error: unknown, provider: string): Outage | null {
  if (!(error instanceof ActivityFailure)) return null;
  const { cause } = error;
  if (cause instanceof TimeoutFailure && cause.timeoutType === TimeoutType.SCHEDULE_TO_START) {
    return {
      why: `no llm worker takes the turns of provider ${provider}: start one that serves it, or look at why those that do are busy`,
      waitMs: 0,
    };
  }
  if (!(cause instanceof ApplicationFailure) || cause.type !== 'PROVIDER_UNAVAILABLE') return null;
  const [details] = (cause.details ?? []) as readonly { readonly waitMs?: number | null }[];
  return {
    why: `provider ${provider} is away, and is asked again at growing intervals for a day: ${cause.message}`,
    waitMs: details?.waitMs ?? null,
  };
}
