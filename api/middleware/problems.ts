// Every error leaves as a problem document (RFC 9457) that says what, why and what next. What nobody foresaw is logged with its
// stack and told without it.
import type { ErrorRequestHandler, Response } from 'express';
import { ERROR_CODES, type ErrorCode, LoomError, errorCode, messageOf } from '../../domain/errors.ts';
import { InvalidRequest } from '../route.ts';
import type { Problem } from '../schemas/problem.ts';

const STATUS: Readonly<Record<ErrorCode, number>> = {
  CONFIG_INVALID: 500,
  BAD_INPUT: 400,
  NOT_FOUND: 404,
  CONFLICT: 409,
  UNAUTHORIZED: 401,
  TOO_LARGE: 413,
  UNAVAILABLE: 503,
  PROVIDER_UNAVAILABLE: 503,
  REPOSITORY_UNREADABLE: 422,
  LEASE_LOST: 409,
  RUN_CLOSED: 409,
  VERSION_GAP: 409,
  SANDBOX_UNAVAILABLE: 503,
  SETUP_FAILED: 500,
  BRANCH_MOVED: 409,
  MERGE_CONFLICT: 409,
};

/** The path is right and the verb is not. */
export class MethodNotAllowed extends Error {}

const RETRY_AFTER_SECONDS = '5';

/** Has to come last. */
export const problems =
  (log: (line: string) => void): ErrorRequestHandler =>
  (error: unknown, request, response, next) => {
    const known = asProblem(error);
    if (known === undefined) {
      log(
        `${request.method} ${request.path}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
      );
    }
    // Half an answer cannot be taken back; Express closes the connection, so that nobody takes it for a whole one.
    if (response.headersSent) next(error);
    else sendProblem(response, known ?? UNFORESEEN);
  };

const UNFORESEEN: Omit<Problem, 'type'> = {
  title: 'Internal error',
  status: 500,
  detail: 'The API failed in a way that it does not know.',
  code: 'INTERNAL',
  next: 'Look at its log (logs/api.log in the data folder) and report what stands there.',
};

function sendProblem(response: Response, problem: Omit<Problem, 'type'>): void {
  response.status(problem.status);
  if (problem.status === 503) response.set('Retry-After', RETRY_AFTER_SECONDS);
  if (problem.status === 401) response.set('WWW-Authenticate', 'Bearer realm="loom"');
  response
    .type('application/problem+json')
    .send(JSON.stringify({ type: `urn:loom:problem:${problem.code.toLowerCase().replaceAll('_', '-')}`, ...problem }));
}

function asProblem(error: unknown): Omit<Problem, 'type'> | undefined {
  if (error instanceof InvalidRequest) {
    return {
      ...from('BAD_INPUT', 400, `The request is wrong: ${error.message}`, 'Correct what is named in `errors`.'),
      errors: [...error.errors],
    };
  }
  if (error instanceof MethodNotAllowed)
    return from('BAD_INPUT', 405, error.message, 'Use one of the methods of the header Allow.');
  const code = errorCode(error);
  if (code !== undefined) {
    const next = error instanceof LoomError ? error.next : 'Look at the log of the API.';
    return from(code, STATUS[code], messageOf(error), next);
  }
  return ofBody(error) ?? ofDatabase(error);
}

const from = (code: ErrorCode, status: number, detail: string, next: string): Omit<Problem, 'type'> => ({
  title: TITLES[code] ?? (ERROR_CODES[code].retryable ? 'Unavailable' : 'Refused'),
  status,
  detail,
  code,
  next,
});

const TITLES: Partial<Readonly<Record<ErrorCode, string>>> = {
  BAD_INPUT: 'Wrong input',
  NOT_FOUND: 'Not found',
  CONFLICT: 'Conflict',
  UNAUTHORIZED: 'Key missing or wrong',
  TOO_LARGE: 'Too large',
  REPOSITORY_UNREADABLE: 'Repository unreadable',
};

/** Express's own complaints about a request. */
function ofBody(error: unknown): Omit<Problem, 'type'> | undefined {
  if (!(error instanceof Error) || !('status' in error) || typeof error.status !== 'number') return undefined;
  if (error.status === 413) {
    return from(
      'TOO_LARGE',
      413,
      'The body is larger than 1 MB.',
      'Send less; refer to large texts by where they lie.',
    );
  }
  if (error.status < 400 || error.status >= 500) return undefined;
  return from(
    'BAD_INPUT',
    error.status,
    `The request cannot be read: ${error.message}`,
    'Send well-formed JSON and URLs.',
  );
}

/** Trouble to get through, as sockets (`code`), the driver (message) and Postgres (classes of SQLSTATE) name it. */
function ofDatabase(error: unknown): Omit<Problem, 'type'> | undefined {
  if (!(error instanceof Error)) return undefined;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  const down =
    /^(08|28|3D|53|57P|ECONN|EPIPE|ETIMEDOUT|ENOTFOUND|EHOSTUNREACH)/.test(code) ||
    /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error)/.test(
      error.message,
    );
  if (!down) return undefined;
  return from(
    'UNAVAILABLE',
    503,
    `Postgres did not answer: ${error.message || code}`,
    'Check that Postgres runs, then try again.',
  );
}
