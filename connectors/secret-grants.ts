// Which secret may go to which host. Arguments come from models, so a reference alone must open nothing: without a grant
// by the operator, an agent could have any variable or file of this process sent to a host of its choice.
import { open } from 'node:fs/promises';
import { LoomError, messageOf } from '../domain/errors.ts';
import { ConnectorFailure } from './failure.ts';

export interface SecretGrant {
  /** `env:NAME` or `file:/absolute/path`. */
  readonly reference: string;
  /** Host name in lower case; a leading `*.` stands for its subdomains. */
  readonly host: string;
}

/** Form of a reference to a secret. */
export const SECRET_REFERENCE = /^(?:env:[A-Za-z_][A-Za-z0-9_]*|file:\/\S+)$/;

const MAX_SECRET_BYTES = 64 * 1024;

/**
 * Reads `REFERENCE@HOST` entries separated by commas: `env:GITHUB_TOKEN@api.github.com,file:/run/secrets/x@*.example.com`.
 * @throws LoomError CONFIG_INVALID
 */
export const parseSecretGrants = (text: string): readonly SecretGrant[] =>
  text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
    .map((entry) => {
      const at = entry.lastIndexOf('@');
      const grant = { reference: entry.slice(0, Math.max(at, 0)), host: entry.slice(at + 1).toLowerCase() };
      if (SECRET_REFERENCE.test(grant.reference) && /^(?:\*\.)?[a-z0-9.-]+$/.test(grant.host)) return grant;
      throw new LoomError(
        'CONFIG_INVALID',
        `LOOM_CONNECTORS_HTTP_SECRETS has the entry "${entry}", which is not REFERENCE@HOST`,
        'Write for instance env:GITHUB_TOKEN@api.github.com or file:/run/secrets/pager@*.example.com.',
      );
    });

/**
 * The secret's value. Read anew each time, so that a rotated file takes effect.
 * @throws ConnectorFailure SECRET_REFUSED without a grant for this host, SECRET_MISSING when there is no value
 */
export async function readSecret(
  reference: string,
  host: string,
  grants: readonly SecretGrant[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<string> {
  const what = `${reference} was not sent to ${host}`;
  const granted = grants.some(
    (grant) =>
      grant.reference === reference &&
      (grant.host.startsWith('*.') ? host.endsWith(grant.host.slice(1)) : host === grant.host),
  );
  if (!granted) {
    throw new ConnectorFailure('SECRET_REFUSED', {
      what,
      why: 'this secret is not granted to this host',
      next: `If it may go there, the operator adds ${reference}@${host} to LOOM_CONNECTORS_HTTP_SECRETS.`,
    });
  }
  const value = reference.startsWith('env:')
    ? (env[reference.slice('env:'.length)] ?? '')
    : await readSecretFile(reference.slice('file:'.length), what);
  const secret = value.replace(/\r?\n$/, '');
  if (secret !== '') return secret;
  throw new ConnectorFailure('SECRET_MISSING', {
    what,
    why: 'it is not set, or empty, where the connectors service runs',
    next: 'Set the variable or write the file for that process.',
  });
}

async function readSecretFile(path: string, what: string): Promise<string> {
  try {
    await using file = await open(path, 'r');
    const { bytesRead, buffer } = await file.read(Buffer.alloc(MAX_SECRET_BYTES), 0, MAX_SECRET_BYTES, 0);
    return buffer.toString('utf8', 0, bytesRead);
  } catch (cause) {
    throw new ConnectorFailure('SECRET_MISSING', {
      what,
      why: `its file cannot be read (${messageOf(cause)})`,
      next: 'Write the file where the connectors service runs, readable for its user.',
      cause,
    });
  }
}
