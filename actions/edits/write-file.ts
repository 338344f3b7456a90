// write_file: a file as a whole.
import { z } from 'zod';
import { kindIn, writeFileIn } from '../../workspace/files.ts';
import { ok } from '../action.ts';
import { refusalOf } from '../protected-path.ts';
import type { Action } from '../action.ts';

const input = z.strictObject({
  path: z.string().min(1).describe('File, relative to the project folder. Missing folders are created.'),
  content: z.string().describe('The whole new content, in UTF-8.'),
});

/** data: { path, bytes, created } */
export const writeFile: Action<z.infer<typeof input>> = {
  name: 'write_file',
  summary: 'Creates a file or replaces all of its content. To change a part of a file, use edit_file.',
  class: 'change',
  input,
  async run({ path, content }, context) {
    const refusal = refusalOf(path, context);
    if (refusal !== null) return refusal;
    const created = (await kindIn(context.workspace.tree, path)) === null;
    const bytes = Buffer.from(content, 'utf8');
    await writeFileIn(context.workspace.tree, path, bytes);
    return ok(`${created ? 'Created' : 'Replaced'} ${path} (${bytes.length} bytes).`, {
      path,
      bytes: bytes.length,
      created,
    });
  },
};
