// Public shapes of the event log. An event itself is described where it is made, in events/.
import { z } from 'zod';
import { cloudEventSchema } from '../../events/cloud-event.ts';
import { idText, limit, sequence } from './text.ts';

const filter = {
  bead: idText.optional().describe('Only events of this bead.'),
  project: idText.optional().describe('Only events of this project; id or name.'),
};

export const listEventsSchema = z.strictObject({ ...filter, after: sequence.default(0), limit: limit(100, 1_000) });

export const eventPageSchema = z
  .object({
    events: z.array(cloudEventSchema).readonly(),
    next: z.int().nullable().describe('Give it as `after` for the next page; null when this is all there is now.'),
  })
  .meta({ id: 'EventPage' });

export const streamEventsSchema = z.strictObject({
  ...filter,
  after: sequence
    .optional()
    .describe('Number of the last event already seen; the header Last-Event-ID says the same and counts more.'),
  until: z.literal('terminal').optional().describe('With `bead`: the stream ends after the event that ends the bead.'),
});
