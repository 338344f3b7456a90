import { describe, expect, test } from '@jest/globals';
import { Metadata, status } from '@grpc/grpc-js';
import type { ServiceError } from '@grpc/grpc-js';
import { ConnectorFailure, fromServiceError, REASONS, toServiceError } from './failure.ts';
import type { Reason } from './failure.ts';

const asReceived = (sent: Partial<ServiceError>): ServiceError =>
  Object.assign(new Error(sent.details), { code: status.UNKNOWN, details: '', metadata: new Metadata(), ...sent });

describe('a failure that crosses the wire', () => {
  test.each(Object.keys(REASONS) as Reason[])('%s arrives with its words, its fields and its status', (reason) => {
    const fields = [{ path: 'headers.accept', problem: 'is too long' }];
    const sent = new ConnectorFailure(reason, { what: 'It was not done', why: 'it may not', next: 'Ask.', fields });
    const onTheWire = asReceived(toServiceError(sent));
    expect(onTheWire.code).toBe(REASONS[reason].status);
    const { what, why, next, code, message } = fromServiceError(onTheWire, 'Invoke');
    expect({ what, why, next, code, message }).toEqual({
      what: 'It was not done',
      why: 'it may not',
      next: 'Ask.',
      code: sent.code,
      message: 'It was not done: it may not',
    });
    expect(fromServiceError(onTheWire, 'Invoke').fields).toEqual(fields);
  });

  test.each([
    [status.UNAVAILABLE, 'UNREACHABLE', true],
    [status.DEADLINE_EXCEEDED, 'DEADLINE_EXCEEDED', true],
    [status.CANCELLED, 'CANCELLED', false],
    [status.UNIMPLEMENTED, 'INTERNAL', false],
  ] as const)('status %i without a detail, from the transport itself, reads as %s', (code, reason, retryable) => {
    const failure = fromServiceError(asReceived({ code, details: 'no connection' }), 'Invoke');
    expect({ reason: failure.reason, retryable: failure.retryable }).toEqual({ reason, retryable });
    expect(failure.message).toBe('Invoke has no answer: no connection');
  });
});
