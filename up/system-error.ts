// The codes of system calls that failed. Looked at by shape: under Jest the errors of Node's own modules are no instances of the
// test's Error.

/** Whether it is a system error with one of these codes, such as `ENOENT`. */
export function isSystemError(error: unknown, ...codes: readonly string[]): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && codes.includes(String(error.code));
}
