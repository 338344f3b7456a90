// The way other processes reach the connectors. Every call has a deadline and every failure is a ConnectorFailure, whether
// it comes from the outside system, from the service or from the way to it.
import { Client, credentials, Metadata } from '@grpc/grpc-js';
import type { MethodDefinition } from '@grpc/grpc-js';
import type { z } from 'zod';
import { connectorsMethod, MAX_MESSAGE_BYTES, messages } from './contract.ts';
import type { KindDescription } from './contract.ts';
import { fromServiceError } from './failure.ts';

interface CallOptions {
  /** Milliseconds until the call fails with DEADLINE_EXCEEDED; the work is abandoned with it. */
  readonly timeoutMs: number;
  /** Cancels the call, and with it the work. */
  readonly signal?: AbortSignal;
}

export interface Invocation extends CallOptions {
  readonly kind: string;
  readonly operation: string;
  /** Whatever the operation's schema asks for; sent as JSON. */
  readonly arguments: unknown;
  /** A repeat with the same key and arguments is answered with the first result, see the .proto file. */
  readonly idempotencyKey?: string;
}

export class ConnectorsClient {
  readonly #client: Client;

  /** @param address `host:port`. Connects with the first call and again whenever the connection was lost. */
  constructor(address: string) {
    this.#client = new Client(address, credentials.createInsecure(), {
      'grpc.max_receive_message_length': MAX_MESSAGE_BYTES,
      'grpc.max_send_message_length': MAX_MESSAGE_BYTES,
      'grpc.max_reconnect_backoff_ms': 5_000,
    });
  }

  /** What can be invoked. @throws ConnectorFailure */
  async listKinds(options: CallOptions): Promise<readonly KindDescription[]> {
    const response = await this.#call(connectorsMethod('ListKinds'), {}, messages.ListKindsResponse, options);
    return response.kinds;
  }

  /** The operation's result, as its schema describes it. @throws ConnectorFailure; `reason` tells what to decide by */
  async invoke(invocation: Invocation): Promise<unknown> {
    const { kind, operation, idempotencyKey = '' } = invocation;
    const argumentsJson = JSON.stringify(invocation.arguments ?? {});
    const request = { kind, operation, argumentsJson, idempotencyKey };
    const response = await this.#call(connectorsMethod('Invoke'), request, messages.InvokeResponse, invocation);
    return response.resultJson;
  }

  close(): void {
    this.#client.close();
  }

  async #call<Schema extends z.ZodType>(
    { path, requestSerialize, responseDeserialize }: MethodDefinition<object, unknown>,
    request: object,
    schema: Schema,
    { timeoutMs, signal }: CallOptions,
  ): Promise<z.output<Schema>> {
    signal?.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const call = this.#client.makeUnaryRequest(
      path,
      requestSerialize,
      responseDeserialize,
      request,
      new Metadata(),
      { deadline: Date.now() + timeoutMs },
      (error, response) => (error === null ? resolve(response) : reject(fromServiceError(error, path))),
    );
    const cancel = (): void => call.cancel();
    signal?.addEventListener('abort', cancel, { once: true });
    try {
      return schema.parse(await promise);
    } finally {
      signal?.removeEventListener('abort', cancel);
    }
  }
}
