// A client of the connectors that asks all the time: whatever becomes of the service, each question is answered in the end, and in
// the same way.
import { setTimeout as delay } from 'node:timers/promises';
import { ConnectorsClient } from '../../connectors/client.ts';
import { messageOf } from '../../domain/errors.ts';

export interface ConnectorsCaller {
  /** Returns what was wrong with the answers. Safe to call twice. */
  stop(): Promise<readonly string[]>;
}

const PAUSE_MS = 500;
const CALL_TIMEOUT_MS = 2_000;
const ANSWERED_WITHIN_MS = 60_000;

export function callConnectors(address: string): ConnectorsCaller {
  const client = new ConnectorsClient(address);
  const stopping = new AbortController();
  const trouble: string[] = [];
  let expected: string | undefined;

  async function answered(): Promise<string> {
    const giveUpAt = Date.now() + ANSWERED_WITHIN_MS;
    for (;;) {
      try {
        return JSON.stringify(await client.listKinds({ timeoutMs: CALL_TIMEOUT_MS }));
      } catch (error) {
        if (Date.now() > giveUpAt)
          throw new Error(`the connectors do not answer: ${messageOf(error)}`, { cause: error });
        await delay(100);
      }
    }
  }

  const running = (async () => {
    try {
      while (!stopping.signal.aborted) {
        const answer = await answered();
        expected ??= answer;
        if (answer !== expected) trouble.push(`the connectors answered ${answer} instead of ${expected}`);
        await delay(PAUSE_MS, undefined, { signal: stopping.signal }).catch(() => undefined);
      }
    } catch (error) {
      trouble.push(messageOf(error));
    } finally {
      client.close();
    }
  })();
  return {
    async stop() {
      stopping.abort();
      await running;
      return trouble;
    },
  };
}
