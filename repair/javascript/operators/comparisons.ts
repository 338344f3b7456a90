// Wrong comparisons and connectives: the boundary, the direction, "and" for "or", a missing or needless negation.
import type { Site } from '../source.ts';
import { isComparison, isValue, kindOf, operand, replace } from './proposal.ts';
import type { Family, Proposal } from './proposal.ts';

/** For each operator what it may have been meant to be, likeliest first. */
const MEANT: Readonly<Record<string, readonly (readonly [string, number])[]>> = {
  '<': [
    ['<=', 1],
    ['>', 0.75],
    ['>=', 0.5],
    ['!=', 0.2],
    ['==', 0.2],
  ],
  '<=': [
    ['<', 1],
    ['>=', 0.7],
    ['>', 0.5],
    ['==', 0.2],
  ],
  '>': [
    ['>=', 1],
    ['<', 0.75],
    ['<=', 0.5],
    ['!=', 0.2],
    ['==', 0.2],
  ],
  '>=': [
    ['>', 1],
    ['<=', 0.7],
    ['<', 0.5],
    ['==', 0.2],
  ],
  '==': [
    ['!=', 0.9],
    ['===', 0.12],
    ['<=', 0.35],
    ['>=', 0.35],
    ['<', 0.2],
    ['>', 0.2],
  ],
  '!=': [
    ['==', 0.9],
    ['!==', 0.12],
    ['<', 0.3],
    ['>', 0.3],
  ],
  '===': [
    ['!==', 0.9],
    ['==', 0.12],
    ['<=', 0.35],
    ['>=', 0.35],
    ['<', 0.2],
    ['>', 0.2],
  ],
  '!==': [
    ['===', 0.9],
    ['!=', 0.12],
    ['<', 0.3],
    ['>', 0.3],
  ],
};

/** The operator's own text range: between the operands, comments aside. */
export function operatorRange(
  text: string,
  from: number,
  to: number,
  operator: string,
): { start: number; end: number } | undefined {
  const between = text.slice(from, to);
  const at = between.indexOf(operator);
  return at === -1 ? undefined : { start: from + at, end: from + at + operator.length };
}

export const comparisons: Family = {
  name: 'comparison',
  bound: 1,
  *propose({ node }, { source }) {
    if (node.type !== 'BinaryExpression' || !isComparison(node.operator)) return;
    const range = operatorRange(source.text, node.left.end ?? 0, node.right.start ?? 0, node.operator);
    if (range === undefined) return;
    for (const [text, weight] of MEANT[node.operator] ?? []) {
      yield { operator: 'comparison', weight, changes: [{ ...range, text }] };
    }
  },
};

const isCondition = ({ parent, key, node }: Site): boolean =>
  (key === 'test' && parent.type !== 'SwitchCase') ||
  parent.type === 'LogicalExpression' ||
  (parent.type === 'ReturnStatement' && node.type !== 'Identifier') ||
  (parent.type === 'ArrowFunctionExpression' && key === 'body');

export const connectives: Family = {
  name: 'connective',
  bound: 0.8,
  *propose(site, { source }) {
    const { node } = site;
    if (node.type === 'LogicalExpression') {
      const range = operatorRange(source.text, node.left.end ?? 0, node.right.start ?? 0, node.operator);
      const meant = node.operator === '&&' ? '||' : '&&';
      const left = source.code(node.left);
      const right = source.code(node.right);
      // `a && b || c` may not be mixed with `??`, and a changed connective binds differently: spell the grouping out.
      const { parent } = site;
      const mixed =
        parent.type === 'LogicalExpression' ||
        node.left.type === 'LogicalExpression' ||
        node.right.type === 'LogicalExpression';
      if (range !== undefined && !mixed)
        yield { operator: 'connective', weight: 0.8, changes: [{ ...range, text: meant }] };
      else if (range !== undefined) {
        yield { operator: 'connective', weight: 0.7, changes: [{ ...range, text: meant }] };
        yield replace(
          site,
          `${operand(source, node.left)} ${meant} ${operand(source, node.right)}`,
          0.6,
          'connective',
          true,
        );
      }
      if (node.operator === '||') yield replace(site, `${left} ?? ${right}`, 0.2, 'connective', true);
      if (node.operator === '??') yield replace(site, `${left} || ${right}`, 0.3, 'connective', true);
      // `a && b || c` read as `a && (b || c)`, and the other way round.
      if (
        node.left.type === 'LogicalExpression' &&
        node.left.operator !== node.operator &&
        node.left.extra?.parenthesized !== true
      ) {
        const { left: a, right: b, operator } = node.left;
        yield replace(
          site,
          `${source.code(a)} ${operator} (${source.code(b)} ${node.operator} ${right})`,
          0.5,
          'grouping',
          true,
        );
      }
      if (node.right.type === 'LogicalExpression' && node.right.operator !== node.operator) {
        const { left: b, right: c, operator } = node.right;
        yield replace(
          site,
          `(${left} ${node.operator} ${source.code(b)}) ${operator} ${source.code(c)}`,
          0.5,
          'grouping',
          true,
        );
      }
    }
    if (node.type === 'UnaryExpression' && node.operator === '!') {
      yield replace(site, source.code(node.argument), 0.7, 'negation', true);
    } else if (isValue(site) && isCondition(site)) {
      const comparison = node.type === 'BinaryExpression' && isComparison(node.operator);
      const kind = kindOf(node, site.scope);
      if (!comparison && (kind === 'boolean' || kind === undefined || site.key === 'test')) {
        yield replace(site, `!${operand(source, node)}`, site.key === 'test' ? 0.5 : 0.3, 'negation');
      }
    }
    if (node.type === 'ConditionalExpression') yield* branches(site, node, source);
  },
};

function* branches(
  site: Site,
  node: Extract<Site['node'], { type: 'ConditionalExpression' }>,
  source: { code: (node: Site['node']) => string },
): Iterable<Proposal> {
  const yes = source.code(node.consequent);
  const no = source.code(node.alternate);
  yield replace(site, `${source.code(node.test)} ? ${no} : ${yes}`, 0.5, 'branches', true);
  yield replace(site, yes, 0.2, 'branches', true);
  yield replace(site, no, 0.2, 'branches', true);
}
