// One mistake made several times: the same change wherever the same thing stands, in an expression, or in the whole function.
import type { Node } from '@babel/types';
import type { Site } from '../source.ts';
import { comparisons, operatorRange } from './comparisons.ts';
import { constants } from './constants.ts';
import { isComparison, isValue } from './proposal.ts';
import type { Context, Family, Proposal } from './proposal.ts';
import { variables } from './variables.ts';

type Range = Readonly<{ start: number; end: number }>;

/** A repeated mistake is one mistake, and yet rarer than a single one. */
const SHARE = 0.35;
const PLACES = 8;

const rangeOf = (node: Node): Range => ({ start: node.start ?? 0, end: node.end ?? 0 });

/** What a change of this place would replace: the operator of a comparison, else the node itself. */
function target({ node }: Site, { source }: Context): Range | undefined {
  if (node.type === 'BinaryExpression')
    return isComparison(node.operator)
      ? operatorRange(source.text, node.left.end ?? 0, node.right.start ?? 0, node.operator)
      : undefined;
  return /^(?:Identifier|NumericLiteral|StringLiteral)$/.test(node.type) ? rangeOf(node) : undefined;
}

/** The other places of the function that hold the same text in the same role, this one first; nothing when an earlier one exists. */
function peers(site: Site, context: Context): Site[] {
  const { text } = context.source;
  const own = target(site, context);
  if (own === undefined) return [];
  const found: Site[] = [];
  for (const other of context.sitesOf(site.fn)) {
    if (other.node.type !== site.node.type) continue;
    const range = target(other, context);
    if (range === undefined || text.slice(range.start, range.end) !== text.slice(own.start, own.end)) continue;
    if (!isValue(other) && other.key !== site.key) continue;
    if (range.start < own.start && other.unit === site.unit) return [];
    if (range.start >= own.start) found.push(other);
  }
  return found;
}

/** All connectives of a chain turned round, with and without its comparisons. */
function* chain(site: Site, { source }: Context): Iterable<Proposal> {
  const { node, parent } = site;
  if (node.type !== 'LogicalExpression' || parent.type === 'LogicalExpression' || node.operator === '??') return;
  const connectives: Range[] = [];
  const visit = (part: Node): void => {
    if (part.type !== 'LogicalExpression' || part.operator !== node.operator) return;
    const range = operatorRange(source.text, part.left.end ?? 0, part.right.start ?? 0, part.operator);
    if (range !== undefined) connectives.push(range);
    visit(part.left);
    visit(part.right);
  };
  visit(node);
  if (connectives.length < 2) return;
  const meant = node.operator === '&&' ? '||' : '&&';
  yield {
    operator: 'connective',
    weight: 0.45,
    changes: connectives.map((range) => ({ ...range, text: meant })),
  };
}

export const repeated: Family = {
  name: 'repeated',
  bound: 0.45,
  *propose(site, context) {
    yield* chain(site, context);
    const all = peers(site, context);
    if (all.length < 2) return;
    const own = target(site, context);
    const near = all.filter((other) => other.unit === site.unit);
    const groups = [near, ...(near.length === all.length ? [] : [all])].filter(
      (group) => group.length > 1 && group.length <= PLACES,
    );
    for (const family of [comparisons, constants, variables]) {
      for (const { operator, weight, changes } of family.propose(site, context)) {
        const [change] = changes;
        if (changes.length !== 1 || change === undefined) continue;
        if (change.start !== own?.start || change.end !== own.end) continue;
        for (const group of groups) {
          yield {
            operator,
            weight: weight * SHARE * (group === near ? 1 : 0.7),
            changes: group.flatMap((other) => {
              const range = target(other, context);
              return range === undefined ? [] : [{ ...range, text: change.text }];
            }),
          };
        }
      }
    }
  },
};
