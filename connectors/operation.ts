// An operation is its schemas and its implementation in one value, so that nothing can be listed that cannot be called.
import { z } from 'zod';
import { argumentsInvalid, ConnectorFailure } from './failure.ts';

/** What an operation is given besides its arguments. */
export interface CallContext {
  /** Aborted when the deadline has passed, the caller has hung up or the service stops. */
  readonly signal: AbortSignal;
  /** Empty when the caller gave none. */
  readonly idempotencyKey: string;
}

export interface Operation {
  readonly name: string;
  readonly description: string;
  /** `outside`: may change something beyond Loom, so it is repeated only under its idempotency key. */
  readonly effect: 'read' | 'outside';
  /** JSON Schema documents. */
  readonly argumentsSchema: object;
  readonly resultSchema: object;
  /** Checks the arguments, then does the work. @throws ConnectorFailure ARGUMENTS_INVALID and what the kind documents. */
  readonly call: (argumentsJson: string, context: CallContext) => Promise<unknown>;
}

/** A bridge to one sort of outside system. */
export interface Kind {
  readonly name: string;
  readonly description: string;
  readonly operations: readonly Operation[];
}

interface OperationSource<Arguments extends z.ZodType, Result extends z.ZodType> extends Pick<
  Operation,
  'name' | 'description' | 'effect'
> {
  readonly arguments: Arguments;
  readonly result: Result;
  readonly run: (args: z.output<Arguments>, context: CallContext) => Promise<z.input<Result>>;
}

/** Ties an implementation to its schemas; the rest of the service sees only JSON. */
export function defineOperation<Arguments extends z.ZodType, Result extends z.ZodType>(
  source: OperationSource<Arguments, Result>,
): Operation {
  const { name, description, effect } = source;
  return {
    name,
    description,
    effect,
    argumentsSchema: z.toJSONSchema(source.arguments, { io: 'input' }),
    resultSchema: z.toJSONSchema(source.result),
    async call(argumentsJson, context) {
      const parsed = source.arguments.safeParse(parseJson(argumentsJson, name));
      if (!parsed.success) throw argumentsInvalid(parsed.error, name);
      return source.result.parse(await source.run(parsed.data, context));
    },
  };
}

function parseJson(text: string, operation: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ConnectorFailure('ARGUMENTS_INVALID', {
      what: `${operation} was not carried out`,
      why: `the arguments are not JSON (${String(error)})`,
      next: 'Send a JSON object as text; ListKinds gives its JSON Schema.',
      fields: [{ path: '', problem: 'is not JSON' }],
      cause: error,
    });
  }
}
