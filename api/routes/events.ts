// The event log, as a list and as a stream.
import type { Database } from '../../store/database.ts';
import { type EventFilter, eventsAfter } from '../../store/events.ts';
import { getBead } from '../../store/beads.ts';
import { getProject } from '../../store/projects.ts';
import { toCloudEvent } from '../../events/cloud-event.ts';
import type { EventStreams } from '../event-stream.ts';
import { InvalidRequest, type Route, route, streamRoute } from '../route.ts';
import { eventPageSchema, listEventsSchema, streamEventsSchema } from '../schemas/events.ts';
import { sequence } from '../schemas/text.ts';

export interface EventDependencies {
  readonly database: Database;
  readonly instance: string;
  readonly streams: EventStreams;
}

export function eventRoutes({ database, instance, streams }: EventDependencies): readonly Route[] {
  /** @throws NOT_FOUND rather than to wait for events of something that does not exist. */
  const filterOf = async (query: {
    readonly bead?: string | undefined;
    readonly project?: string | undefined;
  }): Promise<EventFilter> => {
    const [bead, project] = await Promise.all([
      query.bead === undefined ? undefined : getBead(database, query.bead),
      query.project === undefined ? undefined : getProject(database, query.project),
    ]);
    return { ...(bead && { beadId: bead.id }), ...(project && { projectId: project.id }) };
  };

  return [
    route({
      method: 'get',
      path: '/events',
      summary: 'List events in order',
      query: listEventsSchema,
      responses: { 200: { description: 'A page of events.', schema: eventPageSchema } },
      async handle({ query }) {
        const events = await eventsAfter(database, query.after, await filterOf(query), query.limit);
        const next = events.length === query.limit ? (events.at(-1)?.seq ?? null) : null;
        return { status: 200, body: { events: events.map((event) => toCloudEvent(event, instance)), next } };
      },
    }),
    streamRoute({
      method: 'get',
      path: '/events/stream',
      summary: 'Follow events (server-sent events)',
      description:
        "`id` is the event's number, `event` its type, `data` the event. A client that reconnects with Last-Event-ID misses nothing. " +
        'A stream begins now, or for one bead at its first event, unless Last-Event-ID or `after` says otherwise. The event `reset` says ' +
        'that events between the given number and `data.seq` are not kept: load the present state anew, then go on.',
      headers: { 'Last-Event-ID': 'Number of the last event already seen.' },
      query: streamEventsSchema,
      responses: { 200: { description: 'Events, without end.', mediaType: 'text/event-stream' } },
      async stream({ query, header }, response) {
        if (query.until !== undefined && query.bead === undefined) {
          throw new InvalidRequest([{ path: 'query.until', message: 'needs `bead`: only a bead has an end' }]);
        }
        const after = lastEventId(header('Last-Event-ID')) ?? query.after ?? (query.bead === undefined ? 'now' : 0);
        const filter = await filterOf(query);
        await streams.serve(response, { filter, after, untilTerminal: query.until === 'terminal' });
      },
    }),
  ];
}

function lastEventId(given: string | undefined): number | undefined {
  if (given === undefined || given === '') return undefined;
  const result = sequence.safeParse(given);
  if (result.success) return result.data;
  throw new InvalidRequest([{ path: 'headers.Last-Event-ID', message: 'must be the number of an event' }]);
}
