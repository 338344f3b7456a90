// Excess logic: an operand, a call, an element, a branch or a statement that should not be there.
import type { Site } from '../source.ts';
import { isLoose, isValue, replace } from './proposal.ts';
import type { Family, Proposal } from './proposal.ts';

/** Removes an element of a comma-separated list together with one comma. */
function withoutElement(
  text: string,
  list: readonly { start?: number | null; end?: number | null }[],
  index: number,
): { start: number; end: number; text: string } {
  const item = list[index];
  const next = list[index + 1];
  const previous = list[index - 1];
  const start = item?.start ?? 0;
  const end = item?.end ?? 0;
  if (next !== undefined) return { start, end: next.start ?? end, text: '' };
  if (previous !== undefined) return { start: previous.end ?? start, end, text: '' };
  const comma = /^\s*,/.exec(text.slice(end));
  return { start, end: end + (comma?.[0].length ?? 0), text: '' };
}

export const removal: Family = {
  name: 'removal',
  bound: 0.55,
  *propose(site, { source }) {
    const { node, parent, key } = site;
    const keep = (part: Site['node'], weight: number, operator: string): Proposal =>
      replace(site, source.code(part), weight, operator, isLoose(part));
    switch (node.type) {
      case 'BinaryExpression':
        if (/^(?:[<>=!]|in)/.test(node.operator) || node.left.type === 'PrivateName') return;
        yield keep(node.left, 0.55, 'dropped-operand');
        yield keep(node.right, 0.4, 'dropped-operand');
        return;
      case 'LogicalExpression':
        yield keep(node.left, 0.5, 'dropped-condition');
        yield keep(node.right, 0.5, 'dropped-condition');
        return;
      case 'CallExpression': {
        const { callee, arguments: args } = node;
        if (parent.type === 'ExpressionStatement') break;
        if (callee.type === 'MemberExpression' && callee.object.type !== 'Super' && isValue(site)) {
          const receiver =
            callee.object.type === 'Identifier' && /^[A-Z]/.test(callee.object.name) ? undefined : callee.object;
          if (receiver) yield keep(receiver, 0.3, 'dropped-call');
        }
        const only = args[0];
        if (args.length === 1 && only !== undefined && only.type !== 'SpreadElement' && isValue(site))
          yield keep(only as Site['node'], 0.35, 'dropped-call');
        break;
      }
      case 'AwaitExpression':
        yield keep(node.argument, 0.2, 'dropped-await');
        return;
      case 'SpreadElement':
        yield keep(node.argument, 0.3, 'dropped-spread');
        return;
      default:
    }
    if ((node.type === 'CallExpression' || node.type === 'NewExpression') && node.arguments.length > 0) {
      for (let i = node.arguments.length - 1; i >= 0; i--) {
        yield { operator: 'dropped-argument', weight: 0.3, changes: [withoutElement(source.text, node.arguments, i)] };
      }
    }
    if (
      node.type === 'ArrayExpression' &&
      node.elements.length > 1 &&
      node.elements.every((element) => element !== null)
    ) {
      for (let i = node.elements.length - 1; i >= 0; i--) {
        yield {
          operator: 'dropped-element',
          weight: 0.2,
          changes: [withoutElement(source.text, node.elements as Site['node'][], i)],
        };
      }
    }
    if (node.type === 'ObjectExpression') {
      for (let i = 0; i < node.properties.length; i++)
        yield { operator: 'dropped-element', weight: 0.1, changes: [withoutElement(source.text, node.properties, i)] };
    }
    if (node.type === 'IfStatement' && node.alternate) {
      yield {
        operator: 'dropped-else',
        weight: 0.2,
        changes: [{ start: node.consequent.end ?? 0, end: node.alternate.end ?? 0, text: '' }],
      };
    }
    if (node.type.endsWith('Statement') && node.type !== 'BlockStatement') yield* statement(site, key);
  },
};

function* statement({ node, parent }: Site, key: string): Iterable<Proposal> {
  const listed = key === 'body' && (parent.type === 'BlockStatement' || parent.type === 'Program');
  const small =
    node.type === 'ExpressionStatement' || node.type === 'ContinueStatement' || node.type === 'BreakStatement';
  const weight = small ? 0.4 : node.type === 'IfStatement' || node.type === 'ReturnStatement' ? 0.35 : 0.1;
  const change = {
    start: node.start ?? 0,
    end: node.end ?? 0,
    text: listed || (key === 'consequent' && parent.type === 'SwitchCase') ? '' : '{}',
  };
  yield { operator: 'dropped-statement', weight, changes: [change] };
}
