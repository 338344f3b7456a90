// A route is declared once: the same declaration checks what comes in, types what goes out, and is the documentation.
import type { Request, Response } from 'express';
import type { z } from 'zod';

type Schema = z.ZodType;
type Output<S> = S extends Schema ? z.output<S> : undefined;
type Responses = Readonly<
  Record<number, { readonly description: string; readonly schema?: Schema; readonly mediaType?: string }>
>;

/** An answer that the route's declaration knows. */
type Reply<R extends Responses> = {
  [Status in keyof R]: {
    readonly status: Status;
    readonly body: R[Status] extends { readonly schema: infer S extends Schema } ? z.input<S> : string;
    readonly headers?: Readonly<Record<string, string>>;
  };
}[keyof R];

export interface RouteInput<Params, Query, Body> {
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  readonly header: (name: string) => string | undefined;
}

interface Declaration {
  readonly method: 'get' | 'post';
  /** Below /api/v1, with parameters as `{id}`. */
  readonly path: string;
  readonly summary: string;
  readonly description?: string;
  /** Answers without a key. */
  readonly open?: true;
  readonly params?: Schema;
  readonly query?: Schema;
  readonly body?: Schema;
  readonly headers?: Readonly<Record<string, string>>;
  readonly responses: Responses;
}

/** What the app and the OpenAPI document need of any route. */
export interface Route extends Declaration {
  /** Writes the whole answer. Whatever it throws becomes a problem document. */
  readonly serve: (input: RouteInput<unknown, unknown, unknown>, response: Response, request: Request) => Promise<void>;
}

type Inputs<P, Q, B> = { readonly params?: P; readonly query?: Q; readonly body?: B };

/** A route that answers once. */
export function route<
  const R extends Responses,
  P extends Schema | undefined = undefined,
  Q extends Schema | undefined = undefined,
  B extends Schema | undefined = undefined,
>(
  declaration: Omit<Declaration, 'params' | 'query' | 'body' | 'responses'> &
    Inputs<P, Q, B> & {
      readonly responses: R;
      readonly handle: (input: RouteInput<Output<P>, Output<Q>, Output<B>>) => Promise<Reply<R>>;
    },
): Route {
  const { handle, ...rest } = declaration;
  return {
    ...(rest as Declaration),
    async serve(input, response) {
      const reply = await handle(input as RouteInput<Output<P>, Output<Q>, Output<B>>);
      const status = Number(reply.status);
      response.status(status).set({ ...reply.headers });
      const mediaType = declaration.responses[status]?.mediaType;
      if (mediaType === undefined) response.json(reply.body);
      else response.type(mediaType).send(reply.body);
    },
  };
}

/** A route that goes on answering until its client or its handler ends it. */
export function streamRoute<P extends Schema | undefined = undefined, Q extends Schema | undefined = undefined>(
  declaration: Omit<Declaration, 'params' | 'query' | 'body'> &
    Omit<Inputs<P, Q, undefined>, 'body'> & {
      readonly stream: (
        input: RouteInput<Output<P>, Output<Q>, undefined>,
        response: Response,
        request: Request,
      ) => Promise<void>;
    },
): Route {
  const { stream, ...rest } = declaration;
  return {
    ...(rest as Declaration),
    serve: (input, response, request) =>
      stream(input as RouteInput<Output<P>, Output<Q>, undefined>, response, request),
  };
}

/** Wrong inputs, with the place of each. */
export class InvalidRequest extends Error {
  readonly errors: readonly { readonly path: string; readonly message: string }[];

  constructor(errors: InvalidRequest['errors']) {
    super(errors.map(({ path, message }) => `${path}: ${message}`).join('; '));
    this.errors = errors;
  }
}

/** Checks what came in against the declaration. @throws InvalidRequest naming everything that is wrong, not only the first. */
export function checkedInput(declaration: Route, request: Request): RouteInput<unknown, unknown, unknown> {
  const errors: { path: string; message: string }[] = [];
  const check = (place: 'params' | 'query' | 'body', value: unknown): unknown => {
    const schema = declaration[place];
    if (schema === undefined) return undefined;
    const result = schema.safeParse(value);
    if (result.success) return result.data;
    for (const issue of result.error.issues) {
      errors.push({ path: [place, ...issue.path.map(String)].join('.'), message: issue.message });
    }
    return undefined;
  };
  const params = check('params', request.params);
  const query = check('query', request.query);
  if (declaration.body !== undefined && !request.is('application/json')) {
    throw new InvalidRequest([{ path: 'body', message: 'must be JSON, sent with Content-Type: application/json' }]);
  }
  const body = check('body', request.body);
  if (errors.length > 0) throw new InvalidRequest(errors);
  return { params, query, body, header: (name) => request.get(name) };
}
