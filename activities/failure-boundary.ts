// Anticipated faults are translated here, once, for every activity: the code becomes the failure's type, so that workflows
// can decide by it. A bug passes through with its own stack.
import { ApplicationFailure } from '@temporalio/common';
import type { ActivityInboundCallsInterceptor } from '@temporalio/worker';
import { ERROR_CODES, LoomError } from '../domain/errors.ts';

export const failureBoundary: ActivityInboundCallsInterceptor = {
  async execute(input, next) {
    try {
      return await next(input);
    } catch (error) {
      if (!(error instanceof LoomError)) throw error;
      throw ApplicationFailure.create({
        message: error.message,
        type: error.code,
        nonRetryable: !ERROR_CODES[error.code].retryable,
        details: [{ next: error.next }],
        cause: error,
      });
    }
  },
};
