// Missing, misplaced or incomplete statements: a forgotten return or else, a line in the wrong place, an early exit.
import type { Node } from '@babel/types';
import type { Site } from '../source.ts';
import { isLoop } from '../walk.ts';
import { inScope } from './expressions.ts';
import { isValue, kindOf } from './proposal.ts';
import type { Context, Family, Proposal } from './proposal.ts';

const listed = ({ parent, key }: Site): boolean =>
  key === 'body' && (parent.type === 'BlockStatement' || parent.type === 'Program');

const insert = (at: number, text: string, weight: number, operator: string): Proposal => ({
  operator,
  weight,
  changes: [{ start: at, end: at, text }],
});

/** Trades places with a neighbour, moves out of the block that holds it, or into the loop beside it. */
function* moves(site: Site, { source }: Context): Iterable<Proposal> {
  const { node, parent, ancestors } = site;
  if (parent.type !== 'BlockStatement') return;
  const text = source.code(node);
  const index = parent.body.indexOf(node as (typeof parent.body)[number]);
  const next = parent.body[index + 1];
  const range = { start: node.start ?? 0, end: node.end ?? 0 };
  if (next !== undefined && !/Function|Class/.test(next.type)) {
    yield {
      operator: 'statement-order',
      weight: 0.3,
      changes: [
        { ...range, text: source.code(next) },
        { start: next.start ?? 0, end: next.end ?? 0, text },
      ],
    };
  }
  const small =
    node.type === 'ExpressionStatement' || node.type === 'ReturnStatement' || node.type === 'VariableDeclaration';
  if (!small) return;
  const holder = ancestors.at(-2);
  const removed = { ...range, text: '' };
  if (holder !== undefined && !/Function|Method|Program|Catch|Try/.test(holder.type)) {
    yield {
      operator: 'statement-move',
      weight: 0.25,
      changes: [removed, { start: holder.end ?? 0, end: holder.end ?? 0, text: ` ${text}` }],
    };
    if (holder.start !== undefined && holder.start !== null)
      yield {
        operator: 'statement-move',
        weight: 0.15,
        changes: [{ start: holder.start, end: holder.start, text: `${text} ` }, removed],
      };
  }
  for (const [neighbour, atEnd] of [
    [parent.body[index - 1], true],
    [next, false],
  ] as const) {
    const body =
      neighbour &&
      (isLoop(neighbour) ? neighbour.body : neighbour.type === 'IfStatement' ? neighbour.consequent : undefined);
    if (body?.type !== 'BlockStatement') continue;
    const at = atEnd ? (body.end ?? 0) - 1 : (body.start ?? 0) + 1;
    const change = { start: at, end: at, text: ` ${text} ` };
    yield { operator: 'statement-move', weight: 0.2, changes: atEnd ? [change, removed] : [removed, change] };
  }
}

/** New statements from what is in scope: a counter, an accumulator, a copy of another line. */
function* additions(site: Site, context: Context): Iterable<Proposal> {
  const { node, fn } = site;
  const { source } = context;
  const end = node.end ?? 0;
  const start = node.start ?? 0;
  const jumps = /^(?:Return|Break|Continue|Throw)/.test(node.type);
  const place = (text: string, weight: number, operator: string): Proposal =>
    jumps ? insert(start, `${text} `, weight, operator) : insert(end, ` ${text}`, weight, operator);
  const both = function* (text: string, weight: number, operator: string): Iterable<Proposal> {
    yield place(text, weight, operator);
    if (!jumps) yield insert(start, `${text} `, weight * 0.6, operator);
  };
  let copies = 0;
  const seen = new Set([source.code(node)]);
  for (const { node: other } of context.sitesOf(fn)) {
    if (other.type !== 'ExpressionStatement' && other.type !== 'BreakStatement' && other.type !== 'ContinueStatement')
      continue;
    const text = source.code(other);
    if (seen.has(text) || text.length > 80 || copies > 12 || !inScope(other, site)) continue;
    seen.add(text);
    copies++;
    yield* both(text.endsWith(';') ? text : `${text};`, 0.14, 'copied-statement');
  }
  yield* elements(site, context, both);
  const variables = site.scope
    .visible(end)
    .filter(
      (b) =>
        (b.kind === 'let' || b.kind === 'var' || b.kind === 'param') && fn !== undefined && b.start >= (fn.start ?? 0),
    )
    .slice(0, 8);
  for (const { name, kinds, kind } of variables) {
    if (kinds.has('number') || kinds.size === 0) {
      if (kind !== 'param') yield* both(`${name}++;`, 0.1, 'new-statement');
      yield* both(`${name}--;`, 0.06, 'new-statement');
    }
    for (const other of variables) {
      if (other.name === name) continue;
      if (kinds.has('number') && other.kinds.has('number')) {
        yield* both(`${name} = ${other.name};`, 0.07, 'new-statement');
        yield* both(`${name} += ${other.name};`, 0.07, 'new-statement');
        yield* both(`${name} -= ${other.name};`, 0.05, 'new-statement');
        yield* both(`${name} *= ${other.name};`, 0.04, 'new-statement');
      } else if (kinds.has('array') && !other.kinds.has('function'))
        yield* both(`${name}.push(${other.name});`, 0.07, 'new-statement');
      else if (kinds.has('string') && other.kinds.has('string'))
        yield* both(`${name} += ${other.name};`, 0.06, 'new-statement');
    }
    if (kinds.has('array')) {
      yield* both(`${name}.pop();`, 0.04, 'new-statement');
      yield* both(`${name} = [];`, 0.04, 'new-statement');
      yield* both(`${name}.sort((a, b) => a - b);`, 0.06, 'new-statement');
      yield* both(`${name}.reverse();`, 0.04, 'new-statement');
    }
    if (kinds.has('string')) yield* both(`${name} = '';`, 0.04, 'new-statement');
    if (kinds.has('number')) yield* both(`${name} = 0;`, 0.06, 'new-statement');
  }
}

/** One element set to another, as half of an exchange is when the other half was forgotten. */
function* elements(
  site: Site,
  { source, sitesOf }: Context,
  both: (text: string, weight: number, operator: string) => Iterable<Proposal>,
): Iterable<Proposal> {
  const found = new Set<string>();
  for (const { node } of sitesOf(site.fn)) {
    if (found.size >= 6) break;
    if (node.type === 'MemberExpression' && node.computed && inScope(node, site)) found.add(source.code(node));
  }
  for (const to of found)
    for (const from of found) if (to !== from) yield* both(`${to} = ${from};`, 0.07, 'new-statement');
}

function insideLoop(site: Site): boolean {
  const from = site.fn?.start ?? -1;
  return site.ancestors.some((a: Node) => isLoop(a) && (a.start ?? 0) > from);
}

export const statements: Family = {
  name: 'statement',
  bound: 0.6,
  *propose(site, context) {
    const { node, fn, parent } = site;
    const { source } = context;
    if (node.type === 'ExpressionStatement') {
      const { expression } = node;
      const start = node.start ?? 0;
      const last = parent.type === 'BlockStatement' && parent.body.at(-1) === node;
      if (fn !== undefined && expression.type !== 'AssignmentExpression')
        yield insert(start, 'return ', last ? 0.6 : 0.2, 'missing-return');
      if (fn?.async === true && expression.type === 'CallExpression') yield insert(start, 'await ', 0.6, 'await');
      // `s.trim();` alone does nothing: the result was meant to be kept.
      if (expression.type === 'CallExpression' && expression.callee.type === 'MemberExpression') {
        const { object } = expression.callee;
        if (object.type === 'Identifier' && object.name !== 'console')
          yield insert(start, `${object.name} = `, 0.3, 'kept-result');
      }
    }
    if (node.type === 'IfStatement') {
      const block = parent.type === 'BlockStatement' ? parent : undefined;
      const next = block?.body[block.body.indexOf(node) + 1];
      if (next?.type === 'IfStatement' && !node.alternate) yield insert(next.start ?? 0, 'else ', 0.35, 'missing-else');
      else if (next !== undefined && !node.alternate && next.type === 'ExpressionStatement')
        yield insert(next.start ?? 0, 'else ', 0.25, 'missing-else');
      if (node.alternate) {
        const changes = [
          { start: node.consequent.start ?? 0, end: node.consequent.end ?? 0, text: source.code(node.alternate) },
          { start: node.alternate.start ?? 0, end: node.alternate.end ?? 0, text: source.code(node.consequent) },
        ];
        if (node.alternate.type !== 'IfStatement' && node.consequent.type === 'BlockStatement')
          yield { operator: 'branches', weight: 0.3, changes };
        const between = source.text.slice(node.consequent.end ?? 0, node.alternate.start ?? 0);
        const at = (node.consequent.end ?? 0) + between.indexOf('else');
        if (node.alternate.type === 'IfStatement' && between.includes('else'))
          yield { operator: 'dropped-else', weight: 0.3, changes: [{ start: at, end: at + 4, text: '' }] };
      }
      if (node.consequent.type !== 'ReturnStatement' && node.test.type !== 'BooleanLiteral') {
        yield {
          operator: 'unconditional',
          weight: 0.2,
          changes: [{ start: node.test.start ?? 0, end: node.test.end ?? 0, text: 'true' }],
        };
        yield {
          operator: 'unconditional',
          weight: 0.15,
          changes: [
            {
              start: node.start ?? 0,
              end: node.consequent.start ?? 0,
              text: 'while (' + source.code(node.test) + ') ',
            },
          ],
        };
      }
    }
    if (node.type === 'WhileStatement') {
      yield {
        operator: 'loop',
        weight: 0.15,
        changes: [{ start: node.start ?? 0, end: node.body.start ?? 0, text: `if (${source.code(node.test)}) ` }],
      };
    }
    if (node.type === 'BreakStatement')
      yield {
        operator: 'jump',
        weight: 0.4,
        changes: [{ start: node.start ?? 0, end: node.end ?? 0, text: 'continue;' }],
      };
    if (node.type === 'ContinueStatement')
      yield {
        operator: 'jump',
        weight: 0.4,
        changes: [{ start: node.start ?? 0, end: node.end ?? 0, text: 'break;' }],
      };
    if (!listed(site) || (node.type.endsWith('Declaration') && node.type !== 'VariableDeclaration')) return;
    const end = node.end ?? 0;
    if (insideLoop(site) && !/^(?:Return|Break|Continue|Throw)/.test(node.type))
      yield insert(end, ' break;', node.type === 'ExpressionStatement' ? 0.25 : 0.12, 'early-exit');
    yield* moves(site, context);
    if (fn !== undefined) yield* additions(site, context);
    if (
      node.type === 'ReturnStatement' &&
      node.argument &&
      isValue({ ...site, node: node.argument, parent: node, key: 'argument' }) &&
      kindOf(node.argument, site.scope) === undefined
    ) {
      yield { operator: 'early-exit', weight: 0.05, changes: [{ start: node.start ?? 0, end, text: '' }] };
    }
  },
};
