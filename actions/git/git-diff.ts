// git_diff: the change itself.
import { z } from 'zod';
import { failed, ok } from '../action.ts';
import { GitError } from '../../workspace/git.ts';
import type { Action } from '../action.ts';

const input = z.strictObject({
  base: z
    .string()
    .regex(/^[0-9a-f]{7,40}$/)
    .optional()
    .describe('Commit to compare with; the one that the work started on where absent.'),
});

/** data: { diff } */
export const gitDiff: Action<z.infer<typeof input>> = {
  name: 'git_diff',
  summary: 'Shows all changes as a unified diff, new files included.',
  class: 'read',
  input,
  async run({ base }, { workspace }) {
    try {
      const diff = await workspace.diff(base);
      return ok(diff || 'Nothing has changed.', { diff });
    } catch (error) {
      if (
        error instanceof GitError &&
        base !== undefined &&
        /bad object|unknown revision|Not a valid|ambiguous/i.test(error.stderr)
      ) {
        return failed('NOT_FOUND', `There is no commit ${base} in this workspace.`);
      }
      throw error;
    }
  },
};
