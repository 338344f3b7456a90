// How long to wait before the next try: doubling from the base up to a cap. No jitter: workflows replay it.

export interface Backoff {
  readonly baseMs: number;
  readonly capMs: number;
}

/** @param failures how often it has failed already; 0 means no wait. */
export function backoffMs(failures: number, { baseMs, capMs }: Backoff): number {
  return failures <= 0 ? 0 : Math.min(capMs, baseMs * 2 ** Math.min(failures - 1, 30));
}
