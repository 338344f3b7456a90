// Finds the place that a model means, from the exact text to a likely one. Pure. Each tier is tried only when the ones before
// found nothing, and says its name, so that a loose match is never taken for an exact one.

export const TIERS = ['exact', 'trailing-space', 'whitespace', 'indentation', 'anchors'] as const;
export type Tier = (typeof TIERS)[number];

/** Offsets into the text, end excluded, and the lines touched (from 1, both included). */
export interface Match {
  readonly start: number;
  readonly end: number;
  readonly fromLine: number;
  readonly toLine: number;
}

export interface Found {
  readonly tier: Tier;
  readonly matches: readonly Match[];
}

/** At most this many places are collected; more are as ambiguous as these. */
const MAX_MATCHES = 1_000;
/** How much of the lines between two anchors has to agree. */
const ANCHOR_SIMILARITY = 0.6;

/** Matches do not overlap. Null where no tier finds any. `text` and `old` have line feeds only; `old` is not empty. */
export function findText(text: string, old: string): Found | null {
  const exact = exactMatches(text, old);
  if (exact.length > 0) return { tier: 'exact', matches: exact };
  const lines = indexLines(text);
  const wanted = trimBlankEnds(old.split('\n'));
  if (wanted.length === 0) return null;
  const byLine: readonly (readonly [Tier, (line: string) => string])[] = [
    ['trailing-space', (line) => line.trimEnd()],
    ['whitespace', (line) => (/^\s*/.exec(line)?.[0] ?? '') + line.trim().replaceAll(/\s+/g, ' ')],
    ['indentation', (line) => line.trim().replaceAll(/\s+/g, ' ')],
  ];
  for (const [tier, normal] of byLine) {
    const matches = lineMatches(lines, wanted, normal);
    if (matches.length > 0) return { tier, matches };
  }
  const anchored = anchoredMatches(lines, wanted);
  return anchored.length > 0 ? { tier: 'anchors', matches: anchored } : null;
}

/** Gives `replacement` the indentation of the place where the text was found, where that is what differed. */
export function reindent(replacement: string, old: string, found: string, tier: Tier): string {
  if (tier !== 'indentation' && tier !== 'anchors') return replacement;
  const was = indentOf(old);
  const is = indentOf(found);
  if (was === is) return replacement;
  return replacement
    .split('\n')
    .map((line) => (line.trim() === '' ? line : line.startsWith(was) ? is + line.slice(was.length) : line))
    .join('\n');
}

/** Lines that look like the first line looked for: where a failed edit may have been meant. At most three, from 1. */
export function likelyLines(text: string, old: string): number[] {
  const first =
    old
      .split('\n')
      .find((line) => line.trim() !== '')
      ?.trim() ?? '';
  const scored = text
    .split('\n')
    .map((line, index) => ({ number: index + 1, score: similarity(words(line), words(first)) }));
  return scored
    .filter(({ score }) => score >= 0.5)
    .sort((a, b) => b.score - a.score || a.number - b.number)
    .slice(0, 3)
    .map(({ number }) => number);
}

interface Line {
  readonly text: string;
  readonly start: number;
}

function indexLines(text: string): Line[] {
  let start = 0;
  return text.split('\n').map((line) => {
    const indexed = { text: line, start };
    start += line.length + 1;
    return indexed;
  });
}

function exactMatches(text: string, old: string): Match[] {
  const matches: Match[] = [];
  let line = 1;
  let counted = 0;
  const lineOf = (offset: number): number => {
    for (let at = text.indexOf('\n', counted); at !== -1 && at < offset; at = text.indexOf('\n', counted)) {
      line++;
      counted = at + 1;
    }
    return line;
  };
  for (let at = text.indexOf(old); at !== -1 && matches.length < MAX_MATCHES; at = text.indexOf(old, at + old.length)) {
    const fromLine = lineOf(at);
    const body = old.endsWith('\n') ? old.slice(0, -1) : old;
    matches.push({ start: at, end: at + old.length, fromLine, toLine: fromLine + body.split('\n').length - 1 });
  }
  return matches;
}

function lineMatches(lines: readonly Line[], wanted: readonly string[], normal: (line: string) => string): Match[] {
  const have = lines.map(({ text }) => normal(text));
  const want = wanted.map(normal);
  const matches: Match[] = [];
  for (let at = 0; at + want.length <= have.length && matches.length < MAX_MATCHES; at++) {
    if (!want.every((line, index) => have[at + index] === line)) continue;
    matches.push(matchOfLines(lines, at, want.length));
    at += want.length - 1;
  }
  return matches;
}

/** First and last line agree, and most of what is between; the number of lines may differ by a fifth. */
function anchoredMatches(lines: readonly Line[], wanted: readonly string[]): Match[] {
  if (wanted.length < 3) return [];
  const have = lines.map(({ text }) => text.trim());
  const want = wanted.map((line) => line.trim());
  const slack = Math.max(1, Math.floor(want.length / 5));
  const matches: Match[] = [];
  for (let at = 0; at < have.length && matches.length < MAX_MATCHES; at++) {
    if (have[at] !== want[0]) continue;
    for (let count = want.length - slack; count <= want.length + slack; count++) {
      if (count < 2 || have[at + count - 1] !== want.at(-1)) continue;
      if (similarity(have.slice(at, at + count), want) < ANCHOR_SIMILARITY) continue;
      matches.push(matchOfLines(lines, at, count));
      at += count - 1;
      break;
    }
  }
  return matches;
}

function matchOfLines(lines: readonly Line[], at: number, count: number): Match {
  const last = lines[at + count - 1];
  return {
    start: lines[at]?.start ?? 0,
    end: last === undefined ? 0 : last.start + last.text.length,
    fromLine: at + 1,
    toLine: at + count,
  };
}

/** Share of parts that both have, counted with repetition. */
function similarity(a: readonly string[], b: readonly string[]): number {
  if (a.length === 0 || b.length === 0) return 0;
  const left = new Map<string, number>();
  for (const part of a) left.set(part, (left.get(part) ?? 0) + 1);
  let common = 0;
  for (const part of b) {
    const count = left.get(part) ?? 0;
    if (count === 0) continue;
    left.set(part, count - 1);
    common++;
  }
  return (2 * common) / (a.length + b.length);
}

const words = (line: string): string[] => line.match(/\w+|[^\s\w]/g) ?? [];

const indentOf = (text: string): string =>
  /^[\t ]*/.exec(text.split('\n').find((line) => line.trim() !== '') ?? '')?.[0] ?? '';

function trimBlankEnds(lines: readonly string[]): string[] {
  const first = lines.findIndex((line) => line.trim() !== '');
  const last = lines.findLastIndex((line) => line.trim() !== '');
  return first === -1 ? [] : lines.slice(first, last + 1);
}
