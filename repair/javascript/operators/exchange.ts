// Two things that took each other's place: two literals, two variables of a statement, or two elements of a list all over a function.
import type { Node } from '@babel/types';
import type { Site } from '../source.ts';
import { isValue, kindOf } from './proposal.ts';
import type { Context, Family, Proposal } from './proposal.ts';

const WEIGHTS: Partial<Record<Node['type'], number>> = {
  StringLiteral: 0.25,
  RegExpLiteral: 0.3,
  NumericLiteral: 0.15,
  Identifier: 0.2,
  CallExpression: 0.12,
  MemberExpression: 0.15,
};
/** Partners further away are ever less likely to have been confused. */
const PARTNERS = 8;

const swap = (a: Node, b: Node, { source }: Context, weight: number): Proposal => ({
  operator: 'exchange',
  weight,
  changes: [
    { start: a.start ?? 0, end: a.end ?? 0, text: source.code(b) },
    { start: b.start ?? 0, end: b.end ?? 0, text: source.code(a) },
  ],
});

/** Later values of the same kind in the same function; beyond literals only those of the same statement. */
function* partners(site: Site, context: Context): Iterable<Proposal> {
  const { node, unit, scope } = site;
  const weight = WEIGHTS[node.type];
  if (weight === undefined || !isValue(site) || site.key === 'callee' || site.key === 'object') return;
  const literal = node.type.endsWith('Literal');
  const text = context.source.code(node);
  let found = 0;
  for (const other of context.sitesOf(site.fn)) {
    const { node: partner } = other;
    if (partner.type !== node.type || (partner.start ?? 0) < (node.end ?? 0) || !isValue(other)) continue;
    if (other.key === 'callee' || other.key === 'object' || context.source.code(partner) === text) continue;
    const near = other.unit === unit;
    if (!near && !literal) continue;
    const kinds = [kindOf(node, scope), kindOf(partner, other.scope)];
    if (kinds[0] !== undefined && kinds[1] !== undefined && kinds[0] !== kinds[1]) continue;
    if (++found > PARTNERS) return;
    yield swap(node, partner, context, near ? weight : weight * 0.6);
  }
}

/** `pair[0]` and `pair[1]`, or two properties of one object, confused in the whole function: every use is exchanged. */
function* throughout(site: Site, context: Context): Iterable<Proposal> {
  const { source } = context;
  const uses = new Map<string, Node[]>();
  const { node } = site;
  if (node.type !== 'MemberExpression' || node.object.type !== 'Identifier') return;
  const { name } = node.object;
  for (const { node: use } of context.sitesOf(site.fn)) {
    if (use.type !== 'MemberExpression' || use.object.type !== 'Identifier' || use.object.name !== name) continue;
    if (use.computed && use.property.type !== 'NumericLiteral') continue;
    if (use.computed !== node.computed || (!use.computed && source.text[use.end ?? 0] === '(')) continue;
    const key = source.code(use.property);
    uses.set(key, [...(uses.get(key) ?? []), use.property]);
  }
  const own = source.code(node.property);
  // The first use speaks for all of them.
  const first = uses.get(own)?.[0];
  if (first !== node.property || uses.size > 6) return;
  for (const [key, places] of uses) {
    const mine = uses.get(own) ?? [];
    if ((places[0]?.start ?? 0) <= (first.start ?? 0) || mine.length + places.length < 3) continue;
    const to = (list: readonly Node[], text: string): Proposal['changes'] =>
      list.map((place) => ({ start: place.start ?? 0, end: place.end ?? 0, text }));
    yield { operator: 'exchange', weight: 0.2, changes: [...to(mine, key), ...to(places, own)] };
  }
}

export const exchange: Family = {
  name: 'exchange',
  bound: 0.3,
  *propose(site, context) {
    yield* [...partners(site, context), ...throughout(site, context)].sort((a, b) => b.weight - a.weight);
  },
};
