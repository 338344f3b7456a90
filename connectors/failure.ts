// One failure type for both ends of the wire: what the service throws is what the client's caller catches, with the same
// reason, words and fields. The table is the only place that says what a reason means.
import { Metadata, status } from '@grpc/grpc-js';
import type { ServiceError } from '@grpc/grpc-js';
import { z } from 'zod';
import { ERROR_CODES, LoomError } from '../domain/errors.ts';
import type { ErrorCode } from '../domain/errors.ts';
import { messages, messageType } from './contract.ts';
import type { ErrorDetail, FieldViolation } from './contract.ts';

/** Reason to gRPC status and to the code by which the rest of Loom decides. The .proto file explains each reason. */
export const REASONS = {
  KIND_UNKNOWN: { status: status.NOT_FOUND, code: 'NOT_FOUND' },
  OPERATION_UNKNOWN: { status: status.NOT_FOUND, code: 'NOT_FOUND' },
  ARGUMENTS_INVALID: { status: status.INVALID_ARGUMENT, code: 'BAD_INPUT' },
  ADDRESS_REFUSED: { status: status.PERMISSION_DENIED, code: 'UNAUTHORIZED' },
  SECRET_REFUSED: { status: status.PERMISSION_DENIED, code: 'UNAUTHORIZED' },
  SECRET_MISSING: { status: status.FAILED_PRECONDITION, code: 'CONFIG_INVALID' },
  RESPONSE_TOO_LARGE: { status: status.RESOURCE_EXHAUSTED, code: 'TOO_LARGE' },
  OVERLOADED: { status: status.RESOURCE_EXHAUSTED, code: 'UNAVAILABLE' },
  UNREACHABLE: { status: status.UNAVAILABLE, code: 'UNAVAILABLE' },
  STOPPING: { status: status.UNAVAILABLE, code: 'UNAVAILABLE' },
  DEADLINE_EXCEEDED: { status: status.DEADLINE_EXCEEDED, code: 'UNAVAILABLE' },
  KEY_REUSED: { status: status.ALREADY_EXISTS, code: 'CONFLICT' },
  CALL_IN_FLIGHT: { status: status.ABORTED, code: 'UNAVAILABLE' },
  CANCELLED: { status: status.CANCELLED, code: 'CONFLICT' },
  INTERNAL: { status: status.INTERNAL, code: 'CONFLICT' },
} as const satisfies Record<string, { status: status; code: ErrorCode }>;

export type Reason = keyof typeof REASONS;

interface Words {
  readonly what: string;
  readonly why: string;
  readonly next: string;
  readonly fields?: readonly FieldViolation[];
  readonly cause?: unknown;
}

/** A connector call that did not succeed. `what`, `why` and `next` are written for people and hold no secret. */
export class ConnectorFailure extends LoomError {
  readonly reason: Reason;
  readonly what: string;
  readonly why: string;
  readonly fields: readonly FieldViolation[];

  constructor(reason: Reason, { what, why, next, fields = [], cause }: Words) {
    super(REASONS[reason].code, `${what}: ${why}`, next, { cause });
    this.reason = reason;
    this.what = what;
    this.why = why;
    this.fields = fields;
  }

  /** Whether the same call, with the same idempotency key, can succeed later without anybody changing anything. */
  get retryable(): boolean {
    return ERROR_CODES[this.code].retryable;
  }
}

/** For checks by zod: every problem becomes a field violation, and the sentence names the fields. */
export function argumentsInvalid(error: z.ZodError, operation: string): ConnectorFailure {
  const fields = error.issues.map(({ path, message }) => ({ path: path.join('.'), problem: message }));
  return new ConnectorFailure('ARGUMENTS_INVALID', {
    what: `${operation} was not carried out`,
    why: fields.map(({ path, problem }) => `${path || 'the arguments'}: ${problem}`).join('; '),
    next: 'Correct the fields named; ListKinds gives the JSON Schema of the arguments.',
    fields,
  });
}

const DETAILS_TRAILER = 'grpc-status-details-bin';
const DETAIL_NAME = 'loom.connectors.v1.ErrorDetail';
const statusSchema = z.object({
  details: z.array(z.object({ type_url: z.string(), value: z.instanceof(Uint8Array) })),
});

/** The failure as grpc-js sends it: status, one line of text, and the detail in the standard trailer. */
export function toServiceError(failure: ConnectorFailure): Partial<ServiceError> {
  const { reason, what, why, next, fields, retryable, message } = failure;
  const detail: ErrorDetail = { reason, what, why, next, fields: [...fields], retryable };
  const code = REASONS[reason].status;
  const value = messageType(DETAIL_NAME).serialize(detail);
  const details = [{ type_url: `type.googleapis.com/${DETAIL_NAME}`, value }];
  const metadata = new Metadata();
  metadata.set(DETAILS_TRAILER, messageType('google.rpc.Status').serialize({ code, message, details }));
  return { code, details: message, metadata };
}

/** The failure behind what grpc-js reports; an error without Loom's detail comes from the transport itself. */
export function fromServiceError(error: ServiceError, call: string): ConnectorFailure {
  const [bytes] = error.metadata?.get(DETAILS_TRAILER) ?? [];
  if (bytes instanceof Buffer) {
    const { details } = statusSchema.parse(messageType('google.rpc.Status').deserialize(bytes));
    const found = details.find(({ type_url }) => type_url.endsWith(`/${DETAIL_NAME}`));
    if (found !== undefined) {
      const detail = messages.ErrorDetail.parse(messageType(DETAIL_NAME).deserialize(Buffer.from(found.value)));
      const reason: Reason = detail.reason in REASONS ? (detail.reason as Reason) : 'INTERNAL';
      return new ConnectorFailure(reason, { ...detail, cause: error });
    }
  }
  return fromTransport(error, call);
}

function fromTransport(error: ServiceError, call: string): ConnectorFailure {
  const what = `${call} has no answer`;
  const why = error.details || error.message;
  switch (error.code) {
    case status.DEADLINE_EXCEEDED: {
      const next = 'Look whether the effect stands, then call again with the same idempotency key or a later deadline.';
      return new ConnectorFailure('DEADLINE_EXCEEDED', { what, why, next, cause: error });
    }
    case status.CANCELLED: {
      const next = 'Look whether the effect stands before you call again.';
      return new ConnectorFailure('CANCELLED', { what, why, next, cause: error });
    }
    case status.UNAVAILABLE: {
      const next = 'Check that the connectors service runs at this address (LOOM_CONNECTORS_ADDRESS).';
      return new ConnectorFailure('UNREACHABLE', { what, why, next, cause: error });
    }
    default: {
      const next = `Read the log of the connectors service; gRPC status ${status[error.code] ?? error.code}.`;
      return new ConnectorFailure('INTERNAL', { what, why, next, cause: error });
    }
  }
}
