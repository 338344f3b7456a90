// Wrong arithmetic: the operator, the order, the grouping, a number that is off by one without a constant to blame.
import type { BinaryExpression, Node } from '@babel/types';
import type { Site, Source } from '../source.ts';
import { operatorRange } from './comparisons.ts';
import { isComparison, isLoose, isValue, kindOf, operand, replace } from './proposal.ts';
import type { Family, Proposal } from './proposal.ts';

const MEANT: Readonly<Record<string, readonly (readonly [string, number])[]>> = {
  '+': [
    ['-', 0.8],
    ['*', 0.5],
    ['/', 0.2],
    ['%', 0.15],
  ],
  '-': [
    ['+', 0.8],
    ['/', 0.45],
    ['*', 0.35],
    ['%', 0.35],
  ],
  '*': [
    ['/', 0.7],
    ['+', 0.6],
    ['**', 0.45],
    ['-', 0.35],
    ['%', 0.2],
  ],
  '/': [
    ['*', 0.7],
    ['%', 0.6],
    ['-', 0.3],
    ['+', 0.2],
  ],
  '%': [
    ['/', 0.6],
    ['*', 0.4],
    ['-', 0.25],
    ['+', 0.15],
  ],
  '**': [
    ['*', 0.6],
    ['/', 0.2],
    ['+', 0.2],
  ],
  '&': [
    ['|', 0.8],
    ['^', 0.5],
  ],
  '|': [
    ['&', 0.8],
    ['^', 0.5],
  ],
  '^': [
    ['&', 0.5],
    ['|', 0.5],
    ['**', 0.5],
  ],
  '<<': [
    ['>>', 0.8],
    ['>>>', 0.4],
  ],
  '>>': [
    ['>>>', 0.8],
    ['<<', 0.7],
  ],
  '>>>': [
    ['>>', 0.8],
    ['<<', 0.5],
  ],
  '+=': [
    ['-=', 0.8],
    ['=', 0.6],
    ['*=', 0.5],
    ['/=', 0.2],
  ],
  '-=': [
    ['+=', 0.8],
    ['=', 0.5],
    ['/=', 0.45],
    ['%=', 0.35],
    ['*=', 0.35],
  ],
  '*=': [
    ['+=', 0.6],
    ['/=', 0.7],
    ['=', 0.5],
    ['-=', 0.3],
  ],
  '/=': [
    ['*=', 0.7],
    ['-=', 0.4],
    ['%=', 0.4],
    ['=', 0.4],
  ],
  '%=': [
    ['/=', 0.6],
    ['-=', 0.4],
    ['=', 0.4],
  ],
  '=': [
    ['+=', 0.7],
    ['-=', 0.45],
    ['*=', 0.35],
    ['||=', 0.15],
    ['??=', 0.15],
  ],
  '|=': [
    ['&=', 0.8],
    ['=', 0.5],
    ['^=', 0.4],
  ],
  '&=': [
    ['|=', 0.8],
    ['=', 0.5],
  ],
};

const isArithmetic = (node: Node): node is BinaryExpression =>
  node.type === 'BinaryExpression' && !isComparison(node.operator);

/** `a op1 b op2 c` with other groupings and orders: the three operands and two operators rearranged. */
function* regroup(site: Site, node: BinaryExpression, source: Source): Iterable<Proposal> {
  const inner = [node.left, node.right].find((side): side is BinaryExpression => isArithmetic(side));
  if (inner === undefined) return;
  const leftInner = inner === node.left;
  const a = operand(source, leftInner ? inner.left : node.left);
  const b = operand(source, leftInner ? inner.right : inner.left);
  const c = operand(source, leftInner ? node.right : inner.right);
  const first = leftInner ? inner.operator : node.operator;
  const second = leftInner ? node.operator : inner.operator;
  const parenthesised = inner.extra?.parenthesized === true;
  const nowLeft = leftInner;
  const both = `${a} ${first} ${b}`;
  if (!nowLeft) yield replace(site, `(${both}) ${second} ${c}`, 0.6, 'grouping', true);
  else if (!parenthesised || first !== second)
    yield replace(site, `${a} ${first} (${b} ${second} ${c})`, 0.6, 'grouping', true);
  if (first !== second) {
    yield replace(site, `(${a} ${second} ${b}) ${first} ${c}`, 0.4, 'grouping', true);
    yield replace(site, `(${a} ${second} ${c}) ${first} ${b}`, 0.4, 'grouping', true);
    yield replace(site, `${a} ${second} (${b} ${first} ${c})`, 0.2, 'grouping', true);
  }
}

/** Places where a number counts or bounds something, which is where it is off by one. */
function offByOne({ node, parent, key }: Site): number {
  if (key === 'property') return 0.5;
  if (parent.type === 'BinaryExpression' && isComparison(parent.operator) && /^(?:<|>)/.test(parent.operator))
    return 0.45;
  if (key === 'arguments') return 0.35;
  if (parent.type === 'ReturnStatement' || (parent.type === 'ArrowFunctionExpression' && key === 'body')) return 0.35;
  if (parent.type === 'VariableDeclarator' || parent.type === 'AssignmentExpression') return 0.25;
  return node.type === 'MemberExpression' || node.type === 'CallExpression' ? 0.25 : 0.15;
}

export const arithmetic: Family = {
  name: 'arithmetic',
  bound: 0.8,
  *propose(site, { source }) {
    const { node, scope } = site;
    if (isArithmetic(node)) {
      const range = operatorRange(source.text, node.left.end ?? 0, node.right.start ?? 0, node.operator);
      const text = kindOf(node, scope) === 'string';
      for (const [meant, weight] of text ? [] : (MEANT[node.operator] ?? [])) {
        const tighter =
          /^[*/%]/.test(meant) && /^[+-]$/.test(node.operator) && (isArithmetic(node.left) || isArithmetic(node.right));
        if (tighter)
          yield replace(
            site,
            `${operand(source, node.left)} ${meant} ${operand(source, node.right)}`,
            weight * 0.8,
            'arithmetic',
            true,
          );
        if (range !== undefined)
          yield {
            operator: 'arithmetic',
            weight: tighter ? weight * 0.7 : weight,
            changes: [{ ...range, text: meant }],
          };
      }
      if (!/^[*&|^]$/.test(node.operator)) {
        yield replace(
          site,
          `${operand(source, node.right)} ${node.operator} ${operand(source, node.left)}`,
          text || node.operator === '-' ? 0.55 : 0.3,
          'operand-order',
          true,
        );
      }
      yield* regroup(site, node, source);
    } else if (node.type === 'AssignmentExpression') {
      const range = operatorRange(source.text, node.left.end ?? 0, node.right.start ?? 0, node.operator);
      if (range === undefined) return;
      for (const [meant, weight] of MEANT[node.operator] ?? []) {
        if (node.operator === '=' && kindOf(node.right, scope) === 'boolean' && /^[+*-]/.test(meant)) continue;
        yield { operator: 'arithmetic', weight, changes: [{ ...range, text: meant }] };
      }
    } else if (node.type === 'UpdateExpression') {
      const meant = node.operator === '++' ? '--' : '++';
      const argument = source.code(node.argument);
      yield replace(site, node.prefix ? meant + argument : argument + meant, 0.7, 'arithmetic');
      if (site.parent.type !== 'ExpressionStatement')
        yield replace(site, node.prefix ? argument + node.operator : node.operator + argument, 0.3, 'arithmetic');
      yield replace(site, `${argument} ${node.operator === '++' ? '+' : '-'}= 2`, 0.25, 'arithmetic', true);
    } else if (
      node.type === 'UnaryExpression' &&
      (node.operator === '-' || node.operator === '+' || node.operator === '~')
    ) {
      yield replace(site, source.code(node.argument), 0.45, 'sign', isLoose(node.argument));
    }
    if (isValue(site) && node.type !== 'NumericLiteral' && kindOf(node, scope) !== 'boolean')
      yield* shifts(site, source);
  },
};

function* shifts(site: Site, source: Source): Iterable<Proposal> {
  const { node, scope, parent, key } = site;
  const kind = kindOf(node, scope);
  const numeric = kind === 'number';
  if (
    !numeric &&
    (kind !== undefined ||
      (node.type !== 'Identifier' && node.type !== 'MemberExpression' && node.type !== 'CallExpression'))
  )
    return;
  // The operands of a sum are shifted by shifting the sum.
  if (parent.type === 'BinaryExpression' && /^[+-]$/.test(parent.operator)) return;
  if (key === 'callee' || key === 'object') return;
  const weight = offByOne(site) * (numeric ? 1 : 0.35);
  const text =
    node.type === 'BinaryExpression' && /^[+*/%-]$/.test(node.operator) ? source.code(node) : operand(source, node);
  yield replace(site, `${text} + 1`, weight, 'off-by-one', true);
  yield replace(site, `${text} - 1`, weight, 'off-by-one', true);
  yield replace(site, `-${operand(source, node)}`, weight * 0.5, 'sign', true);
  yield replace(site, `${operand(source, node)} * 2`, weight * 0.25, 'scale', true);
  yield replace(site, `${operand(source, node)} / 2`, weight * 0.35, 'scale', true);
  yield replace(site, `${operand(source, node)} * ${operand(source, node)}`, weight * 0.25, 'scale', true);
  yield replace(site, `${operand(source, node)} * -1`, weight * 0.05, 'sign', true);
}
