// Wrong values: off by one, a flipped flag, a wrong word.
import type { Site } from '../source.ts';
import { isValue, replace } from './proposal.ts';
import type { Context, Family, Proposal } from './proposal.ts';

function* numbers(site: Site, value: number, raw: string, { sitesOf }: Context): Iterable<Proposal> {
  const { parent, key } = site;
  const propose = (n: number, weight: number): Proposal => {
    const text = /^-?\d+$/.test(String(n)) && raw.endsWith('.0') ? `${n}.0` : String(n);
    return replace(site, text, weight, 'constant', n < 0);
  };
  const negated = parent.type === 'UnaryExpression' && parent.operator === '-';
  const step = Number.isInteger(value) ? 1 : 0;
  const seen = new Set([value]);
  const out: Proposal[] = [];
  const add = (n: number, weight: number): void => {
    if (seen.has(n) || !Number.isFinite(n) || (negated && n < 0)) return;
    seen.add(n);
    out.push(propose(n, weight));
  };
  // A small number is more often off by one than a large one, which tends to be a code or a limit.
  const near = Math.abs(value) <= 12 ? 1 : 0.55;
  if (step === 1) {
    add(value + 1, near);
    add(value - 1, value === 0 && key === 'property' ? near * 0.5 : near);
  }
  add(0, 0.45);
  add(1, 0.45);
  add(2, 0.35);
  for (const other of sitesOf(site.fn)) if (other.node.type === 'NumericLiteral') add(other.node.value, 0.3);
  add(-value, 0.3);
  if (value !== 0) {
    add(1 / value, Number.isInteger(1 / value) ? 0.35 : 0.12);
    add(value * 2, 0.2);
    add(value / 2, 0.2);
    add(value * 10, 0.2);
    add(value / 10, 0.2);
  }
  if (step === 1) {
    add(value + 2, 0.2);
    add(value - 2, 0.2);
    add(3, 0.15);
    add(10, 0.15);
  }
  add(100, 0.08);
  add(-1, 0.15);
  yield* out.sort((a, b) => b.weight - a.weight);
  if (value === 0 || value === 1) {
    yield replace(site, value === 0 ? '-Infinity' : 'Infinity', 0.1, 'constant', value === 0);
    yield replace(site, value === 0 ? 'Infinity' : '-Infinity', 0.1, 'constant', value === 1);
    yield replace(site, 'null', 0.1, 'constant');
  }
}

/** Edit distance, given up above `limit`. */
function distance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return limit + 1;
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(same, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? limit + 1;
}

function quote(value: string, raw: string): string {
  const mark = raw.startsWith('"') ? '"' : "'";
  const body = JSON.stringify(value).slice(1, -1).replaceAll('\\"', '"');
  return mark + (mark === '"' ? body.replaceAll('"', '\\"') : body.replaceAll("'", "\\'")) + mark;
}

const BRACKETS = ['(', ')', '[', ']', '{', '}', '<', '>'];
const MARKS = 24;

/** What a wrong character may have been meant to be: another bracket, or a character of the texts that the tests use. */
function marks(value: string, vocabulary: readonly string[]): [mark: string, weight: number][] {
  const counts = new Map<string, number>();
  for (const word of vocabulary) for (const mark of new Set(word)) counts.set(mark, (counts.get(mark) ?? 0) + 1);
  const bracket = BRACKETS.indexOf(value);
  const brackets = BRACKETS.map((mark, i): [string, number] => [mark, (i & 1) === (bracket & 1) ? 0.35 : 0.15]);
  const seen = [...counts].sort((a, b) => b[1] - a[1]).slice(0, MARKS);
  return [
    ...(bracket === -1 ? [] : brackets),
    ...seen.map(([mark]): [string, number] => [mark, /\w/.test(mark) === /\w/.test(value) ? 0.2 : 0.08]),
  ];
}

function* words(
  site: Site,
  value: string,
  raw: string,
  { sitesOf, words: vocabulary, source }: Context,
): Iterable<Proposal> {
  const seen = new Set([value]);
  const out: Proposal[] = [];
  const add = (text: string, weight: number): void => {
    if (seen.has(text)) return;
    seen.add(text);
    out.push(replace(site, quote(text, raw), weight, 'word'));
  };
  if (value.length > 2) {
    const limit = Math.max(1, Math.floor(value.length / 3));
    for (const word of vocabulary) {
      const d = distance(value, word, limit);
      if (d > 0 && d <= limit) add(word, 0.7 / d);
    }
  }
  if (value === '') add(' ', 0.5);
  if (/^\s+$/.test(value)) add('', 0.6);
  if (value.length > 1 && value.trim() !== value) add(value.trim(), 0.4);
  if (value.length === 1) add(`${value} `, 0.1);
  for (const other of sitesOf(site.fn))
    if (other.node.type === 'StringLiteral' && isValue(other)) add(other.node.value, 0.3);
  for (const other of source.sites)
    if (other.node.type === 'StringLiteral' && isValue(other) && other.node.value.length <= 12)
      add(other.node.value, 0.12);
  for (const word of vocabulary) if (word.length <= 12) add(word, 0.08);
  if (value !== '') add('', 0.15);
  if (/[a-z]/i.test(value)) {
    add(value.toLowerCase(), 0.2);
    add(value.toUpperCase(), 0.2);
  }
  // A wrong letter or one too many; longer texts are left alone.
  if (value.length <= 24) for (let i = 0; i < value.length; i++) add(value.slice(0, i) + value.slice(i + 1), 0.12);
  if (value.length === 1) for (const [mark, weight] of marks(value, vocabulary)) add(mark, weight);
  for (const mark of [' ', ',', ', ', '.', '-', '_', '0', '\n', '/', ':']) if (value.length <= 2) add(mark, 0.08);
  yield* out.sort((a, b) => b.weight - a.weight).slice(0, 60);
}

export const constants: Family = {
  name: 'constant',
  bound: 1,
  *propose(site, context) {
    const { node } = site;
    if (node.type === 'NumericLiteral' && (isValue(site) || site.key === 'right')) {
      yield* numbers(site, node.value, context.source.code(node), context);
    } else if (node.type === 'BooleanLiteral') {
      yield replace(site, String(!node.value), 1, 'constant');
    } else if (node.type === 'StringLiteral' && isValue(site)) {
      yield* words(site, node.value, context.source.code(node), context);
    } else if (node.type === 'NullLiteral') {
      for (const text of ['undefined', '0', '[]', "''", 'false', '-1']) yield replace(site, text, 0.2, 'constant');
    } else if (node.type === 'Identifier' && isValue(site)) {
      if (node.name === 'Infinity') {
        yield replace(site, '-Infinity', 0.5, 'constant', true);
        yield replace(site, '0', 0.3, 'constant');
      } else if (node.name === 'undefined') {
        for (const text of ['null', '0', '[]', "''", 'false']) yield replace(site, text, 0.2, 'constant');
      }
    } else if (node.type === 'ArrayExpression' && node.elements.length === 0 && isValue(site)) {
      yield replace(site, '{}', 0.1, 'constant');
      yield replace(site, 'null', 0.15, 'constant');
    } else if (node.type === 'RegExpLiteral') {
      yield* regularExpressions(site, node.pattern, node.flags);
    }
  },
};

function* regularExpressions(site: Site, pattern: string, flags: string): Iterable<Proposal> {
  const make = (p: string, f: string, weight: number): Proposal => replace(site, `/${p}/${f}`, weight, 'pattern');
  for (const flag of ['g', 'i']) {
    yield flags.includes(flag) ? make(pattern, flags.replace(flag, ''), 0.4) : make(pattern, flags + flag, 0.5);
  }
  if (!pattern.startsWith('^')) yield make(`^${pattern}`, flags, 0.3);
  if (!pattern.endsWith('$')) yield make(`${pattern}$`, flags, 0.3);
  if (pattern.startsWith('^')) yield make(pattern.slice(1), flags, 0.3);
  if (pattern.endsWith('$')) yield make(pattern.slice(0, -1), flags, 0.3);
  for (const [from, to] of [
    ['*', '+'],
    ['+', '*'],
    ['*', '*?'],
    ['+', '+?'],
    ['\\s', ' '],
    [' ', '\\s'],
    ['\\d', '\\w'],
    ['\\w', '\\d'],
    ['\\s', '\\s+'],
    ['a-z', 'a-zA-Z'],
    ['A-Z', 'a-zA-Z'],
    ['?', ''],
  ] as const) {
    for (let at = pattern.indexOf(from), n = 0; at !== -1 && n < 3; at = pattern.indexOf(from, at + 1), n++) {
      yield make(pattern.slice(0, at) + to + pattern.slice(at + from.length), flags, 0.25);
    }
  }
}
