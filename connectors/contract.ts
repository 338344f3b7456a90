// The wire contract in TypeScript. The .proto file is loaded as it stands, without a build step; the schemas below are what
// the two ends believe about it, checked on every message that is read and, field by field, in contract.test.ts.
import type { MethodDefinition, ServiceDefinition } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import type { MessageTypeDefinition } from '@grpc/proto-loader';
import { join } from 'node:path';
import { z } from 'zod';

const definition = loadSync(['loom/connectors/v1/connectors.proto', 'google/rpc/status.proto'], {
  includeDirs: [join(import.meta.dirname, '..', 'proto')],
  defaults: true,
  enums: String,
});

export const CONNECTORS_SERVICE = 'loom.connectors.v1.Connectors';
export const connectorsService = definition[CONNECTORS_SERVICE] as ServiceDefinition;

/** A method of the service; what it answers is unknown until it has been parsed with `messages`. */
export const connectorsMethod = (name: 'ListKinds' | 'Invoke'): MethodDefinition<object, unknown> =>
  connectorsService[name] as MethodDefinition<object, unknown>;

/** A message type of the contract by its full name; reading one yields unknown data. */
export const messageType = (name: string): MessageTypeDefinition<object, unknown> =>
  definition[name] as MessageTypeDefinition<object, unknown>;

/** Arguments (2 MiB) and results (1 MiB of body, six times that when every byte has to be escaped) fit with room to spare. */
export const MAX_MESSAGE_BYTES = 16 * 1024 * 1024;

/** JSON that crosses the wire as text. */
const jsonText = z.string().transform((text, context): unknown => {
  try {
    return JSON.parse(text);
  } catch (error) {
    context.addIssue({ code: 'custom', message: `is not JSON: ${String(error)}` });
    return z.NEVER;
  }
});

const operationSchema = z.object({
  name: z.string(),
  description: z.string(),
  effect: z.enum(['EFFECT_UNSPECIFIED', 'EFFECT_READ', 'EFFECT_OUTSIDE']),
  argumentsSchemaJson: jsonText,
  resultSchemaJson: jsonText,
});
const kindSchema = z.object({ name: z.string(), description: z.string(), operations: z.array(operationSchema) });
const fieldViolationSchema = z.object({ path: z.string(), problem: z.string() });

/** Message name to what is read from it. */
export const messages = {
  ListKindsRequest: z.object({}),
  ListKindsResponse: z.object({ kinds: z.array(kindSchema) }),
  Kind: kindSchema,
  Operation: operationSchema,
  InvokeRequest: z.object({
    kind: z.string(),
    operation: z.string(),
    argumentsJson: z.string(),
    idempotencyKey: z.string(),
  }),
  InvokeResponse: z.object({ resultJson: jsonText }),
  ErrorDetail: z.object({
    reason: z.string(),
    what: z.string(),
    why: z.string(),
    next: z.string(),
    fields: z.array(fieldViolationSchema),
    retryable: z.boolean(),
  }),
  FieldViolation: fieldViolationSchema,
} as const;

export type ListKindsResponse = z.input<typeof messages.ListKindsResponse>;
export type InvokeResponse = z.input<typeof messages.InvokeResponse>;
export type ErrorDetail = z.output<typeof messages.ErrorDetail>;
export type FieldViolation = z.output<typeof messages.FieldViolation>;

/** A bridge to an outside system as ListKinds tells it; the schemas are JSON Schema documents. */
export type KindDescription = z.output<typeof messages.Kind>;
