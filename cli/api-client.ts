// loomctl's side of the REST API: each request has a deadline, and each refusal comes back as an error that says what is next.
import { ERROR_CODES, type ErrorCode, LoomError, messageOf } from '../domain/errors.ts';
import type { Installation } from './installation.ts';

/** Adding a project may fetch it. */
const DEADLINE_MS = 120_000;

export interface ApiClient {
  readonly installation: Installation;
  /** The API promises the shape. @throws LoomError with the problem's code, UNAVAILABLE when nothing answers. */
  get<Answer>(path: string, query?: Query): Promise<Answer>;
  post<Answer>(path: string, body: unknown, headers?: Readonly<Record<string, string>>): Promise<Answer>;
  text(path: string): Promise<string>;
  /** The answer before its body; for streams. */
  open(path: string, query: Query, headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<Response>;
}

interface ApiRequest {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Absent values are left out. */
export type Query = Readonly<Record<string, string | number | undefined>>;

export function createApiClient(installation: Installation): ApiClient {
  const { url, key } = installation;

  const send = async (path: string, init: ApiRequest & { readonly signal: AbortSignal }): Promise<Response> => {
    let response: Response;
    try {
      response = await fetch(`${url}/api/v1${path}`, {
        ...init,
        headers: { ...init.headers, authorization: `Bearer ${key}` },
      });
    } catch (error) {
      throw new LoomError(
        'UNAVAILABLE',
        `The API at ${url} does not answer: ${connectionTrouble(error)}`,
        'Start Loom with "npm start" or "loomctl up", or name a running one with --url or LOOM_API_URL.',
        { cause: error },
      );
    }
    if (!response.ok) throw refusal(response.status, await response.text());
    return response;
  };
  const inTime = (path: string, init: ApiRequest = {}): Promise<Response> =>
    send(path, { ...init, signal: AbortSignal.timeout(DEADLINE_MS) });

  return {
    installation,
    get: async <Answer>(path: string, query: Query = {}) =>
      (await inTime(withQuery(path, query))).json() as Promise<Answer>,
    post: async <Answer>(path: string, body: unknown, headers: Readonly<Record<string, string>> = {}) =>
      (
        await inTime(path, {
          method: 'POST',
          headers: { ...headers, 'content-type': 'application/json' },
          body: JSON.stringify(body),
        })
      ).json() as Promise<Answer>,
    text: async (path) => (await inTime(path)).text(),
    open: (path, query, headers, signal) => send(withQuery(path, query), { headers, signal }),
  };
}

function withQuery(path: string, query: Query): string {
  const given = Object.entries(query).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, String(value)] as const],
  );
  return given.length === 0 ? path : `${path}?${new URLSearchParams(Object.fromEntries(given)).toString()}`;
}

/** `fetch` itself only says that it failed; the cause says why. */
function connectionTrouble(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof Error ? cause.message || String((cause as NodeJS.ErrnoException).code) : messageOf(error);
}

interface Refusal {
  readonly code?: string;
  readonly detail?: string;
  readonly next?: string;
}

function refusal(status: number, body: string): LoomError {
  let problem: Refusal = {};
  try {
    problem = JSON.parse(body) as Refusal;
  } catch {
    // Whatever answered there is not Loom's API; its status is all there is to tell.
  }
  const code: ErrorCode =
    problem.code !== undefined && problem.code in ERROR_CODES
      ? (problem.code as ErrorCode)
      : status >= 500
        ? 'UNAVAILABLE'
        : 'CONFLICT';
  return new LoomError(
    code,
    problem.detail ?? `The answer was HTTP ${status}, which is not one of Loom's API`,
    problem.next ?? 'Check that the URL is that of a Loom API.',
  );
}
