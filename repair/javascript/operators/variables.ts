// The wrong name: another variable in scope, another property of the same kind of object.
import type { Site, Source } from '../source.ts';
import type { Binding, Kind } from '../scope.ts';
import { isFunction } from '../walk.ts';
import { isValue, replace } from './proposal.ts';
import type { Family, Proposal } from './proposal.ts';

const share = (a: ReadonlySet<Kind>, b: ReadonlySet<Kind>): boolean =>
  a.size === 0 || b.size === 0 || [...a].some((kind) => b.has(kind));

/** A binding of the same function is likelier than one from further out; one of the wrong kind is unlikely. */
function weigh(from: Binding | undefined, to: Binding, site: Site): number {
  if (from !== undefined && !share(from.kinds, to.kinds)) return 0.04;
  const local = to.kind !== 'import' && to.kind !== 'function';
  const near = site.fn !== undefined && to.start >= (site.fn.start ?? 0) && to.start < (site.fn.end ?? 0);
  const known = from !== undefined && from.kinds.size > 0 && to.kinds.size > 0;
  return (local ? 1 : 0.35) * (near ? 1 : 0.4) * (known ? 1 : 0.6);
}

/** Written: the target of an assignment or update, where another variable of the same kind may have been meant. */
const isTarget = ({ parent, key }: Site): boolean =>
  (parent.type === 'AssignmentExpression' && key === 'left') ||
  (parent.type === 'UpdateExpression' && key === 'argument');

const propertyName = (site: Site): string | undefined =>
  site.node.type === 'Identifier' && site.key === 'property' && 'computed' in site.parent && !site.parent.computed
    ? site.node.name
    : undefined;

const isMethod = (site: Site): boolean => {
  const holder = site.ancestors.at(-2);
  return (
    holder !== undefined &&
    (holder.type === 'CallExpression' || holder.type === 'OptionalCallExpression') &&
    holder.callee === site.parent
  );
};

function* properties(site: Site, name: string, source: Source): Iterable<Proposal> {
  if (isMethod(site)) return;
  const seen = new Set([name]);
  for (const other of source.sites) {
    const candidate = propertyName(other);
    if (candidate === undefined || seen.has(candidate) || isMethod(other)) continue;
    seen.add(candidate);
    if (seen.size > 24) return;
    yield replace(site, candidate, 0.25, 'property');
  }
}

export const variables: Family = {
  name: 'variable',
  bound: 0.5,
  *propose(site, { source }) {
    const { node, scope } = site;
    const property = propertyName(site);
    if (property !== undefined) {
      yield* properties(site, property, source);
      return;
    }
    if (node.type !== 'Identifier' || !(isValue(site) || isTarget(site) || site.key === 'object')) return;
    const from = scope.lookup(node.name);
    if (from === undefined && site.key === 'callee') return;
    if (from?.kind === 'import' && site.key === 'object') return;
    const target = isTarget(site);
    const own = site.ancestors.findLast((ancestor) => ancestor.type === 'VariableDeclarator');
    const options = scope
      .visible(node.start ?? 0)
      .filter((to) => to.name !== node.name && (!target || (to.kind !== 'const' && to.kind !== 'import')))
      .filter((to) => site.key !== 'callee' || to.kinds.has('function') || to.kinds.size === 0)
      .filter((to) => own?.start !== to.start)
      .map((to) => ({ to, weight: weigh(from, to, site) }))
      .sort((a, b) => b.weight - a.weight)
      .slice(0, 24);
    // The prior of "wrong variable" is shared by the names that fit.
    const fitting = Math.max(1, options.filter(({ weight }) => weight > 0.3).length);
    const base = 0.6 / Math.sqrt(fitting);
    for (const { to, weight } of options)
      yield replace(site, to.name, Math.min(0.5, base * weight * (target ? 0.8 : 1)), 'variable');
    if (isValue(site) && site.key !== 'callee' && from !== undefined)
      yield* derived(site, from, scope.visible(node.start ?? 0), base);
  },
};

/** A variable where an element was meant, and the other way round: `i` for `list[i]`, `list` for `list.length`. */
function* derived(site: Site, from: Binding, visible: readonly Binding[], base: number): Iterable<Proposal> {
  const { node, parent, key } = site;
  if (node.type !== 'Identifier' || key === 'object' || isFunction(parent)) return;
  const numbers = visible.filter((b) => b.kinds.has('number')).slice(0, 6);
  const lists = visible.filter((b) => b.kinds.has('array')).slice(0, 4);
  if (from.kinds.has('number')) {
    for (const list of lists) {
      yield replace(site, `${list.name}[${node.name}]`, base * 0.35, 'element');
      yield replace(site, `${list.name}.length`, base * 0.3, 'element');
    }
  }
  if (from.kinds.has('array')) {
    yield replace(site, `${node.name}.length`, base * 0.4, 'element');
    for (const index of numbers) yield replace(site, `${node.name}[${index.name}]`, base * 0.3, 'element');
  }
  if (from.kinds.has('string') && from.kinds.size === 1)
    yield replace(site, `${node.name}.length`, base * 0.35, 'element');
}
