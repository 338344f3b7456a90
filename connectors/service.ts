// The gRPC face of the kinds: bounds how much runs at once, puts every call under a deadline, answers a repeated call from
// memory, and lets no failure out that does not say what, why and what next.
import { Metadata } from '@grpc/grpc-js';
import type { sendUnaryData, ServerUnaryCall, UntypedServiceImplementation } from '@grpc/grpc-js';
import { messageOf } from '../domain/errors.ts';
import { AnsweredCalls } from './answered-calls.ts';
import { messages } from './contract.ts';
import type { InvokeResponse } from './contract.ts';
import { withDeadline } from './deadline.ts';
import { ConnectorFailure, toServiceError } from './failure.ts';
import type { Kind } from './operation.ts';
import { describeKinds, findOperation } from './registry.ts';

const LONGEST_CALL_MS = 120_000;
const MAX_CALLS = 128;
const MAX_ARGUMENTS = 2 * 1024 * 1024;
const MAX_KEY = 200;

/** What happened to one call, without its arguments and its result. */
export interface CallRecord {
  readonly kind: string;
  readonly operation: string;
  readonly outcome: string;
  readonly ms: number;
  /** Only for a defect of the service. */
  readonly error?: string;
}

/**
 * @param stopping Aborted, with the failure to report, when the calls still running have to end.
 * @param record Called once for each Invoke.
 */
export function createConnectorsService(
  kinds: readonly Kind[],
  stopping: AbortSignal,
  record: (call: CallRecord) => void,
): UntypedServiceImplementation {
  const answered = new AnsweredCalls();
  const description = describeKinds(kinds);
  let running = 0;

  const invoke = async (call: ServerUnaryCall<unknown, InvokeResponse>): Promise<InvokeResponse> => {
    const { kind, operation, argumentsJson, idempotencyKey } = messages.InvokeRequest.parse(call.request);
    const name = `${kind}.${operation}`;
    const started = performance.now();
    let outcome = 'OK';
    let defect: string | undefined;
    if (running >= MAX_CALLS) throw overloaded(name);
    running += 1;
    try {
      const found = findOperation(kinds, kind, operation);
      assertSize(name, 'arguments_json', argumentsJson, MAX_ARGUMENTS);
      assertSize(name, 'idempotency_key', idempotencyKey, MAX_KEY);
      const work = async (): Promise<string> => {
        const signal = AbortSignal.any([stopping, hangUp(call, name)]);
        return withDeadline(signal, timeLeft(call), name, async (bounded) =>
          JSON.stringify(await found.call(argumentsJson, { signal: bounded, idempotencyKey })),
        );
      };
      const scope = [kind, operation, idempotencyKey];
      return { resultJson: await (idempotencyKey === '' ? work() : answered.once(scope, argumentsJson, work)) };
    } catch (error) {
      const failure = asFailure(error, name);
      outcome = failure.reason;
      if (failure.reason === 'INTERNAL') defect = error instanceof Error ? error.stack : messageOf(error);
      throw failure;
    } finally {
      running -= 1;
      const ms = Math.round(performance.now() - started);
      record({ kind, operation, outcome, ms, ...(defect === undefined ? {} : { error: defect }) });
    }
  };

  return {
    ListKinds: unary(() => Promise.resolve(description)),
    Invoke: unary(invoke),
  };
}

const unary =
  <Answer>(handle: (call: ServerUnaryCall<unknown, Answer>) => Promise<Answer>) =>
  (call: ServerUnaryCall<unknown, Answer>, reply: sendUnaryData<Answer>): void => {
    handle(call).then(
      (answer) => reply(null, answer, new Metadata()),
      (error: unknown) => reply(toServiceError(asFailure(error, call.getPath()))),
    );
  };

/** A signal that aborts when the caller gives up: by its deadline, by cancelling or by vanishing. */
function hangUp(call: ServerUnaryCall<unknown, unknown>, name: string): AbortSignal {
  const controller = new AbortController();
  const abort = (): void => {
    const next = 'Look whether the effect stands before you call again.';
    controller.abort(
      new ConnectorFailure('CANCELLED', { what: `${name} was abandoned`, why: 'the caller hung up', next }),
    );
  };
  call.once('cancelled', abort);
  if (call.cancelled) abort();
  return controller.signal;
}

function timeLeft(call: ServerUnaryCall<unknown, unknown>): number {
  const left = Number(call.getDeadline()) - Date.now();
  return Math.max(0, Math.min(LONGEST_CALL_MS, Math.round(left)));
}

function asFailure(error: unknown, name: string): ConnectorFailure {
  if (error instanceof ConnectorFailure) return error;
  // The words of an unforeseen error may hold anything, also a secret: they go to the log and not to the caller.
  return new ConnectorFailure('INTERNAL', {
    what: `${name} failed`,
    why: 'the connectors service has a defect here',
    next: 'Read the log of the connectors service for the stack.',
    cause: error,
  });
}

function assertSize(name: string, field: string, text: string, limit: number): void {
  if (text.length <= limit) return;
  throw new ConnectorFailure('ARGUMENTS_INVALID', {
    what: `${name} was not carried out`,
    why: `${field} has ${text.length} characters and may have ${limit}`,
    next: 'Send less.',
    fields: [{ path: '', problem: `${field} is longer than ${limit} characters` }],
  });
}

const overloaded = (name: string): ConnectorFailure =>
  new ConnectorFailure('OVERLOADED', {
    what: `${name} was not carried out`,
    why: `${MAX_CALLS} calls are running`,
    next: 'Call again a little later.',
  });
