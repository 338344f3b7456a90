// One key opens everything but the health checks and the documentation. Compared by digest, so that time tells nothing.
import { createHash, timingSafeEqual } from 'node:crypto';
import type { RequestHandler } from 'express';
import { LoomError } from '../../domain/errors.ts';

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** @throws UNAUTHORIZED */
export function authenticate(key: string): RequestHandler {
  const expected = digest(key);
  return (request, _response, next) => {
    const given = /^Bearer +(\S+)$/i.exec(request.get('authorization') ?? '')?.[1];
    if (given !== undefined && timingSafeEqual(digest(given), expected)) return next();
    throw new LoomError(
      'UNAUTHORIZED',
      given === undefined ? 'The request brings no API key' : 'The API key is not the one of this installation',
      'Send "Authorization: Bearer KEY"; on the machine of the API it stands in the file api-key of the data folder, or in LOOM_API_KEY_FILE.',
    );
  };
}
