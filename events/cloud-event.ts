// The shape in which an event leaves Loom: on JetStream, over SSE, in lists. Public, so it only grows.
import { z } from 'zod';
import type { LoomEvent } from '../store/events.ts';

export const cloudEventSchema = z
  .object({
    specversion: z.literal('1.0'),
    id: z.string().describe('Unique. An event may arrive twice; consumers drop the repeat by this id.'),
    source: z.string().describe('The installation that the event comes from, `/loom/<instance>`.'),
    type: z.string().describe('For example `bead.running`, `run.assistant` or `run.result`.'),
    subject: z.string().describe('The bead that it is about.'),
    time: z.string().describe('RFC 3339.'),
    datacontenttype: z.literal('application/json'),
    data: z.record(z.string(), z.unknown()),
    seq: z.int().min(1).describe('Position in the one order of all events, without gaps.'),
    projectId: z.string(),
    beadId: z.string(),
  })
  .meta({ id: 'Event' });

export type CloudEvent = z.infer<typeof cloudEventSchema>;

export const toCloudEvent = (event: LoomEvent, instance: string): CloudEvent => ({
  specversion: '1.0',
  id: event.id,
  source: `/loom/${instance}`,
  type: event.type,
  subject: event.beadId,
  time: event.at,
  datacontenttype: 'application/json',
  data: event.data,
  seq: event.seq,
  projectId: event.projectId,
  beadId: event.beadId,
});

/** An event with the bytes that every client of the stream is sent, so that they are made once. */
export interface OutgoingEvent {
  readonly event: CloudEvent;
  /** A server-sent event: number, type and the event itself. */
  readonly frame: Buffer;
}

export const outgoing = (event: CloudEvent): OutgoingEvent => ({
  event,
  frame: Buffer.from(`id: ${event.seq}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`),
});
