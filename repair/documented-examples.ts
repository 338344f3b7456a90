// Examples in comments and doc strings ("f(2) == 4", "f(2) => 4", ">>> f(2)" with the result below) say what the author meant. They
// are hints, not tests: a repair that agrees with them is likelier, and one that does not is no worse than the tests allow.

export interface DocumentedExample {
  readonly call: string;
  readonly name: string;
  /** The arguments as written, without the parentheses around them. */
  readonly args: string;
  readonly expected: string;
}

const MAX_EXAMPLES = 40;
const ARROW = /^\s*(?:===?|=>|==>|=+>|-+>|➞|→|#\s*=>|\/\/\s*=>|returns?|should return|gives|is|=|➜)\s*(?:=>\s*)?/;

/** Position after the bracket that closes the one at `open`, strings skipped; -1 when none does. */
function closing(text: string, open: number): number {
  let depth = 0;
  let quote = '';
  for (let i = open; i < text.length && i < open + 400; i++) {
    const c = text[i] ?? '';
    if (quote !== '') {
      if (c === '\\') i++;
      else if (c === quote) quote = '';
    } else if (c === '"' || c === "'" || c === '`') quote = c;
    else if ('([{'.includes(c)) depth++;
    else if (')]}'.includes(c) && --depth === 0) return i + 1;
  }
  return -1;
}

/** A literal at the start of the text: a bracketed list, a quoted string, a number or a name of a constant. */
function literal(text: string): string | undefined {
  const first = text[0] ?? '';
  if ('([{'.includes(first)) {
    const end = closing(text, 0);
    return end === -1 ? undefined : text.slice(0, end);
  }
  return /^(?:'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|-?\d+(?:\.\d+)?(?:e-?\d+)?|true|false|null|undefined|None|True|False)(?![\w(])/i.exec(
    text,
  )?.[0];
}

/** @param comments the text of comments and doc strings. */
export function documentedExamples(comments: string): DocumentedExample[] {
  const out: DocumentedExample[] = [];
  for (const match of comments.matchAll(/(>>>\s*)?\b([A-Za-z_]\w*)\(/g)) {
    const name = match[2] ?? '';
    const open = match.index + match[0].length - 1;
    const end = closing(comments, open);
    if (end === -1 || out.length >= MAX_EXAMPLES) continue;
    const rest = comments.slice(end, end + 300);
    const arrow = ARROW.exec(rest);
    const below = match[1] !== undefined && /^[^\n]{0,3}\n\s*\*?\s*/.exec(rest);
    const expected = arrow
      ? literal(rest.slice(arrow[0].length))
      : below
        ? literal(rest.slice(below[0].length))
        : undefined;
    if (expected === undefined) continue;
    out.push({
      call: comments.slice(open - name.length, end),
      name,
      args: comments.slice(open + 1, end - 1),
      expected,
    });
  }
  return out;
}

/** One spelling for values of both languages: quotes, brackets of lists and names of constants made alike. */
export const spelling = (text: string): string =>
  text
    .replace(/\bNone\b/g, 'null')
    .replace(/\bundefined\b/g, 'null')
    .replace(/\bTrue\b/g, 'true')
    .replace(/\bFalse\b/g, 'false')
    .replace(/"/g, "'")
    .replace(/\(/g, '[')
    .replace(/\)/g, ']')
    .replace(/(\d)\.0+\b/g, '$1')
    .replace(/,\s*\]/g, ']')
    .replace(/\s+/g, '')
    .toLowerCase();
