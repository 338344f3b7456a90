// Edits are plain replacements of text ranges of the original, so whatever they do not touch keeps its formatting.

/** Replaces `[start, end)` of a file, in UTF-16 offsets; `start === end` inserts. */
export interface Edit {
  readonly file: string;
  readonly start: number;
  readonly end: number;
  readonly replacement: string;
}

/** Applies edits of one file; they may come in any order. @throws RangeError when two overlap or one leaves the text. */
export function applyEdits(text: string, edits: readonly Omit<Edit, 'file'>[]): string {
  const sorted = edits.toSorted((a, b) => a.start - b.start || a.end - b.end);
  let out = '';
  let at = 0;
  for (const { start, end, replacement } of sorted) {
    if (start < at || end < start || end > text.length) {
      throw new RangeError(`edit ${start}..${end} overlaps another one or leaves the text (${text.length} characters)`);
    }
    out += text.slice(at, start) + replacement;
    at = end;
  }
  return out + text.slice(at);
}

/** 1-based line of an offset. */
export function lineAt(text: string, offset: number): number {
  let line = 1;
  for (let i = text.indexOf('\n'); i !== -1 && i < offset; i = text.indexOf('\n', i + 1)) line++;
  return line;
}
