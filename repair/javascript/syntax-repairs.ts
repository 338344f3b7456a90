// A file that does not even parse: one token inserted or removed where the parser gave up, kept when the file parses again.
import type { Candidate } from '../engine.ts';
import { lineAt } from '../edits.ts';
import { parseModule } from './parse.ts';

const TOKENS: readonly (readonly [string, number])[] = [
  [')', 0.8],
  ['}', 0.8],
  [']', 0.7],
  [' +', 0.7],
  [',', 0.7],
  [';', 0.6],
  ['(', 0.5],
  ['{', 0.5],
  [' =', 0.4],
  [':', 0.4],
  ['.', 0.3],
  [' &&', 0.3],
  [' ||', 0.2],
  ["'", 0.2],
];

/** Where the parser gave up; undefined when the text parses. */
export function syntaxErrorAt(file: string, text: string): number | undefined {
  try {
    parseModule(file, text);
    return undefined;
  } catch (error) {
    const { pos } = error as { pos?: unknown };
    return typeof pos === 'number' ? pos : text.length;
  }
}

/** Candidates in falling order of weight, the parser having accepted each of them. */
export function syntaxRepairs(file: string, text: string): Candidate[] {
  const at = syntaxErrorAt(file, text);
  if (at === undefined) return [];
  const previous = text.slice(0, at).trimEnd().length;
  const token = /^(?:[\w$]+|\s*[^\s\w])/.exec(text.slice(at))?.[0] ?? '';
  const changes = [...new Set([previous, at])].flatMap((offset) =>
    TOKENS.map(([replacement, weight]) => ({ start: offset, end: offset, replacement, weight })),
  );
  changes.push({ start: at, end: at + token.length, replacement: '', weight: 0.75 });
  changes.push({ start: previous - 1, end: previous, replacement: '', weight: 0.3 });
  return changes
    .filter(
      ({ start, end, replacement }) =>
        start >= 0 && syntaxErrorAt(file, text.slice(0, start) + replacement + text.slice(end)) === undefined,
    )
    .map(({ start, end, replacement, weight }) => ({
      edits: [{ file, start, end, replacement }],
      operator: 'syntax',
      weight,
      line: lineAt(text, start),
    }))
    .sort((a, b) => b.weight - a.weight);
}
