// What a program that was run to its end said when it failed.
import { messageOf } from '../domain/errors.ts';

/** The last lines of its standard error on one line, else the reason it could not be run. */
export function commandFailure(error: unknown): string {
  const said = typeof error === 'object' && error !== null && 'stderr' in error ? String(error.stderr).trim() : '';
  return said ? said.split('\n').slice(-3).join(' / ') : messageOf(error);
}
