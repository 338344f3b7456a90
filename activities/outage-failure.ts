// A provider that is away is told to the workflow by type, with how long to wait, so that the workflow decides what that means.
import { ApplicationFailure } from '@temporalio/common';
import { errorCode, messageOf } from '../domain/errors.ts';
import { ProviderUnavailable } from '../llm/provider.ts';

/** Tries that come quickly after one another, before the run is told. */
const QUICK_TRIES = 3;
const QUICK_WAIT_MS = 5_000;

/**
 * Undefined for an error that is no outage.
 * @param attempt of the activity, from 1, where Temporal repeats it; the run is told at once where it does not.
 */
export function outageFailure(error: unknown, attempt = QUICK_TRIES): ApplicationFailure | undefined {
  const code = errorCode(error);
  if (code !== 'PROVIDER_UNAVAILABLE' && code !== 'UNAVAILABLE') return undefined;
  const waitMs = error instanceof ProviderUnavailable ? error.retryAfterMs : null;
  const quick = attempt < QUICK_TRIES && (waitMs ?? 0) <= QUICK_WAIT_MS;
  return ApplicationFailure.create({
    message: messageOf(error),
    type: 'PROVIDER_UNAVAILABLE',
    nonRetryable: !quick,
    details: [{ waitMs }],
    ...(quick && waitMs !== null ? { nextRetryDelay: waitMs } : {}),
    ...(error instanceof Error ? { cause: error } : {}),
  });
}
