// done: the agent's word that the work is complete. It ends the run and nothing else: the gate decides.
import { z } from 'zod';
import type { Action } from '../action.ts';

const input = z.strictObject({
  summary: z.string().min(1).max(4_000).describe('What was changed and why, for the person who reads the change.'),
  evidence: z
    .string()
    .max(8_000)
    .optional()
    .describe('What shows that it works: tests that were run and how they ended.'),
  confidence: z.number().min(0).max(1).optional().describe('How sure you are that this is what was asked for.'),
});

export const done: Action<z.infer<typeof input>> = {
  name: 'done',
  summary: 'Ends the work: everything asked for is done and its tests pass. The change is then checked independently.',
  class: 'end',
  input,
  run: ({ summary, evidence, confidence }) =>
    Promise.resolve({
      status: 'ok',
      text: 'The work is handed over to be checked.',
      end: {
        kind: 'done',
        summary,
        ...(confidence === undefined ? {} : { confidence }),
        ...(evidence === undefined ? {} : { evidence }),
      },
    }),
};
