// An expression from elsewhere in the file in place of this one, as it stands: programs repeat themselves.
import type { Node } from '@babel/types';
import type { Site, Source } from '../source.ts';
import { compatible, isLoose, isValue, kindOf, replace } from './proposal.ts';
import type { Context, Family } from './proposal.ts';
import { walk } from '../walk.ts';

const TRIVIAL = /^(?:Identifier|NumericLiteral|StringLiteral|BooleanLiteral|NullLiteral)$/;
const LARGE = 80;
const TAKEN = 60;

/** Every free name of the ingredient must mean something here. */
export function inScope(node: Node, site: Site): boolean {
  let fits = true;
  const own = new Set<string>();
  walk(node, (part) => {
    if (part.type === 'ArrowFunctionExpression' || part.type === 'FunctionExpression')
      for (const param of part.params) if (param.type === 'Identifier') own.add(param.name);
  });
  const visible = new Set(site.scope.visible(site.node.start ?? 0).map((binding) => binding.name));
  const visit = (part: Node, isName: boolean): void => {
    if (!fits) return;
    if (
      part.type === 'Identifier' &&
      isName &&
      !own.has(part.name) &&
      !visible.has(part.name) &&
      !(part.name in globalThis)
    )
      fits = false;
    if (part.type === 'MemberExpression') {
      visit(part.object, true);
      visit(part.property, part.computed);
    } else if (part.type === 'ObjectProperty') {
      visit(part.value, true);
    } else {
      for (const value of Object.values(part)) {
        for (const item of Array.isArray(value) ? (value as unknown[]) : [value]) {
          if (typeof item === 'object' && item !== null && typeof (item as Node).type === 'string')
            visit(item as Node, true);
        }
      }
    }
  };
  visit(node, true);
  return fits;
}

function* ingredients(site: Site, { source, sitesOf }: Context): Iterable<{ node: Node; text: string; near: boolean }> {
  const seen = new Set([source.code(site.node)]);
  for (const near of [true, false]) {
    for (const other of near ? sitesOf(site.fn) : source.sites) {
      if (!isValue(other) || TRIVIAL.test(other.node.type) || other.key === 'callee') continue;
      const text = source.code(other.node);
      if (text.length > LARGE || seen.has(text)) continue;
      seen.add(text);
      yield { node: other.node, text, near };
    }
  }
}

const contains = (outer: Node, inner: Node): boolean =>
  (outer.start ?? 0) <= (inner.start ?? 0) && (outer.end ?? 0) >= (inner.end ?? 0);

export const expressions: Family = {
  name: 'expression',
  bound: 0.28,
  *propose(site, context) {
    const { node, scope, key } = site;
    if (
      !isValue(site) ||
      key === 'callee' ||
      node.type === 'ArrowFunctionExpression' ||
      node.type === 'FunctionExpression'
    )
      return;
    const kind = kindOf(node, scope);
    const base = TRIVIAL.test(node.type) ? 0.2 : 0.28;
    let taken = 0;
    const late: ReturnType<typeof replace>[] = [];
    for (const { node: other, text, near } of ingredients(site, context)) {
      if (taken >= TAKEN) break;
      if (contains(other, node) && isValue(site) && other.type === 'CallExpression') continue;
      const otherKind = kindOf(other, scope);
      if (!compatible(kind, otherKind) || !inScope(other, site)) continue;
      taken++;
      const known = kind !== undefined && otherKind !== undefined;
      const weight = base * (near ? 1 : 0.4) * (known ? 1 : 0.5) * lengthFactor(context.source, node, text);
      late.push(replace(site, text, weight, 'expression', isLoose(other)));
    }
    yield* late.sort((a, b) => b.weight - a.weight);
  },
};

/** A replacement much longer than what it replaces is rarely meant. */
const lengthFactor = (source: Source, node: Node, text: string): number => {
  const excess = text.length - source.code(node).length;
  return excess <= 4 ? 1 : excess <= 16 ? 0.8 : 0.5;
};
