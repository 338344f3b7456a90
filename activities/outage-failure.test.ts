import { describe, expect, test } from '@jest/globals';
import { LoomError } from '../domain/errors.ts';
import { ProviderUnavailable } from '../llm/provider.ts';
import { outageFailure } from './outage-failure.ts';

describe('outageFailure', () => {
  test('is nothing for an error that waiting does not mend', () => {
    expect(outageFailure(new Error('a bug'))).toBeUndefined();
    expect(outageFailure(new LoomError('BAD_INPUT', 'no', 'mend it'))).toBeUndefined();
  });

  test('is tried again quickly a few times, then told to the run', () => {
    const tries = [1, 2, 3].map((attempt) => outageFailure(new ProviderUnavailable('down'), attempt)?.nonRetryable);
    expect(tries).toEqual([false, false, true]);
  });

  test('waits as long as the provider says: in the activity when that is short, else in the run', () => {
    const soon = outageFailure(new ProviderUnavailable('slow down', { retryAfterMs: 2_000 }), 1);
    expect(soon).toMatchObject({ nonRetryable: false, nextRetryDelay: 2_000 });
    const later = outageFailure(new ProviderUnavailable('quota', { retryAfterMs: 60_000 }), 1);
    expect(later).toMatchObject({ nonRetryable: true, type: 'PROVIDER_UNAVAILABLE', details: [{ waitMs: 60_000 }] });
  });

  test('is told to the run at once where nothing repeats the activity', () => {
    expect(outageFailure(new ProviderUnavailable('down'))).toMatchObject({
      nonRetryable: true,
      message: 'down',
      details: [{ waitMs: null }],
    });
  });
});
