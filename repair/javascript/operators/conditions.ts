// Missing logic: a condition that lacks a part, a statement that lacks its guard. The parts are put together from what the
// function already tests and from simple questions about its variables.
import type { Node } from '@babel/types';
import type { Binding } from '../scope.ts';
import type { Site } from '../source.ts';
import { isLoop } from '../walk.ts';
import { inScope } from './expressions.ts';
import { isComparison, isValue, operand, replace } from './proposal.ts';
import type { Context, Family, Proposal } from './proposal.ts';

interface Atom {
  readonly text: string;
  readonly weight: number;
}

const NEGATED: Readonly<Record<string, string>> = {
  '<': '>=',
  '<=': '>',
  '>': '<=',
  '>=': '<',
  '==': '!=',
  '!=': '==',
  '===': '!==',
  '!==': '===',
};

function questions(binding: Binding, others: readonly Binding[], strict: boolean): Atom[] {
  const { name, kinds } = binding;
  const eq = strict ? '===' : '==';
  const ne = strict ? '!==' : '!=';
  const out: Atom[] = [];
  const add = (text: string, weight: number): void => void out.push({ text, weight });
  const unknown = kinds.size === 0 ? 0.4 : 1;
  if (kinds.has('number') || kinds.size === 0) {
    for (const [text, weight] of [
      [`${name} > 0`, 0.5],
      [`${name} ${eq} 0`, 0.5],
      [`${name} < 0`, 0.5],
      [`${name} ${ne} 0`, 0.4],
      [`${name} > 1`, 0.3],
      [`${name} ${eq} 1`, 0.4],
      [`${name} < 2`, 0.3],
      [`${name} % 2 ${eq} 0`, 0.4],
      [`${name} % 2 ${eq} 1`, 0.4],
      [`${name} % 2 ${ne} 0`, 0.3],
      [`Number.isInteger(${name})`, 0.25],
    ] as const)
      add(text, weight * unknown);
    for (const other of others) {
      if (other.name === name || !other.kinds.has('number')) continue;
      for (const [operator, weight] of [
        [ne, 0.4],
        [eq, 0.35],
        ['<', 0.35],
        ['>', 0.35],
        ['<=', 0.2],
        ['>=', 0.2],
      ] as const)
        add(`${name} ${operator} ${other.name}`, weight);
    }
  }
  if (kinds.has('string') || kinds.has('array')) {
    add(`${name}.length ${eq} 0`, 0.5);
    add(`${name}.length > 0`, 0.45);
    add(`${name}.length ${eq} 1`, 0.25);
    add(`${name}.length > 1`, 0.25);
    for (const other of others) {
      if (other.name === name) continue;
      if (other.kinds.has('string') || other.kinds.has('number')) {
        add(`${name}.includes(${other.name})`, 0.25);
        add(`!${name}.includes(${other.name})`, 0.3);
      }
      if (kinds.has('string') && other.kinds.has('string')) {
        add(`${name} ${eq} ${other.name}`, 0.3);
        add(`${name} ${ne} ${other.name}`, 0.3);
      }
    }
  }
  if (kinds.has('boolean') || kinds.has('object') || kinds.has('nullish') || kinds.size === 0) {
    add(name, 0.35);
    add(`!${name}`, 0.4);
    add(`${name} ${ne} null`, 0.25);
  }
  if (kinds.has('nullish')) add(`${name} ${eq} null`, 0.4);
  return out;
}

/** Conditions to try at this place, likeliest first, without `exclude`. */
function atoms(site: Site, { source, sitesOf }: Context, exclude: Node | undefined): Atom[] {
  const best = new Map<string, number>();
  const add = (text: string, weight: number): void => void best.set(text, Math.max(best.get(text) ?? 0, weight));
  for (const other of sitesOf(site.fn)) {
    const { node } = other;
    if (!isValue(other) || node === exclude) continue;
    const tests =
      (node.type === 'BinaryExpression' && isComparison(node.operator)) ||
      (other.key === 'test' && node.type !== 'LogicalExpression');
    if (!tests || (node.end ?? 0) - (node.start ?? 0) > 60 || !inScope(node, site)) continue;
    add(source.code(node), 0.8);
    if (node.type === 'BinaryExpression') {
      const left = source.code(node.left);
      const right = source.code(node.right);
      const negated = NEGATED[node.operator];
      if (negated !== undefined) add(`${left} ${negated} ${right}`, 0.8);
      // The neighbour of a tested value is tested next: s[i] and then s[i + 1], a > b and then a > c.
      for (const binding of site.scope.visible(site.node.start ?? 0).slice(0, 8)) {
        if (binding.kind === 'import' || binding.kinds.has('function')) continue;
        if (node.left.type === 'Identifier' && node.left.name !== binding.name)
          add(`${binding.name} ${node.operator} ${right}`, 0.3);
        if (node.right.type === 'Identifier' && node.right.name !== binding.name)
          add(`${left} ${node.operator} ${binding.name}`, 0.3);
      }
    } else add(`!${operand(source, node)}`, 0.6);
  }
  const strict = !/[^=!]==[^=]/.test(source.text);
  const visible = site.scope
    .visible(site.node.start ?? 0)
    .filter(
      (b) =>
        b.kind !== 'import' && !b.kinds.has('function') && site.fn !== undefined && b.start >= (site.fn.start ?? 0),
    );
  for (const binding of visible.slice(0, 10))
    for (const atom of questions(binding, visible.slice(0, 10), strict)) add(atom.text, atom.weight);
  return [...best]
    .map(([text, weight]) => ({ text, weight }))
    .sort((a, b) => b.weight - a.weight)
    .slice(0, 120);
}

function* added(site: Site, context: Context): Iterable<Proposal> {
  const { node } = site;
  const left = operand(context.source, node);
  const left2 =
    node.type === 'BinaryExpression' || node.type === 'UnaryExpression' || node.type === 'CallExpression'
      ? context.source.code(node)
      : left;
  const and = node.type === 'LogicalExpression' && node.operator === '&&' ? context.source.code(node) : left2;
  const or = node.type === 'LogicalExpression' ? context.source.code(node) : left2;
  for (const atom of atoms(site, context, node)) {
    yield replace(site, `${and} && ${atom.text}`, 0.3 * atom.weight, 'added-condition', true);
    yield replace(site, `${or} || ${atom.text}`, 0.28 * atom.weight, 'added-condition', true);
  }
}

/** `if (atom) return value;` before a statement, with values that the function already returns. */
function* guards(site: Site, context: Context): Iterable<Proposal> {
  const { node, fn, ancestors } = site;
  if (fn === undefined) return;
  const values = new Set<string>();
  for (const { node: other } of context.sitesOf(fn)) {
    if (
      other.type === 'ReturnStatement' &&
      other.argument &&
      (other.argument.end ?? 0) - (other.argument.start ?? 0) < 30 &&
      inScope(other.argument, site)
    )
      values.add(context.source.code(other.argument));
  }
  const first = fn.body.type === 'BlockStatement' && fn.body.body[0] === node;
  if (first) for (const param of fn.params) if (param.type === 'Identifier') values.add(param.name);
  for (const value of first ? ['0', '1', '-1', '[]', "''", 'null', 'true', 'false'] : []) values.add(value);
  const inLoop = ancestors.some((a) => /^(?:For|While|DoWhile)/.test(a.type) && (fn.start ?? 0) < (a.start ?? 0));
  const at = node.start ?? 0;
  const line = context.source.text.slice(context.source.text.lastIndexOf('\n', at) + 1, at);
  const indent = /^\s*$/.test(line) ? `\n${line}` : ' ';
  const guard = (test: string, action: string, weight: number): Proposal => ({
    operator: 'guard',
    weight,
    changes: [{ start: at, end: at, text: `if (${test}) ${action};${indent}` }],
  });
  for (const atom of atoms(site, context, undefined)) {
    if (inLoop) {
      yield guard(atom.text, 'continue', 0.16 * atom.weight);
      yield guard(atom.text, 'break', 0.14 * atom.weight);
    }
    for (const value of [...values].slice(0, 10))
      yield guard(atom.text, `return ${value}`, (first ? 0.16 : 0.07) * atom.weight);
  }
}

/** `if (atom)` round a statement that always runs. */
function* wrapped(site: Site, context: Context): Iterable<Proposal> {
  const { node } = site;
  const text = context.source.code(node);
  for (const atom of atoms(site, context, undefined)) {
    yield {
      operator: 'guarded-statement',
      weight: 0.16 * atom.weight,
      changes: [
        {
          start: node.start ?? 0,
          end: node.end ?? 0,
          text: `if (${atom.text}) ${text.includes('\n') ? `{ ${text} }` : text}`,
        },
      ],
    };
  }
}

export const conditions: Family = {
  name: 'condition',
  bound: 0.24,
  *propose(site, context) {
    const { node, parent, key } = site;
    const whole =
      key === 'test' ||
      parent.type === 'ReturnStatement' ||
      (parent.type === 'ArrowFunctionExpression' && key === 'body');
    const boolean =
      node.type === 'LogicalExpression' ||
      (node.type === 'BinaryExpression' && isComparison(node.operator)) ||
      key === 'test';
    if (isValue(site) && whole && boolean) yield* added(site, context);
    else if (
      isValue(site) &&
      parent.type === 'LogicalExpression' &&
      node.type === 'BinaryExpression' &&
      isComparison(node.operator)
    ) {
      for (const proposal of added(site, context)) yield { ...proposal, weight: proposal.weight * 0.5 };
    }
    const listed = key === 'body' && parent.type === 'BlockStatement';
    if (listed && node.type.endsWith('Statement')) yield* guards(site, context);
    const alone = key === 'body' && isLoop(parent);
    if ((listed || alone) && node.type === 'ExpressionStatement') yield* wrapped(site, context);
  },
};
