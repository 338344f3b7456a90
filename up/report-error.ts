// Every command of this folder ends with the reason and the next thing to try; a stack trace is for errors that nobody foresaw.
import { LoomError } from '../domain/errors.ts';

/** Prints the error and returns the exit status: 2 for misuse, else 1. */
export function reportError(error: unknown): number {
  if (error instanceof LoomError) {
    process.stderr.write(`loom: ${error.message}\n  next: ${error.next}\n`);
    return error.code === 'BAD_INPUT' ? 2 : 1;
  }
  process.stderr.write(`loom: ${error instanceof Error ? error.stack : String(error)}\n`);
  return 1;
}
