// escalate: the agent cannot or should not go on, and a person decides.
import { z } from 'zod';
import type { Action } from '../action.ts';

const input = z.strictObject({
  reason: z.string().min(1).max(4_000).describe('What stands in the way, what was tried, and what has to be decided.'),
  to: z.string().max(200).optional().describe('Who should decide, where you know.'),
});

export const escalate: Action<z.infer<typeof input>> = {
  name: 'escalate',
  summary: 'Ends the work without completing it and asks a person to decide. Use it instead of guessing.',
  class: 'end',
  input,
  run: ({ reason, to }) =>
    Promise.resolve({
      status: 'ok',
      text: 'A person is asked to decide.',
      end: { kind: 'escalate', summary: reason, ...(to === undefined ? {} : { evidence: { to } }) },
    }),
};
