// Outbox, relay, JetStream and the stream of events, on real Postgres and a NATS server that is killed and wiped on the way.
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect as connectSocket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type NatsConnection, connect } from 'nats';
import { Client } from 'pg';
import { type CloudEvent, cloudEventSchema } from '../../events/cloud-event.ts';
import { type EventBus, eventSubject, openEventBus, streamName } from '../../events/nats.ts';
import { type Relay, startRelay } from '../../events/relay.ts';
import { insertBead } from '../../store/beads.ts';
import { insertEvent } from '../../store/events.ts';
import { insertProject } from '../../store/projects.ts';
import { type Stack, startStack } from '../../up/stack.ts';
import { type TestApi, startApi } from '../support/api.ts';
import { type EventReader, readEvents } from '../support/event-reader.ts';
import { type TestInstance, createInstance } from '../support/instance.ts';

const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, n) => from + n);

/** A server of this file's own, because it is killed. */
let natsFolder: string;
let natsServer: Stack;

beforeAll(async () => {
  natsFolder = await mkdtemp(join(tmpdir(), 'loom-nats-'));
  const { LOOM_NATS_URL: _, ...env } = process.env;
  natsServer = await startStack({ dataDir: natsFolder, parts: ['nats'], ports: 'free', env, durable: false });
});

afterAll(async () => {
  await natsServer?.stop();
  await rm(natsFolder, { recursive: true, force: true });
});

let instance: TestInstance;
let bus: EventBus;
let relay: Relay;
let api: TestApi;
let readers: EventReader[];
let written: number;
const silent = (): void => undefined;

const newRelay = (onto: EventBus = bus): Relay =>
  startRelay({
    databaseUrl: instance.config.databaseUrl,
    instance: instance.config.instance,
    bus: onto,
    retentionDays: instance.config.events.retentionDays,
    log: silent,
  });

beforeEach(async () => {
  instance = await createInstance({ LOOM_NATS_URL: natsServer.endpoints.nats });
  readers = [];
  written = 0;
  for (const id of ['pj-a', 'pj-b']) {
    await insertProject(instance.database, {
      id,
      name: `name-of-${id}`,
      repository: '/nowhere',
      branch: 'main',
      checks: null,
      setupCommand: null,
      protectedPaths: [],
      landing: 'hub',
    });
  }
  bus = openEventBus({ url: instance.config.natsUrl, instance: instance.config.instance, log: silent });
  relay = newRelay();
  api = await startApi(instance.config);
});

afterEach(async () => {
  for (const reader of readers) reader.close();
  await api.close();
  await relay.stop();
  await bus.close();
  await instance.dispose();
});

/** Inserts events as transactions of the product do. */
async function happen(
  count: number,
  about: { beadId?: string; projectId?: string; type?: string } = {},
): Promise<void> {
  for (let n = 0; n < count; n++) {
    written += 1;
    await insertEvent(instance.database, {
      id: `event-${written}`,
      projectId: about.projectId ?? 'pj-a',
      beadId: about.beadId ?? 'bd-a',
      type: about.type ?? 'run.result',
      data: { n: written },
    });
  }
}

async function follow(query: string, headers: Record<string, string> = {}): Promise<EventReader> {
  const reader = await readEvents(api, query, headers);
  readers.push(reader);
  return reader;
}

const makeBead = (id: string, projectId = 'pj-a') =>
  insertBead(
    instance.database,
    {
      id,
      projectId,
      type: 'bug',
      title: id,
      description: '',
      priority: 2,
      failingTests: [],
      provider: 'repairer',
      fleet: 'agents',
      maxAttempts: 2,
    },
    null,
  );

describe('the stream of events', () => {
  test('brings what has happened and what happens, each once, in order', async () => {
    await happen(30);
    const reader = await follow('?after=0');
    expect(await reader.ids(30)).toEqual(range(1, 30));
    await happen(30);
    expect(await reader.ids(30)).toEqual(range(31, 60));
  });

  test('brings events in the form of CloudEvents, under their type', async () => {
    await happen(1, { type: 'run.assistant' });
    const message = await (await follow('?after=0')).next();
    expect(message).toMatchObject({ id: '1', event: 'run.assistant' });
    expect(cloudEventSchema.strict().parse(JSON.parse(message?.data ?? ''))).toMatchObject({
      id: 'event-1',
      source: `/loom/${instance.config.instance}`,
      subject: 'bd-a',
      data: { n: 1 },
      seq: 1,
    });
  });

  test('begins now unless it is told otherwise', async () => {
    await happen(5);
    expect(await (await follow('?after=0')).ids(5)).toHaveLength(5);
    const reader = await follow('');
    await happen(2);
    expect(await reader.ids(2)).toEqual([6, 7]);
  });

  test('begins for one bead with its first event, and brings no other', async () => {
    await makeBead('bd-one');
    await happen(3, { beadId: 'bd-two' });
    await happen(2, { beadId: 'bd-one' });
    const reader = await follow('?bead=bd-one');
    const types = [await reader.next(), await reader.next(), await reader.next()].map((event) => event?.event);
    expect(types).toEqual(['bead.created', 'run.result', 'run.result']);
    await happen(1, { beadId: 'bd-two' });
    await happen(1, { beadId: 'bd-one' });
    expect(await reader.ids(1)).toEqual([8]);
  });

  test('brings the events of one project, named by id or by name', async () => {
    const readersOfB = [await follow('?project=pj-b'), await follow('?project=name-of-pj-b')];
    await happen(2, { projectId: 'pj-a' });
    await happen(1, { projectId: 'pj-b' });
    for (const reader of readersOfB) expect(await reader.ids(1)).toEqual([3]);
  });

  test('goes on where a client left off, without gap or repeat', async () => {
    await happen(10);
    const first = await follow('?after=0');
    const seen = await first.ids(4);
    first.close();
    await happen(10);
    const second = await follow('?after=0', { 'last-event-id': String(seen.at(-1)) });
    expect(await second.ids(16)).toEqual(range(5, 20));
  });

  test('catches up over several pages while more arrives', async () => {
    await instance.database.query(
      `insert into event (id, project_id, bead_id, type, data) select 'many-' || n, 'pj-a', 'bd-a', 'run.result', '{}' from generate_series(1, 1800) n`,
    );
    const reader = await follow('?after=0');
    const more = happen(100);
    expect(await reader.ids(1_900)).toEqual(range(1, 1_900));
    await more;
  });

  test('says reset to a client whose events are not kept, and to one from another database', async () => {
    await happen(10);
    await (await follow('?after=0')).ids(10);
    await instance.database.query('delete from event where seq <= 5');
    // The one that brought them has them in memory still.
    await api.close();
    api = await startApi(instance.config);
    for (const [after, from] of [
      [2, 5],
      [900, 10],
    ] as const) {
      const reader = await follow('', { 'last-event-id': String(after) });
      expect(await reader.next()).toMatchObject({ id: String(from), event: 'reset' });
    }
    const reader = await follow('?after=5');
    expect(await reader.ids(5)).toEqual(range(6, 10));
  });

  test('ends with the event that ends the bead, for a client that asks for it, also when it comes back later', async () => {
    await makeBead('bd-end');
    const reader = await follow('?bead=bd-end&until=terminal');
    expect((await reader.next())?.event).toBe('bead.created');
    await instance.database.query(`update bead set status = 'closed' where id = 'bd-end'`);
    await happen(1, { beadId: 'bd-end', type: 'bead.closed' });
    expect((await reader.next())?.event).toBe('bead.closed');
    expect(await reader.next()).toBeUndefined();
    const again = await follow('?bead=bd-end&until=terminal', { 'last-event-id': '2' });
    expect(await again.next()).toBeUndefined();
  });
});

describe('a client that does not read', () => {
  test('keeps nobody else waiting, and misses nothing when it reads again', async () => {
    const { hostname, port, pathname } = new URL(`${api.url}/events/stream`);
    const socket = connectSocket(Number(port), hostname);
    await once(socket, 'connect');
    socket.write(`GET ${pathname}?after=0 HTTP/1.1\r\nHost: loom\r\nAuthorization: Bearer ${api.key}\r\n\r\n`);
    // More than the sockets of both sides hold.
    await instance.database.query(
      `insert into event (id, project_id, bead_id, type, data)
       select 'large-' || n, 'pj-a', 'bd-a', 'run.result', jsonb_build_object('text', repeat('x', 8000)) from generate_series(1, 4000) n`,
    );
    const attentive = await follow('?after=0');
    expect(await attentive.ids(4_000)).toEqual(range(1, 4_000));
    const seen: number[] = [];
    let rest = '';
    for await (const chunk of socket.setEncoding('latin1')) {
      // An id is cut in two where a chunk ends in its middle.
      const lines = (rest + String(chunk)).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) if (line.startsWith('id: ')) seen.push(Number(line.slice(4)));
      if (seen.at(-1) === 4_000) break;
    }
    expect(seen).toEqual(range(1, 4_000));
  });
});

describe('when NATS goes away', () => {
  test('a client sees neither gap nor repeat when the server is killed and comes back', async () => {
    const reader = await follow('?after=0');
    await happen(20);
    expect(await reader.ids(20)).toEqual(range(1, 20));
    natsServer.part('nats').kill('SIGKILL');
    await happen(20);
    expect(await reader.ids(20)).toEqual(range(21, 40));
    await happen(5);
    expect(await reader.ids(5)).toEqual(range(41, 45));
    expect(natsServer.part('nats').restarts).toBeGreaterThan(0);
  });

  test('what happens meanwhile is numbered at once and can be read', async () => {
    natsServer.part('nats').kill('SIGKILL');
    await happen(3);
    expect(await (await follow('?after=0')).ids(3)).toEqual([1, 2, 3]);
  });

  test('a stream that was deleted is made anew, and clients notice nothing', async () => {
    const reader = await follow('?after=0');
    await happen(5);
    expect(await reader.ids(5)).toEqual(range(1, 5));
    const nats = await connect({ servers: instance.config.natsUrl });
    const jsm = await nats.jetstreamManager();
    await jsm.streams.delete(streamName(instance.config.instance));
    await happen(5);
    expect(await reader.ids(5)).toEqual(range(6, 10));
    expect((await jsm.streams.info(streamName(instance.config.instance))).config.subjects).toEqual([
      `${instance.config.instance}.events.>`,
    ]);
    await nats.close();
  });
});

describe('the relay', () => {
  /** Every event that JetStream has, oldest first. */
  async function onStream(nats: NatsConnection, count: number): Promise<CloudEvent[]> {
    const name = streamName(instance.config.instance);
    const consumer = await nats.jetstream().consumers.get(name);
    const events: CloudEvent[] = [];
    for await (const message of await consumer.consume()) {
      const event = cloudEventSchema.parse(message.json());
      expect(message.subject).toBe(eventSubject(instance.config.instance, event));
      events.push(event);
      if (events.length === count) break;
    }
    return events;
  }

  test('publishes each event once and in order, though several relays start', async () => {
    const nats = await connect({ servers: instance.config.natsUrl });
    const published: number[] = [];
    const counting: EventBus = {
      ...bus,
      publish: (events) => {
        published.push(...events.map(({ seq }) => seq));
        return bus.publish(events);
      },
    };
    await relay.stop();
    relay = newRelay(counting);
    const rivals = [newRelay(counting), newRelay(counting)];
    await Promise.all([happen(40), happen(40), happen(40)]);
    await (await follow('?after=0')).ids(120);
    const events = await onStream(nats, 120);
    await Promise.all(rivals.map((rival) => rival.stop()));
    expect(events.map(({ seq }) => seq)).toEqual(range(1, 120));
    // Not only because JetStream drops repeats.
    expect(published).toEqual(range(1, 120));
    await nats.close();
  });

  test('hands over to the next one when it stops, and when its connection is cut', async () => {
    const reader = await follow('?after=0');
    await happen(3);
    expect(await reader.ids(3)).toEqual([1, 2, 3]);
    const next = newRelay();
    await relay.stop();
    await happen(3);
    expect(await reader.ids(3)).toEqual([4, 5, 6]);
    const cut = await instance.database.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'loom relay' and datname = current_database()`,
    );
    expect(cut.rows).toHaveLength(1);
    await happen(3);
    expect(await reader.ids(3)).toEqual([7, 8, 9]);
    await next.stop();
  });

  test('publishes later what it could not publish when it stopped', async () => {
    await relay.stop();
    await happen(4);
    const reader = await follow('?after=0');
    relay = newRelay();
    expect(await reader.ids(4)).toEqual([1, 2, 3, 4]);
    const nats = await connect({ servers: instance.config.natsUrl });
    expect((await onStream(nats, 4)).map(({ id }) => id)).toEqual(['event-1', 'event-2', 'event-3', 'event-4']);
    await nats.close();
  });

  test('deletes what is older than is kept, once it is published, and goes on counting', async () => {
    await happen(12);
    const reader = await follow('?after=0');
    await reader.ids(12);
    const { database } = instance;
    await relay.stop();
    // The fifth is young, as one that waited long for its transaction to begin: what comes after it stays as well.
    await database.query(`update event set at = now() - interval '31 days' where seq <> 5`);
    // It may have been stopped between publishing and saying so.
    await database.query('update event_relay set published = 12');
    const deleted = new Client({ connectionString: instance.config.databaseUrl });
    await deleted.connect();
    await deleted.query(`
      create function told_deleted() returns trigger language plpgsql as $$
      begin perform pg_notify('deleted', ''); return null; end $$;
      create trigger event_deleted after delete on event for each statement execute function told_deleted();
      listen deleted`);
    const told = once(deleted, 'notification', { signal: AbortSignal.timeout(20_000) });
    relay = newRelay();
    await told;
    await deleted.end();
    await happen(1);
    expect(await reader.ids(1)).toEqual([13]);
    expect((await database.query('select seq from event order by seq')).rows).toEqual(
      range(5, 13).map((seq) => ({ seq })),
    );
  });
});
