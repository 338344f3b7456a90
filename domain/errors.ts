// One error family. The message says what and why, `next` what to do now; `code` survives serialization, class identity does not.

/** What a caller can do about an error decides its code; see `ERROR_CODES` for what each means. */
export type ErrorCode = keyof typeof ERROR_CODES;

/** Every code with whether trying the same thing again can help. */
export const ERROR_CODES = {
  CONFIG_INVALID: { retryable: false },
  BAD_INPUT: { retryable: false },
  NOT_FOUND: { retryable: false },
  CONFLICT: { retryable: false },
  UNAUTHORIZED: { retryable: false },
  TOO_LARGE: { retryable: false },
  UNAVAILABLE: { retryable: true },
  /** Whatever thinks for a run does not answer. The run waits for it; it is nobody's failure. */
  PROVIDER_UNAVAILABLE: { retryable: true },
  REPOSITORY_UNREADABLE: { retryable: false },
  LEASE_LOST: { retryable: false },
  RUN_CLOSED: { retryable: false },
  VERSION_GAP: { retryable: false },
  SANDBOX_UNAVAILABLE: { retryable: false },
  SETUP_FAILED: { retryable: false },
  BRANCH_MOVED: { retryable: false },
  MERGE_CONFLICT: { retryable: false },
} as const;

export class LoomError extends Error {
  override readonly name = 'LoomError';
  readonly code: ErrorCode;
  /** What the reader does now. */
  readonly next: string;

  constructor(code: ErrorCode, message: string, next: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.code = code;
    this.next = next;
  }
}

/** The code of an error thrown here or in another module instance; undefined for anything else. */
export function errorCode(error: unknown): ErrorCode | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  const { code } = error;
  return typeof code === 'string' && code in ERROR_CODES ? (code as ErrorCode) : undefined;
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
