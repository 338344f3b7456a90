// git_status: what the run has changed so far.
import { z } from 'zod';
import { ok } from '../action.ts';
import type { Action } from '../action.ts';

const input = z.strictObject({});
const WORDS = { A: 'added', M: 'modified', D: 'deleted', T: 'type changed' } as const;

/** data: { changes: [{ status, path }] } */
export const gitStatus: Action<z.infer<typeof input>> = {
  name: 'git_status',
  summary: 'Lists the files that differ from the commit that the work started on, new files included.',
  class: 'read',
  input,
  async run(_, { workspace }) {
    const changes = (await workspace.status()).map(({ status, path }) => ({ status: WORDS[status], path }));
    const text = changes.map(({ status, path }) => `${status} ${path}`).join('\n');
    return ok(text || 'Nothing has changed.', { changes });
  },
};
