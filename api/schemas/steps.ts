// Public shape of a transcript. Checked against the domain's, so that the two cannot drift apart.
import { z } from 'zod';
import type { Json, StepContent } from '../../domain/step.ts';
import { limit, sequence } from './text.ts';

const json = z.custom<Json>();

const contentSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('assistant'),
    text: z.string(),
    calls: z.array(z.object({ id: z.string(), action: z.string(), arguments: json })).readonly(),
    provider: z.string(),
    model: z.string(),
    usage: z.object({ inputTokens: z.number(), outputTokens: z.number() }),
  }),
  z.object({
    kind: z.literal('result'),
    callId: z.string(),
    action: z.string(),
    status: z.enum(['ok', 'error']),
    code: z.string().exactOptional(),
    text: z.string(),
    data: json.exactOptional(),
    durationMs: z.number(),
    end: z
      .object({ kind: z.enum(['done', 'escalate']), summary: z.string(), confidence: z.number().exactOptional() })
      .exactOptional(),
  }),
  z.object({ kind: z.literal('message'), from: z.enum(['loom', 'person']), text: z.string() }),
]) satisfies z.ZodType<StepContent>;

export const stepPageSchema = z
  .object({
    steps: z
      .array(
        z
          .object({
            runId: z.string(),
            step: z.int(),
            content: contentSchema,
            checkpoint: z.string().nullable().describe('Commit of the workspace, where the step changed it.'),
            at: z.string(),
          })
          .meta({ id: 'Step' }),
      )
      .readonly(),
    next: z.int().nullable().describe('Give it as `after` for the next page; null on the last one.'),
  })
  .meta({ id: 'StepPage' });

export const listStepsSchema = z.strictObject({ after: sequence.default(0), limit: limit(100, 500) });
