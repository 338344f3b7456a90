// Wrong calls: a sibling method, arguments in the wrong order, a missing comparator or radix.
import type { CallExpression, NewExpression, Node } from '@babel/types';
import type { Site } from '../source.ts';
import { isValue, kindOf, replace } from './proposal.ts';
import type { Context, Family, Proposal } from './proposal.ts';

/** Methods that are taken for one another. Each group's members may replace each other; the first groups are the likelier. */
const SIBLINGS: readonly (readonly [number, readonly string[]])[] = [
  [0.7, ['min', 'max']],
  [0.7, ['floor', 'ceil', 'round', 'trunc']],
  [0.7, ['toUpperCase', 'toLowerCase']],
  [0.7, ['some', 'every']],
  [0.6, ['indexOf', 'lastIndexOf']],
  [0.6, ['startsWith', 'endsWith', 'includes']],
  [0.6, ['push', 'unshift']],
  [0.6, ['pop', 'shift']],
  [0.6, ['find', 'findLast', 'filter']],
  [0.6, ['findIndex', 'findLastIndex']],
  [0.6, ['padStart', 'padEnd']],
  [0.5, ['trim', 'trimStart', 'trimEnd']],
  [0.5, ['slice', 'splice', 'substring', 'substr']],
  [0.5, ['keys', 'values', 'entries']],
  [0.5, ['map', 'flatMap', 'filter', 'forEach']],
  [0.5, ['sort', 'reverse', 'toSorted']],
  [0.5, ['replace', 'replaceAll']],
  [0.5, ['sin', 'cos', 'tan']],
  [0.4, ['log', 'log2', 'log10']],
  [0.4, ['reduce', 'reduceRight']],
  [0.4, ['add', 'delete']],
  [0.4, ['has', 'get']],
  [0.4, ['parseInt', 'parseFloat', 'Number']],
  [0.4, ['charAt', 'charCodeAt', 'codePointAt', 'at']],
  [0.4, ['match', 'matchAll', 'test', 'search']],
  [0.4, ['all', 'allSettled', 'race', 'any']],
  [0.4, ['then', 'finally', 'catch']],
  [0.4, ['before', 'after']],
  [0.4, ['concat', 'push']],
  [0.4, ['on', 'once']],
  [0.4, ['isInteger', 'isSafeInteger', 'isFinite', 'isNaN']],
  [0.3, ['abs', 'sign', 'round']],
  [0.3, ['sqrt', 'cbrt', 'abs']],
  [0.3, ['toString', 'toFixed', 'toPrecision']],
  [0.3, ['next', 'previous', 'prev']],
  [0.4, ['getUTCDay', 'getUTCDate', 'getDay', 'getDate']],
  [0.4, ['getUTCMonth', 'getMonth', 'getFullYear', 'getUTCFullYear']],
  [0.4, ['getHours', 'getUTCHours', 'getMinutes', 'getUTCMinutes']],
];

function* siblings(name: string, at: Node, { source, sitesOf }: Context, site: Site): Iterable<Proposal> {
  const range = { start: at.start ?? 0, end: at.end ?? 0 };
  const seen = new Set([name]);
  for (const [weight, group] of SIBLINGS) {
    if (!group.includes(name)) continue;
    for (const text of group) {
      if (seen.has(text)) continue;
      seen.add(text);
      yield { operator: 'method', weight, changes: [{ ...range, text }] };
    }
  }
  // Methods that this file calls elsewhere know its own vocabulary.
  let taken = 0;
  for (const pool of [sitesOf(site.fn), source.sites]) {
    for (const { node } of pool) {
      if (
        node.type !== 'CallExpression' ||
        node.callee.type !== 'MemberExpression' ||
        node.callee.property.type !== 'Identifier'
      )
        continue;
      const { name: text } = node.callee.property;
      if (seen.has(text) || taken > 16) continue;
      seen.add(text);
      taken++;
      yield { operator: 'method', weight: 0.12, changes: [{ ...range, text }] };
    }
  }
}

function* argumentOrder(call: CallExpression | NewExpression, { source }: Context): Iterable<Proposal> {
  const args = call.arguments;
  for (let i = 0; i + 1 < args.length; i++) {
    for (let j = i + 1; j < args.length && j <= i + 2; j++) {
      const a = args[i];
      const b = args[j];
      if (a === undefined || b === undefined || source.code(a) === source.code(b)) continue;
      yield {
        operator: 'argument-order',
        weight: j === i + 1 ? 0.5 : 0.25,
        changes: [
          { start: a.start ?? 0, end: a.end ?? 0, text: source.code(b) },
          { start: b.start ?? 0, end: b.end ?? 0, text: source.code(a) },
        ],
      };
    }
  }
}

const appended = (call: CallExpression | NewExpression, text: string): { start: number; end: number; text: string } => {
  const last = call.arguments.at(-1);
  const at = last?.end ?? (call.end ?? 0) - 1;
  return { start: at, end: at, text: last ? `, ${text}` : text };
};

export const calls: Family = {
  name: 'call',
  bound: 0.7,
  *propose(site, context) {
    const { node } = site;
    if (node.type !== 'CallExpression' && node.type !== 'NewExpression') return;
    const { callee } = node;
    const method =
      callee.type === 'MemberExpression' && !callee.computed && callee.property.type === 'Identifier'
        ? callee.property.name
        : undefined;
    if (method !== undefined && callee.type === 'MemberExpression')
      yield* siblings(method, callee.property, context, site);
    else if (callee.type === 'Identifier') {
      for (const proposal of siblings(callee.name, callee, context, site)) if (proposal.weight >= 0.4) yield proposal;
    }
    yield* argumentOrder(node, context);
    const add = (text: string, weight: number): Proposal => ({
      operator: 'argument',
      weight,
      changes: [appended(node, text)],
    });
    if ((method === 'sort' || method === 'toSorted') && node.arguments.length === 0) {
      yield add('(a, b) => a - b', 0.6);
      yield add('(a, b) => b - a', 0.3);
    } else if ((method === 'slice' || method === 'substring' || method === 'at') && node.arguments.length === 0)
      yield add('1', 0.3);
    else if (method === 'slice' && node.arguments.length === 1) yield add('-1', 0.3);
    else if (callee.type === 'Identifier' && callee.name === 'parseInt' && node.arguments.length === 1)
      yield add('10', 0.4);
    else if (method === 'toString' && node.arguments.length === 0) {
      for (const radix of ['2', '16', '36']) yield add(radix, 0.25);
    } else if (method === 'reduce' && node.arguments.length === 1) {
      for (const initial of ['0', '1', "''", '[]', '{}']) yield add(initial, 0.3);
    } else if (method === 'flat' && node.arguments.length === 0) yield add('Infinity', 0.3);
    if (isValue(site) || site.parent.type === 'ExpressionStatement') {
      for (const binding of site.scope.visible(node.start ?? 0).slice(0, 10)) {
        const first = node.arguments[0];
        if (node.arguments.length > 3 || (first !== undefined && kindOf(first, site.scope) === 'function')) break;
        if (binding.kind === 'import' || binding.kinds.has('function')) continue;
        yield add(binding.name, 0.08);
      }
    }
    if (method !== undefined && callee.type === 'MemberExpression' && node.arguments.length === 1 && isValue(site)) {
      const argument = node.arguments[0];
      if (
        argument !== undefined &&
        /^(?:Identifier|MemberExpression)$/.test(argument.type) &&
        /^(?:Identifier|MemberExpression)$/.test(callee.object.type)
      ) {
        yield replace(
          site,
          `${context.source.code(argument)}.${method}(${context.source.code(callee.object)})`,
          0.4,
          'receiver',
        );
      }
    }
  },
};
