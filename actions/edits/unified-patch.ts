// Reads unified diffs as models and git write them, and applies hunks to text. Pure.

export interface Hunk {
  /** Line of the old file that the header names, from 1; 0 for a file that is created. */
  readonly oldStart: number;
  readonly lines: readonly { readonly kind: ' ' | '-' | '+'; readonly text: string }[];
  /** The last old or new line has no line end. */
  readonly noEndOld: boolean;
  readonly noEndNew: boolean;
}

export interface FilePatch {
  /** Null for a file that is created. */
  readonly oldPath: string | null;
  /** Null for a file that is deleted. */
  readonly newPath: string | null;
  readonly hunks: readonly Hunk[];
  /** Permission bits that the patch asks for. */
  readonly mode?: number;
}

/** Why a patch cannot be read or applied, told by line or hunk. */
export class PatchError extends Error {
  override readonly name = 'PatchError';
}

/** @throws PatchError */
export function parsePatch(patch: string): FilePatch[] {
  const lines = patch.replaceAll('\r\n', '\n').split('\n');
  if (lines.at(-1) === '') lines.pop();
  const files: FilePatch[] = [];
  let at = 0;
  while (at < lines.length) {
    const line = lines[at] ?? '';
    if (line.startsWith('diff --git ') || (line.startsWith('--- ') && lines[at + 1]?.startsWith('+++ '))) {
      const parsed = parseFile(lines, at);
      files.push(parsed.file);
      at = parsed.next;
    } else if (line.startsWith('@@')) {
      throw new PatchError(`line ${at + 1}: a hunk without "--- old" and "+++ new" lines before it`);
    } else at++; // prose around a diff
  }
  if (files.length === 0) throw new PatchError('it names no file: "--- a/path" and "+++ b/path" lines are missing');
  return files;
}

function parseFile(lines: readonly string[], start: number): { file: FilePatch; next: number } {
  let at = start;
  let oldPath: string | null | undefined;
  let newPath: string | null | undefined;
  let mode: number | undefined;
  let created = false;
  let deleted = false;
  const header = /^diff --git (?:a\/)?(.+) b\/(.+)$/.exec(lines[at] ?? '');
  if (lines[at]?.startsWith('diff --git ')) at++;
  for (; at < lines.length; at++) {
    const line = lines[at] ?? '';
    if (line.startsWith('@@') || line.startsWith('diff --git ')) break;
    if (line.startsWith('--- ') && lines[at + 1]?.startsWith('+++ ')) {
      if (oldPath !== undefined && newPath !== undefined && header === null) break;
      oldPath = pathOf(line.slice(4), 'a/');
      newPath = pathOf((lines[at + 1] ?? '').slice(4), 'b/');
      at++;
    } else if (line.startsWith('rename from ')) oldPath = line.slice(12);
    else if (line.startsWith('rename to ')) newPath = line.slice(10);
    else if (line.startsWith('new file mode ')) [created, mode] = [true, Number.parseInt(line.slice(-3), 8)];
    else if (line.startsWith('new mode ')) mode = Number.parseInt(line.slice(-3), 8);
    else if (line.startsWith('deleted file mode ')) deleted = true;
    else if (line.startsWith('GIT binary patch') || line.startsWith('Binary files ')) {
      throw new PatchError(`line ${at + 1}: binary patches cannot be applied; write the file in another way`);
    } else if (!/^(index |similarity |old mode |copy )/.test(line)) break;
  }
  if (oldPath === undefined) oldPath = created ? null : header?.[1];
  if (newPath === undefined) newPath = deleted ? null : header?.[2];
  if (oldPath === undefined || newPath === undefined)
    throw new PatchError(`line ${start + 1}: the file's path is missing`);
  const hunks: Hunk[] = [];
  while (lines[at]?.startsWith('@@')) {
    const parsed = parseHunk(lines, at);
    hunks.push(parsed.hunk);
    at = parsed.next;
  }
  return { file: { oldPath, newPath, hunks, ...(mode === undefined ? {} : { mode }) }, next: Math.max(at, start + 1) };
}

function parseHunk(lines: readonly string[], start: number): { hunk: Hunk; next: number } {
  const head = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/.exec(lines[start] ?? '');
  if (head === null) throw new PatchError(`line ${start + 1}: a hunk starts with "@@ -line,count +line,count @@"`);
  let oldLeft = Number(head[2] ?? 1);
  let newLeft = Number(head[4] ?? 1);
  const body: { kind: ' ' | '-' | '+'; text: string }[] = [];
  let noEndOld = false;
  let noEndNew = false;
  let at = start + 1;
  for (; at < lines.length; at++) {
    const line = lines[at] ?? '';
    if (line.startsWith('\\')) {
      const last = body.at(-1)?.kind;
      noEndOld ||= last !== '+';
      noEndNew ||= last !== '-';
      continue;
    }
    if (oldLeft <= 0 && newLeft <= 0) break;
    const kind = line === '' ? ' ' : line[0]; // editors strip the blank of an empty context line
    if (kind !== ' ' && kind !== '-' && kind !== '+') break;
    if (kind !== '+') oldLeft--;
    if (kind !== '-') newLeft--;
    body.push({ kind, text: line.slice(1) });
  }
  if (oldLeft !== 0 || newLeft !== 0) {
    throw new PatchError(`line ${start + 1}: the hunk has other numbers of lines than its header says`);
  }
  return { hunk: { oldStart: Number(head[1]), lines: body, noEndOld, noEndNew }, next: at };
}

function pathOf(text: string, prefix: string): string | null {
  const path = text.split('\t')[0]?.trim() ?? '';
  if (path === '/dev/null') return null;
  const plain = path.startsWith('"') && path.endsWith('"') ? path.slice(1, -1) : path;
  return plain.startsWith(prefix) ? plain.slice(prefix.length) : plain;
}

/**
 * Applies hunks to a text. A hunk goes where its lines stand: at the line named, else at the nearest one. Lines keep their
 * endings; added ones get the ending that the text uses most.
 * @throws PatchError naming the hunk that does not fit
 */
export function applyHunks(text: string, hunks: readonly Hunk[]): string {
  const endsWithLine = text === '' || text.endsWith('\n');
  const lines = text === '' ? [] : (endsWithLine ? text.slice(0, -1) : text).split('\n');
  const returns = lines.filter((line) => line.endsWith('\r')).length;
  const ending = returns * 2 > lines.length ? '\r' : '';
  const out: string[] = [];
  let at = 0;
  let drift = 0;
  let noEnd = !endsWithLine;
  for (const [index, hunk] of hunks.entries()) {
    const old = hunk.lines.filter(({ kind }) => kind !== '+').map((line) => line.text);
    const named = hunk.oldStart === 0 ? 0 : hunk.oldStart - (old.length === 0 ? 0 : 1);
    const place = nearest(lines, old, at, named + drift);
    if (place === null) {
      const first = old.find((line) => line.trim() !== '') ?? '';
      throw new PatchError(
        `hunk ${index + 1} (line ${hunk.oldStart}) does not fit: the lines from "${first.trim()}" on are not there`,
      );
    }
    drift = place - named;
    out.push(...lines.slice(at, place));
    let cursor = place;
    for (const { kind, text: line } of hunk.lines) {
      if (kind === '+') out.push(line + ending);
      else {
        if (kind === ' ') out.push(lines[cursor] ?? '');
        cursor++;
      }
    }
    at = cursor;
    if (at >= lines.length && hunk.lines.length > 0)
      noEnd = hunk.noEndNew || (!endsWithLine && hunk.lines.at(-1)?.kind === ' ');
  }
  out.push(...lines.slice(at));
  if (out.length === 0) return '';
  return out.join('\n') + (noEnd ? '' : '\n');
}

function nearest(lines: readonly string[], wanted: readonly string[], from: number, named: number): number | null {
  const fits = (at: number): boolean =>
    at >= from && wanted.every((line, index) => lines[at + index]?.replace(/\r$/, '') === line);
  for (let distance = 0; distance <= lines.length; distance++) {
    for (const at of distance === 0 ? [named] : [named - distance, named + distance]) {
      if (at >= from && at + wanted.length <= lines.length && fits(at)) return at;
    }
  }
  return null;
}
