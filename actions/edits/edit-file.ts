// edit_file: one place of a file, or all of them, found by its text.
import { z } from 'zod';
import { readFileIn, writeFileIn } from '../../workspace/files.ts';
import { failed, ok } from '../action.ts';
import { refusalOf } from '../protected-path.ts';
import { decodeText, encodeText, notText } from '../text-file.ts';
import { findText, likelyLines, reindent } from './find-text.ts';
import { unifyLineEndings } from './line-endings.ts';
import type { Action } from '../action.ts';
import type { Match } from './find-text.ts';

const input = z.strictObject({
  path: z.string().min(1).describe('File, relative to the project folder.'),
  old: z
    .string()
    .min(1)
    .describe('The text to replace, as it stands in the file; it must occur once unless all is true.'),
  new: z.string().describe('What to put in its place.'),
  all: z.boolean().default(false).describe('Replace every occurrence.'),
});

/** data: { path, tier, replacements, lines: [{ from, to }] }, lines as they were before the edit */
export const editFile: Action<z.infer<typeof input>> = {
  name: 'edit_file',
  summary:
    'Replaces text in a file. The text is looked for exactly first, then with growing tolerance for whitespace; the answer says how it was found. If it occurs more than once, give more of its surroundings.',
  class: 'change',
  input,
  async run({ path, old, new: replacement, all }, context) {
    const refusal = refusalOf(path, context);
    if (refusal !== null) return refusal;
    const { bytes, mode } = await readFileIn(context.workspace.tree, path);
    const file = decodeText(bytes);
    if (file === null) return notText(path);
    const unified = unifyLineEndings(file.text);
    const wanted = old.replaceAll('\r\n', '\n');
    const given = replacement.replaceAll('\r\n', '\n');
    if (wanted === given) return failed('BAD_ARGUMENTS', 'old and new are the same: nothing would change.');
    const found = findText(unified.text, wanted);
    if (found === null) {
      const likely = likelyLines(unified.text, wanted);
      const hint = likely.length > 0 ? ` Similar lines: ${likely.join(', ')}.` : '';
      return failed(
        'NO_MATCH',
        `The text does not occur in ${path}.${hint} Read the file and give the text as it stands.`,
        { path, likely },
      );
    }
    const lines = found.matches.map(({ fromLine, toLine }) => ({ from: fromLine, to: toLine }));
    if (found.matches.length > 1 && !all) {
      return failed(
        'AMBIGUOUS',
        `The text occurs ${lines.length} times in ${path} (${found.tier}), at lines ${lines
          .slice(0, 20)
          .map(({ from }) => from)
          .join(', ')}. Give more of its surroundings, or set all.`,
        { path, tier: found.tier, lines },
      );
    }
    const put = (match: Match): string => {
      const place = unified.text.slice(match.start, match.end);
      // The looser tiers match whole lines without the last one's end, so the replacement comes without it too.
      const body = found.tier === 'exact' ? given : reindent(trimOuterBlankLines(given), wanted, place, found.tier);
      return unified.fromUnified(body);
    };
    let text = '';
    let at = 0;
    for (const match of found.matches) {
      text += file.text.slice(at, unified.toOriginal(match.start)) + put(match);
      at = unified.toOriginal(match.end);
    }
    const encoded = encodeText({ ...file, text: text + file.text.slice(at) });
    if (encoded === null) {
      return failed('NOT_TEXT', `${path} is encoded as ${file.encoding}, which lacks a character of the new text.`, {
        path,
      });
    }
    await writeFileIn(context.workspace.tree, path, encoded, mode);
    const where = lines.map(({ from, to }) => (from === to ? `line ${from}` : `lines ${from} to ${to}`));
    const how = found.tier === 'exact' ? '' : `, found by the tier "${found.tier}"`;
    return ok(`Edited ${path}: ${where.slice(0, 20).join(', ')}${how}.`, {
      path,
      tier: found.tier,
      replacements: lines.length,
      lines,
    });
  },
};

function trimOuterBlankLines(text: string): string {
  return text.replace(/^(?:[\t ]*\n)+/, '').replace(/(?:\n[\t ]*)+$/, '');
}
