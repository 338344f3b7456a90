// A value that needs one more step: rounding, parsing, copying, ordering, awaiting; or a list written as a sequence.
import type { Site, Source } from '../source.ts';
import { isLoose, isValue, kindOf, operand, replace } from './proposal.ts';
import type { Family, Proposal } from './proposal.ts';

/** Results matter most: what is returned, stored or handed on. */
function place({ parent, key }: Site): number {
  switch (parent.type) {
    case 'ReturnStatement':
      return 1;
    case 'ArrowFunctionExpression':
      return key === 'body' ? 0.9 : 0;
    case 'VariableDeclarator':
    case 'AssignmentExpression':
      return 0.9;
    case 'MemberExpression':
      return key === 'property' ? 0.8 : 0.3;
    case 'CallExpression':
    case 'NewExpression':
    case 'ForOfStatement':
    case 'TemplateLiteral':
      return 0.6;
    case 'BinaryExpression':
    case 'ArrayExpression':
    case 'SpreadElement':
    case 'ConditionalExpression':
      return 0.5;
    default:
      return 0.35;
  }
}

function* numeric(site: Site, text: string, at: number, divides: boolean): Iterable<Proposal> {
  const wrap = (name: string, weight: number): Proposal =>
    replace(site, `${name}(${text})`, weight * at, 'number-wrapping');
  yield wrap('Math.floor', divides ? 0.6 : 0.35);
  yield wrap('Math.abs', 0.35);
  yield wrap('Math.round', divides ? 0.4 : 0.25);
  yield wrap('Math.ceil', divides ? 0.45 : 0.25);
  yield wrap('Math.trunc', 0.15);
  yield wrap('Math.sqrt', 0.12);
  yield wrap('String', 0.12);
}

function* conversions(site: Site, source: Source, at: number): Iterable<Proposal> {
  const { node, scope } = site;
  const text = source.code(node);
  const kind = kindOf(node, scope);
  const one = operand(source, node);
  const wrap = (out: string, weight: number): Proposal => replace(site, out, weight * at, 'wrapping');
  const unknown = kind === undefined ? 0.5 : 1;
  if (kind === 'number' || (kind === undefined && !isLoose(node))) {
    for (const proposal of numeric(site, text, at, /[/%]|\*\*/.test(text)))
      yield { ...proposal, weight: proposal.weight * unknown };
  }
  if (kind === 'string' || kind === undefined) {
    for (const [out, weight] of [
      [`Number(${text})`, 0.3],
      [`parseInt(${text}, 10)`, 0.2],
      [`${one}.trim()`, 0.25],
      [`${one}.toLowerCase()`, 0.3],
      [`${one}.toUpperCase()`, 0.2],
      [`${one}.length`, 0.3],
      [`${one}.toString()`, 0.15],
      [`${one}.split('')`, 0.15],
    ] as const) {
      yield wrap(out, weight * unknown);
    }
  }
  if (kind === 'array' || kind === undefined) {
    for (const [out, weight] of [
      [`[...${one}]`, 0.35],
      [`${one}.slice()`, 0.1],
      [`[...new Set(${text})]`, 0.3],
      [`${one}.length`, 0.3],
      [`${one}.sort((a, b) => a - b)`, 0.25],
      [`${one}.sort()`, 0.25],
      [`${one}.reverse()`, 0.3],
      [`${one}.slice(1)`, 0.2],
      [`${one}.slice(0, -1)`, 0.25],
      [`${one}.filter(Boolean)`, 0.15],
      [`${one}.join('')`, 0.15],
      [`${one}.flat()`, 0.12],
    ] as const) {
      yield wrap(out, weight * unknown);
    }
  }
  if (kind === 'object' || kind === undefined) {
    yield wrap(`{ ...${one} }`, 0.15 * unknown);
    yield wrap(`structuredClone(${text})`, 0.05 * unknown);
    yield wrap(`Object.keys(${text})`, 0.1 * unknown);
  }
  if (kind !== 'boolean' && node.type !== 'ArrowFunctionExpression') {
    for (const [fallback, weight] of [
      ['0', 0.12],
      ["''", 0.1],
      ['[]', 0.1],
      ['{}', 0.08],
      ['null', 0.05],
    ] as const)
      yield wrap(`${one} ?? ${fallback}`, weight * unknown);
  }
}

export const wrapping: Family = {
  name: 'wrapping',
  bound: 0.8,
  *propose(site, { source }) {
    const { node, parent, key } = site;
    // `return (a, b)` gives b alone: in most hands a list was meant.
    if (node.type === 'SequenceExpression' && parent.type !== 'ForStatement') {
      const parts = node.expressions.map((part) => source.code(part));
      const inner = parts.join(', ');
      const start = node.extra?.parenthesized === true ? Number(node.extra.parenStart) : (node.start ?? 0);
      const close = node.extra?.parenthesized === true ? source.text.indexOf(')', node.end ?? 0) + 1 : (node.end ?? 0);
      const change = (text: string, weight: number): Proposal => ({
        operator: 'list',
        weight,
        changes: [{ start, end: close, text }],
      });
      yield change(`[${inner}]`, 0.8);
      yield change(`[${parts.toReversed().join(', ')}]`, 0.5);
    }
    if (
      !isValue(site) ||
      key === 'callee' ||
      node.type === 'StringLiteral' ||
      node.type === 'NumericLiteral' ||
      node.type === 'BooleanLiteral'
    )
      return;
    if (node.type === 'ArrayExpression' && node.elements.length === 2) {
      const [a, b] = node.elements;
      if (a && b) yield replace(site, `[${source.code(b)}, ${source.code(a)}]`, 0.4, 'list');
    }
    if (node.type === 'CallExpression' || node.type === 'NewExpression' || node.type === 'Identifier') {
      const async = site.fn?.async === true || site.fn === undefined;
      if (async && parent.type !== 'AwaitExpression' && key !== 'object')
        yield replace(site, `await ${source.code(node)}`, node.type === 'Identifier' ? 0.2 : 0.6, 'await', true);
      else if (async && key === 'object') yield replace(site, `(await ${source.code(node)})`, 0.3, 'await');
    }
    const at = place(site);
    const sorted =
      at > 0 && !node.type.startsWith('Function') && node.type !== 'ArrowFunctionExpression'
        ? [...conversions(site, source, at)]
        : [];
    yield* sorted.sort((a, b) => b.weight - a.weight);
    if (node.type === 'MemberExpression' && node.object.type !== 'Super') {
      const dot = source.text.indexOf(node.computed ? '[' : '.', node.object.end ?? 0);
      if (dot !== -1)
        yield {
          operator: 'optional',
          weight: 0.2,
          changes: [{ start: dot, end: node.computed ? dot : dot + 1, text: '?.' }],
        };
    }
  },
};
