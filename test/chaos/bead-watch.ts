// Tells what has happened to beads the moment it is committed, by Postgres itself, and goes on when Postgres was away.
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';

export interface WatchedEvent {
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** `index` counts the bead's events from 0. */
type Fits = (event: WatchedEvent, index: number) => boolean;

export interface BeadWatch {
  /** The first event of the bead that fits, past ones included. @throws when there is none in time, naming those there were */
  until(beadId: string, fits: Fits, withinMs: number): Promise<WatchedEvent>;
  close(): Promise<void>;
}

interface Waiter {
  readonly beadId: string;
  readonly fits: Fits;
  readonly found: (event: WatchedEvent) => void;
  seen: readonly WatchedEvent[];
}

const RECONNECT_MS = 100;
/** A Postgres that is frozen answers nothing and closes nothing. */
const QUERY_TIMEOUT_MS = 5_000;

export function watchBeads(databaseUrl: string): BeadWatch {
  const waiters = new Set<Waiter>();
  const stopping = new AbortController();
  let wake = Promise.withResolvers<void>();

  async function look(client: Client): Promise<void> {
    for (const waiter of waiters) {
      const { rows } = await client.query<WatchedEvent>(
        'select type, data from event where bead_id = $1 order by position',
        [waiter.beadId],
      );
      waiter.seen = rows;
      const event = rows.find(waiter.fits);
      if (event === undefined) continue;
      waiters.delete(waiter);
      waiter.found(event);
    }
  }

  async function session(): Promise<void> {
    const client = new Client({
      connectionString: databaseUrl,
      connectionTimeoutMillis: QUERY_TIMEOUT_MS,
      query_timeout: QUERY_TIMEOUT_MS,
    });
    const broken = new Promise<never>((_, reject) => {
      client.on('error', reject);
      client.on('end', () => reject(new Error('the connection was closed')));
    });
    broken.catch(() => undefined);
    client.on('notification', () => wake.resolve());
    try {
      await client.connect();
      await client.query('listen loom_event');
      while (!stopping.signal.aborted) {
        wake = Promise.withResolvers();
        await look(client);
        await Promise.race([wake.promise, broken]);
      }
    } finally {
      await client.end().catch(() => undefined);
    }
  }

  const running = (async () => {
    while (!stopping.signal.aborted) {
      // Whatever went wrong is Postgres being away, which is what this program does to it.
      await session().catch(() => delay(RECONNECT_MS));
    }
  })();

  return {
    async until(beadId, fits, withinMs) {
      const found = Promise.withResolvers<WatchedEvent>();
      const waiter: Waiter = { beadId, fits, found: found.resolve, seen: [] };
      waiters.add(waiter);
      wake.resolve();
      const late = setTimeout(() => {
        const seen = waiter.seen.map(({ type, data }) => `  ${type} ${JSON.stringify(data).slice(0, 200)}`).join('\n');
        found.reject(new Error(`No such event of ${beadId} within ${withinMs} ms; there were:\n${seen}`));
      }, withinMs);
      try {
        return await found.promise;
      } finally {
        clearTimeout(late);
        waiters.delete(waiter);
      }
    },
    async close() {
      stopping.abort();
      wake.resolve();
      await running;
    },
  };
}
