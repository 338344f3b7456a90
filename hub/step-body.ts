// What a host may append to a transcript: results of actions, answers of a provider that hosts serve, and nothing that could pass
// for a person.
import { z } from 'zod';
import type { AssistantStep, ResultStep } from '../domain/step.ts';

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

const count = z.number().int().nonnegative();

const assistantSchema: z.ZodType<AssistantStep> = z.object({
  kind: z.literal('assistant'),
  text: z.string().max(500_000),
  calls: z.array(z.object({ id: z.string().max(200), action: z.string().max(100), arguments: z.json() })).max(100),
  provider: z.string().max(100),
  model: z.string().max(200),
  usage: z.object({ inputTokens: count, outputTokens: count }),
});

export const stepBodySchema = z.object({
  content: z.union([resultSchema, assistantSchema]),
  checkpoint: z
    .string()
    .regex(/^[0-9a-f]{40,64}$/)
    .nullable(),
});
