// Kind `http`: one request to a system that speaks HTTP. Nothing internal is reached and no secret is sent unless the
// operator's settings name it, on the first request as on every redirect; secrets are taken out of what comes back.
import { validateHeaderName, validateHeaderValue } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import { z } from 'zod';
import { isNamed, resolvePermitted } from '../address-guard.ts';
import type { AllowList } from '../address-guard.ts';
import { withDeadline } from '../deadline.ts';
import { ConnectorFailure } from '../failure.ts';
import { exchange } from '../http-exchange.ts';
import type { HttpAnswer } from '../http-exchange.ts';
import { defineOperation } from '../operation.ts';
import type { CallContext, Kind } from '../operation.ts';
import { readSecret, SECRET_REFERENCE } from '../secret-grants.ts';
import type { SecretGrant } from '../secret-grants.ts';

export interface HttpSettings {
  /** Internal addresses that may be reached all the same. */
  readonly allow: AllowList;
  readonly secrets: readonly SecretGrant[];
  /** Where `env:` references are looked up. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

const MAX_REDIRECTS = 5;
const MAX_BYTES = 1024 * 1024;
// These belong to the connection, not to the caller: they decide where a message ends and whom it is for.
const RESERVED_HEADER =
  /^(?:host|connection|content-length|transfer-encoding|te|trailer|upgrade|keep-alive|expect|accept-encoding|proxy-.*)$/;

const passes = (check: () => void): boolean => {
  try {
    check();
    return true;
  } catch {
    return false;
  }
};
const headerText = z
  .string()
  .max(8_192)
  .refine((value) => passes(() => validateHeaderValue('value', value)), 'has characters that a header cannot hold');
const headerName = z
  .string()
  .refine((name) => passes(() => validateHeaderName(name)), 'is not a header name')
  .refine((name) => !RESERVED_HEADER.test(name.toLowerCase()), 'is set by the connector itself');
const secretHeader = z.strictObject({
  secret: z
    .string()
    .regex(SECRET_REFERENCE)
    .describe('`env:NAME` or `file:/path`; granted to the host by the operator.'),
  prefix: headerText.default('').describe('Text before the secret, for instance "Bearer ".'),
});

const requestArguments = z.strictObject({
  method: z.enum(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']).default('GET'),
  url: z
    .url({ protocol: /^https?$/, error: 'is not an http or https URL' })
    .max(8_192)
    .refine(
      (url) => passes(() => assertNoCredentials(url)),
      'holds a user name or password; send a header with a secret',
    ),
  headers: z
    .record(headerName, z.union([headerText, secretHeader]))
    .refine((headers) => Object.keys(headers).length <= 64, 'has more than 64 entries')
    .default({})
    .describe('Header name to its text, or to a reference to a secret.'),
  body: z.string().max(MAX_BYTES).optional().describe('Sent as UTF-8; set content-type to say what it is.'),
  timeout_ms: z.int().min(1).max(60_000).default(10_000).describe('For the whole exchange, redirects included.'),
  max_response_bytes: z
    .int()
    .min(0)
    .max(MAX_BYTES)
    .default(256 * 1024),
});

const requestResult = z.object({
  status: z.int().describe('Whatever the system answered; an error status is a result, not a failure.'),
  url: z.string().describe('Where the answer came from, after redirects.'),
  headers: z.record(z.string(), z.string()).describe('In lower case; without cookies.'),
  body: z.string(),
  body_encoding: z.enum(['utf8', 'base64']).describe('`base64` when the body is not UTF-8 text.'),
});

type RequestArguments = z.output<typeof requestArguments>;

function assertNoCredentials(url: string): void {
  const { username, password } = new URL(url);
  if (username !== '' || password !== '') throw new Error('credentials in a URL');
}

export const createHttpKind = (settings: HttpSettings): Kind => ({
  name: 'http',
  description:
    'Sends one HTTP request to a system on the internet, or to an internal one that the operator has allowed.',
  operations: [
    defineOperation({
      name: 'request',
      description:
        `Sends a request and gives the answer, whatever its status. GET and HEAD follow up to ${MAX_REDIRECTS} redirects; ` +
        'other methods give the redirect as the answer.',
      effect: 'outside',
      arguments: requestArguments,
      result: requestResult,
      run: (args, context) =>
        withDeadline(context.signal, args.timeout_ms, `${args.method} ${new URL(args.url).host}`, (signal) =>
          sendRequest(args, { ...context, signal }, settings),
        ),
    }),
  ],
});

async function sendRequest(
  args: RequestArguments,
  { signal, idempotencyKey }: CallContext,
  settings: HttpSettings,
): Promise<z.input<typeof requestResult>> {
  const safe = args.method === 'GET' || args.method === 'HEAD';
  const { headers, secrets } = await fillHeaders(args, settings);
  if (!safe && idempotencyKey !== '') headers['idempotency-key'] ??= idempotencyKey;
  let url = new URL(args.url);
  for (let redirects = 0; ; redirects += 1) {
    const addresses = await resolvePermitted(url.hostname, portOf(url), settings.allow);
    signal.throwIfAborted();
    const answer = await exchange({
      url,
      method: args.method,
      // Beyond the origin that the caller named go only headers that say nothing about the caller.
      headers:
        url.origin === new URL(args.url).origin ? headers : pick(headers, ['accept', 'accept-language', 'user-agent']),
      body: args.body,
      addresses,
      maxResponseBytes: args.max_response_bytes,
      signal,
    });
    const target = safe ? redirectTarget(answer, url) : null;
    if (target === null) return toResult(answer, url, secrets);
    if (redirects === MAX_REDIRECTS) throw unfollowed(url, `it redirects more than ${MAX_REDIRECTS} times`);
    if (url.protocol === 'https:' && target.protocol !== 'https:')
      throw unfollowed(url, 'it redirects away from https');
    url = target;
  }
}

const portOf = ({ port, protocol }: URL): number => (port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port));

const pick = (headers: Readonly<Record<string, string>>, names: readonly string[]): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => names.includes(name)));

/** Headers with the secrets put in, and which secret stands behind which value, to take them out of the answer again. */
async function fillHeaders(
  args: RequestArguments,
  { allow, secrets: grants, env }: HttpSettings,
): Promise<{ headers: Record<string, string>; secrets: ReadonlyMap<string, string> }> {
  const url = new URL(args.url);
  const headers: Record<string, string> = {};
  const secrets = new Map<string, string>();
  for (const [name, value] of Object.entries(args.headers)) {
    if (typeof value === 'string') {
      headers[name.toLowerCase()] = value;
      continue;
    }
    if (url.protocol !== 'https:' && !isNamed(url.hostname, portOf(url), allow)) {
      throw new ConnectorFailure('SECRET_REFUSED', {
        what: `${value.secret} was not sent to ${url.host}`,
        why: 'the request is not encrypted',
        next: 'Use https, or let the operator name the host in LOOM_CONNECTORS_HTTP_ALLOW.',
      });
    }
    const secret = await readSecret(value.secret, url.hostname, grants, env);
    if (!passes(() => validateHeaderValue(name, secret))) {
      throw new ConnectorFailure('SECRET_MISSING', {
        what: `${value.secret} was not sent to ${url.host}`,
        why: 'its value has characters that a header cannot hold',
        next: 'Check what the variable or file holds: one line of text is wanted.',
      });
    }
    headers[name.toLowerCase()] = `${value.prefix}${secret}`;
    secrets.set(secret, value.secret);
  }
  return { headers, secrets };
}

function redirectTarget({ status, headers }: HttpAnswer, from: URL): URL | null {
  if (![301, 302, 303, 307, 308].includes(status) || headers.location === undefined) return null;
  const target = URL.parse(headers.location, from.href);
  if (target === null || !/^https?:$/.test(target.protocol))
    throw unfollowed(from, 'it redirects to what is no web address');
  if (target.username !== '' || target.password !== '')
    throw unfollowed(from, 'it redirects to an address with a password');
  return target;
}

const unfollowed = ({ host }: URL, why: string): ConnectorFailure =>
  new ConnectorFailure('UNREACHABLE', {
    what: `${host} gave no answer`,
    why,
    next: 'Name the final address in the request.',
  });

function toResult(answer: HttpAnswer, url: URL, secrets: ReadonlyMap<string, string>): z.input<typeof requestResult> {
  const body = redact(answer.body, secrets);
  const isText = Buffer.from(body.toString('utf8'), 'utf8').equals(body);
  return {
    status: answer.status,
    url: url.href,
    headers: presentHeaders(answer.headers, secrets),
    body: body.toString(isText ? 'utf8' : 'base64'),
    body_encoding: isText ? 'utf8' : 'base64',
  };
}

/** Cookies are credentials of the outside system and stay here. */
function presentHeaders(headers: IncomingHttpHeaders, secrets: ReadonlyMap<string, string>): Record<string, string> {
  const present = Object.entries(headers).filter(([name]) => name !== 'set-cookie');
  return Object.fromEntries(
    present.map(([name, value]) => [name, redact(Buffer.from([value ?? ''].flat().join(', ')), secrets).toString()]),
  );
}

/** Some systems echo what they were sent. Works on bytes, so that a body that is no text is cleaned as well. */
function redact(bytes: Buffer, secrets: ReadonlyMap<string, string>): Buffer {
  let text = bytes.toString('latin1');
  for (const [secret, reference] of secrets) {
    text = text.replaceAll(Buffer.from(secret).toString('latin1'), `[${reference}]`);
  }
  return Buffer.from(text, 'latin1');
}
