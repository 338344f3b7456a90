// read_file: the lines of a text file, numbered.
import { z } from 'zod';
import { readFileIn } from '../../workspace/files.ts';
import { ok, TEXT_LIMIT_BYTES } from '../action.ts';
import { decodeText, notText } from '../text-file.ts';
import type { Action } from '../action.ts';

const input = z.strictObject({
  path: z.string().min(1).describe('File, relative to the project folder.'),
  range: z
    .strictObject({ start: z.int().min(1), end: z.int().min(1).optional() })
    .optional()
    .describe('Lines to read, counted from 1, both included; the whole file where absent.'),
});

/** data: { path, lines (in all), from, to (the last line shown), complete } */
export const readFile: Action<z.infer<typeof input>> = {
  name: 'read_file',
  summary: 'Reads a text file. Each line comes with its number and a tab, which are not part of the file.',
  class: 'read',
  input,
  async run({ path, range }, { workspace }) {
    const file = decodeText((await readFileIn(workspace.tree, path)).bytes);
    if (file === null) return notText(path);
    const lines = file.text.split(/\r?\n/);
    if (lines.at(-1) === '') lines.pop();
    const from = range?.start ?? 1;
    const last = Math.min(range?.end ?? lines.length, lines.length);
    const shown: string[] = [];
    let size = 0;
    for (let number = from; number <= last; number++) {
      const line = `${number}\t${lines[number - 1] ?? ''}`;
      size += Buffer.byteLength(line) + 1;
      // Pages end between lines; only a single line that is too long is left to the cut of every result.
      if (size > TEXT_LIMIT_BYTES - 200 && shown.length > 0) break;
      shown.push(line);
    }
    const to = from + shown.length - 1;
    const data = { path, lines: lines.length, from, to, complete: to >= last };
    if (shown.length === 0)
      return ok(`${path} has ${lines.length} lines${from > 1 ? `, none from ${from} on` : ''}.`, data);
    const more =
      to < last ? `\n... lines ${to + 1} to ${last} are left: read them with range {"start": ${to + 1}}` : '';
    return ok(shown.join('\n') + more, data);
  },
};
