// Ctrl-C once asks for an orderly end, Ctrl-C again insists. A terminal and each program in between (npm, the launcher) pass on
// the same key press, so what arrives within a second of the first is the same request.
const SAME_REQUEST_MS = 1_000;

export class StopRequest {
  /** Aborted by the first signal. */
  readonly signal: AbortSignal;
  readonly requested: Promise<void>;
  private insist: () => void = () => undefined;

  constructor() {
    const controller = new AbortController();
    this.signal = controller.signal;
    this.requested = new Promise((resolve) => {
      let first: number | undefined;
      const onSignal = (): void => {
        if (first === undefined) {
          first = performance.now();
          controller.abort(new Error('stopped on request'));
          resolve();
        } else if (performance.now() - first > SAME_REQUEST_MS) this.insist();
      };
      for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, onSignal);
    });
  }

  /** What a later signal does. */
  onInsistence(insist: () => void): void {
    this.insist = insist;
  }
}

/** A terminal that was closed, or a pager that was left, must not keep a stack from being stopped in order. */
export function outliveOutput(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
}
