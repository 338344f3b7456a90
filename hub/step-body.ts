// What a host may append to a transcript: results of actions, and nothing that could pass for a model or a person.
import { z } from 'zod';
import type { ResultStep } from '../domain/step.ts';

const resultSchema: z.ZodType<ResultStep> = z.object({
  kind: z.literal('result'),
  callId: z.string().max(200),
  action: z.string().max(100),
  status: z.enum(['ok', 'error']),
  code: z.exactOptional(z.string().max(100)),
  text: z.string().max(500_000),
  data: z.exactOptional(z.json()),
  durationMs: z.number().nonnegative(),
  end: z.exactOptional(
    z.object({
      kind: z.enum(['done', 'escalate']),
      summary: z.string().max(20_000),
      confidence: z.exactOptional(z.number().min(0).max(1)),
    }),
  ),
});

export const stepBodySchema = z.object({
  content: resultSchema,
  checkpoint: z
    .string()
    .regex(/^[0-9a-f]{40,64}$/)
    .nullable(),
});
