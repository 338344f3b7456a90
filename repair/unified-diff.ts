// A unified diff that `git apply` takes. Repairs change few lines, so the common prefix and suffix decide almost all;
// the lines between are aligned by a longest common subsequence, bounded by SMALL.

const CONTEXT = 3;
/** Above this many changed lines on a side the middle is replaced as one block; the diff stays right, only longer. */
const SMALL = 400;

type Line = { readonly kind: ' ' | '-' | '+'; readonly text: string };

function align(before: readonly string[], after: readonly string[]): Line[] {
  const minus = (text: string): Line => ({ kind: '-', text });
  const plus = (text: string): Line => ({ kind: '+', text });
  if (before.length > SMALL || after.length > SMALL) return [...before.map(minus), ...after.map(plus)];
  const width = after.length + 1;
  const table = new Uint16Array((before.length + 1) * width);
  const at = (i: number, j: number): number => table[i * width + j] ?? 0;
  for (let i = before.length - 1; i >= 0; i--) {
    for (let j = after.length - 1; j >= 0; j--) {
      table[i * width + j] = before[i] === after[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const out: Line[] = [];
  let i = 0;
  let j = 0;
  while (i < before.length || j < after.length) {
    const left = before[i];
    const right = after[j];
    if (left !== undefined && left === right) {
      out.push({ kind: ' ', text: left });
      i++;
      j++;
    } else if (left !== undefined && (right === undefined || at(i + 1, j) >= at(i, j + 1))) {
      out.push(minus(left));
      i++;
    } else if (right !== undefined) {
      out.push(plus(right));
      j++;
    }
  }
  return out;
}

/** Lines with their endings, so that a missing newline at the end of the file is a difference of its own. */
const split = (text: string): string[] => text.match(/[^\n]*\n|[^\n]+$/g) ?? [];

const render = (line: Line): string =>
  line.kind + (line.text.endsWith('\n') ? line.text : `${line.text}\n\\ No newline at end of file\n`);

/** The change of one file as a unified diff with three lines of context; empty when nothing changed. */
export function unifiedDiff(file: string, before: string, after: string): string {
  if (before === after) return '';
  const a = split(before);
  const b = split(after);
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head++;
  let tail = 0;
  while (tail < a.length - head && tail < b.length - head && a.at(-1 - tail) === b.at(-1 - tail)) tail++;
  const lines: Line[] = [
    ...a.slice(0, head).map((text): Line => ({ kind: ' ', text })),
    ...align(a.slice(head, a.length - tail), b.slice(head, b.length - tail)),
    ...a.slice(a.length - tail).map((text): Line => ({ kind: ' ', text })),
  ];

  const hunks: string[] = [];
  let oldLine = 1;
  let newLine = 1;
  let i = 0;
  while (i < lines.length) {
    const next = lines.findIndex((line, k) => k >= i && line.kind !== ' ');
    if (next === -1) break;
    const start = Math.max(i, next - CONTEXT);
    oldLine += start - i;
    newLine += start - i;
    let end = next;
    for (let k = next; k < lines.length && k <= end + 2 * CONTEXT; k++) if (lines[k]?.kind !== ' ') end = k;
    const stop = Math.min(lines.length, end + CONTEXT + 1);
    const hunk = lines.slice(start, stop);
    const olds = hunk.filter((line) => line.kind !== '+').length;
    const news = hunk.filter((line) => line.kind !== '-').length;
    // An empty side starts at the line before it: that is how the format counts.
    const from = `${olds === 0 ? oldLine - 1 : oldLine},${olds}`;
    const to = `${news === 0 ? newLine - 1 : newLine},${news}`;
    hunks.push(`@@ -${from} +${to} @@\n${hunk.map(render).join('')}`);
    oldLine += olds;
    newLine += news;
    i = stop;
  }
  return `--- a/${file}\n+++ b/${file}\n${hunks.join('')}`;
}
