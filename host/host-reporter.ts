// Tells the hub how this host is, at once when something changes and else from time to time. Invariant: reports are sent one at a
// time and each holds what was true when it was sent, so the last one that arrives is the newest.
import { setTimeout as delay } from 'node:timers/promises';
import { messageOf } from '../domain/errors.ts';
import { HOST_REPORT_EVERY_MS, type HostReport } from '../domain/host.ts';

/** Changes that come in a bunch go in one report. */
const BUNCH_MS = 100;

export interface HostReporter {
  /** Reports soon. Resolves when a report made after this call has been tried. */
  report(): Promise<void>;
  /** Says that the host leaves. What is lost then is not missed: it will be gone by its silence. */
  close(): Promise<void>;
}

export interface HostReporterOptions {
  facts(): HostReport;
  /** One try, with a deadline. */
  send(report: HostReport): Promise<void>;
  leave(): Promise<void>;
  log(line: string): void;
}

/** Never fails: a hub that is away is told later. */
export function startHostReporter({ facts, send, leave, log }: HostReporterOptions): HostReporter {
  const closing = new AbortController();
  let wanted = Promise.withResolvers<void>();
  let tried = Promise.withResolvers<void>();
  let reached = true;

  const running = (async () => {
    while (!closing.signal.aborted) {
      const trying = tried;
      wanted = Promise.withResolvers();
      tried = Promise.withResolvers();
      try {
        await send(facts());
        if (!reached) log('the hub is told again how this host is');
        reached = true;
      } catch (error) {
        if (reached) log(`the hub could not be told how this host is: ${messageOf(error)}`);
        reached = false;
      }
      trying.resolve();
      await untilWantedOrDue(wanted.promise, closing.signal);
    }
    tried.resolve();
  })();

  return {
    report() {
      const { promise } = tried;
      wanted.resolve();
      return promise;
    },
    async close() {
      closing.abort();
      await running;
      await leave().catch((error: unknown) =>
        log(`the hub could not be told that this host leaves: ${messageOf(error)}`),
      );
    },
  };
}

async function untilWantedOrDue(wanted: Promise<void>, closing: AbortSignal): Promise<void> {
  const over = new AbortController();
  const signal = AbortSignal.any([over.signal, closing]);
  const due = delay(HOST_REPORT_EVERY_MS, undefined, { signal });
  const bunched = wanted.then(() => delay(BUNCH_MS, undefined, { signal }));
  await Promise.race([due, bunched]).catch(() => undefined); // closing
  over.abort();
}
