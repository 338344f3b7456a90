// A piece of work under a deadline. The abort reason is the failure to report, so whoever sees the abort can throw it.
import { ConnectorFailure } from './failure.ts';

/**
 * Runs `work` with a signal that aborts after `ms` or with `parent`, and settles no later than that, even if the work
 * takes no notice. @throws ConnectorFailure DEADLINE_EXCEEDED, or the parent's reason.
 */
export async function withDeadline<T>(
  parent: AbortSignal,
  ms: number,
  name: string,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const own = new AbortController();
  const timer = setTimeout(() => {
    const next = 'Look whether the effect stands, then call again with the same idempotency key or a later deadline.';
    own.abort(
      new ConnectorFailure('DEADLINE_EXCEEDED', { what: `${name} has no result`, why: `not done in ${ms} ms`, next }),
    );
  }, ms);
  const signal = AbortSignal.any([parent, own.signal]);
  const aborted = Promise.withResolvers<never>();
  const onAbort = (): void => aborted.reject(signal.reason as Error);
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  try {
    return await Promise.race([work(signal), aborted.promise]);
  } catch (error) {
    // The work's own complaint about the abort says less than the reason for it.
    throw signal.aborted ? (signal.reason as Error) : error;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
  }
}
