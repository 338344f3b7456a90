// How every error looks: RFC 9457, with a stable code, the reason, and what to do next.
import { z } from 'zod';

export const problemSchema = z
  .object({
    type: z.string().describe('`urn:loom:problem:<code>`.'),
    title: z.string(),
    status: z.int(),
    detail: z.string().describe('What happened and why.'),
    code: z.string().describe('Stable; decide by it.'),
    next: z.string().describe('What to do now.'),
    errors: z
      .array(z.object({ path: z.string().describe('For example `body.title` or `query.limit`.'), message: z.string() }))
      .optional()
      .describe('Each input that is wrong.'),
  })
  .meta({ id: 'Problem' });

export type Problem = z.infer<typeof problemSchema>;
