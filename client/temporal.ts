// How services reach Temporal: lazily, with a deadline on every call, and with failures named by what the caller can do.
import {
  Client,
  Connection,
  ServiceError,
  WorkflowNotFoundError,
  isGrpcServiceError,
  isRetryableError,
  makeGrpcRetryInterceptor,
} from '@temporalio/client';
import { backoffMs } from '../domain/backoff.ts';
import { LoomError } from '../domain/errors.ts';

/** What a person who waits for an HTTP answer accepts; Temporal's own retries end with it. */
const CALL_DEADLINE_MS = 5_000;

/** The SDK would wait up to five seconds between two of its ten tries, which outlasts the deadline. */
const RETRY = { tries: 8, delay: { baseMs: 50, capMs: 500 } };

/** gRPC status codes, as the protocol numbers them. */
const GRPC = { INVALID_ARGUMENT: 3, NOT_FOUND: 5, ALREADY_EXISTS: 6, RESOURCE_EXHAUSTED: 8, FAILED_PRECONDITION: 9 };

export interface TemporalClient {
  readonly client: Client;
  /**
   * Runs calls of the client under one deadline, 5 s unless told otherwise.
   * @throws UNAVAILABLE, NOT_FOUND, CONFLICT or BAD_INPUT for a failure of the service; everything else as it was thrown.
   */
  call<Result>(work: (client: Client) => Promise<Result>, options?: { readonly deadlineMs?: number }): Promise<Result>;
  /** Whether Temporal answers for this namespace. @throws UNAVAILABLE */
  check(deadlineMs: number): Promise<void>;
  /** Waits for the calls in flight, which their deadlines end. */
  close(): Promise<void>;
}

/** Opens no connection before the first call, and seeks a lost one again every two seconds at the latest. */
export function openTemporal(options: { readonly address: string; readonly namespace: string }): TemporalClient {
  const { address, namespace } = options;
  const connection = Connection.lazy({
    address,
    interceptors: [
      makeGrpcRetryInterceptor({
        delayFunction: (attempt) => backoffMs(attempt, RETRY.delay),
        retryableDecider: (attempt, status) => attempt < RETRY.tries && isRetryableError(status),
      }),
    ],
    channelArgs: { 'grpc.initial_reconnect_backoff_ms': 100, 'grpc.max_reconnect_backoff_ms': 2_000 },
  });
  const client = new Client({ connection, namespace });
  const inFlight = new Set<Promise<unknown>>();
  const call: TemporalClient['call'] = async (work, { deadlineMs = CALL_DEADLINE_MS } = {}) => {
    const answer = connection.withDeadline(Date.now() + deadlineMs, () => work(client));
    inFlight.add(answer);
    try {
      return await answer;
    } catch (error) {
      throw translated(error, address);
    } finally {
      inFlight.delete(answer);
    }
  };
  return {
    client,
    call,
    async check(deadlineMs) {
      await call(() => connection.workflowService.describeNamespace({ namespace }), { deadlineMs });
    },
    async close() {
      // The SDK repeats failed calls by timers of its own, and one that fires on a closed connection ends the process.
      await Promise.allSettled(inFlight);
      await connection.close();
    },
  };
}

function translated(error: unknown, address: string): unknown {
  if (error instanceof WorkflowNotFoundError) {
    return new LoomError(
      'NOT_FOUND',
      `No workflow is open: ${error.message}`,
      'It has not started yet, or has ended.',
      {
        cause: error,
      },
    );
  }
  const cause = error instanceof ServiceError ? error.cause : error;
  if (!isGrpcServiceError(cause)) return error;
  const said = cause.details || cause.message;
  switch (cause.code as number) {
    case GRPC.INVALID_ARGUMENT:
      return new LoomError('BAD_INPUT', `Temporal refused the request: ${said}`, 'Correct what it names.', { cause });
    case GRPC.NOT_FOUND:
      return new LoomError('NOT_FOUND', `Temporal does not know it: ${said}`, 'Check the id and the namespace.', {
        cause,
      });
    case GRPC.ALREADY_EXISTS:
    case GRPC.FAILED_PRECONDITION:
      return new LoomError('CONFLICT', `Temporal refused it as things stand: ${said}`, 'Look at the present state.', {
        cause,
      });
    case GRPC.RESOURCE_EXHAUSTED:
      return new LoomError('UNAVAILABLE', `Temporal is at its limit: ${said}`, 'Try again in a moment.', { cause });
    default:
      return new LoomError(
        'UNAVAILABLE',
        `Temporal at ${address} did not answer: ${said}`,
        'Check that it runs and LOOM_TEMPORAL_ADDRESS names it, then try again.',
        { cause },
      );
  }
}
