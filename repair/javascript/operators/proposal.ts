// What every operator family works with: a proposal is one textual change with the prior of its kind; places and suspicion are
// the caller's business.
import type { Expression, Node } from '@babel/types';
import { literalKind } from '../scope.ts';
import type { Kind, Scope } from '../scope.ts';
import type { Site, Source } from '../source.ts';

export interface Proposal {
  readonly operator: string;
  /** Prior of the change, 1 for the likeliest kinds. Families share one scale, so their candidates can be merged. */
  readonly weight: number;
  readonly changes: readonly { readonly start: number; readonly end: number; readonly text: string }[];
}

/** What a family may draw on besides the place itself. */
export interface Context {
  readonly source: Source;
  /** Sites by the function that holds them, for ingredients from nearby. */
  readonly sitesOf: (fn: Node | undefined) => readonly Site[];
  /** String literals of the tests and quoted words of comments: what a wrong word may have been meant to be. */
  readonly words: readonly string[];
}

/** A family of operators: `bound` is the largest weight it ever proposes, so that it is opened no sooner than needed. */
export interface Family {
  readonly name: string;
  readonly bound: number;
  readonly propose: (site: Site, context: Context) => Iterable<Proposal>;
}

const NOT_VALUES = new Set([
  'SpreadElement',
  'RestElement',
  'AssignmentPattern',
  'ObjectPattern',
  'ArrayPattern',
  'Super',
  'Import',
  'TemplateElement',
  'ObjectProperty',
  'ObjectMethod',
  'JSXText',
  'PrivateName',
]);
const BINDING_KEYS = new Set(['id', 'params', 'param', 'label', 'local', 'imported', 'exported', 'specifiers', 'meta']);

/** Whether the node is an expression whose value is used, so that another expression may stand in its place. */
export function isValue(site: Site): site is Site & { readonly node: Expression } {
  const { node, parent, key } = site;
  const { type } = node;
  if (
    NOT_VALUES.has(type) ||
    type.endsWith('Statement') ||
    type.endsWith('Declaration') ||
    type.endsWith('Specifier') ||
    type.startsWith('Class')
  )
    return false;
  if (
    type.startsWith('JSX') ||
    type.startsWith('Directive') ||
    type.endsWith('Declarator') ||
    type === 'SwitchCase' ||
    type === 'CatchClause'
  )
    return false;
  if (BINDING_KEYS.has(key)) return false;
  if (
    key === 'left' &&
    (parent.type === 'AssignmentExpression' || parent.type.startsWith('For') || parent.type === 'AssignmentPattern')
  )
    return false;
  if (key === 'property' && 'computed' in parent && !parent.computed) return false;
  if (key === 'key' && !('computed' in parent && parent.computed)) return false;
  if (key === 'argument' && parent.type === 'UpdateExpression') return false;
  if (parent.type === 'ExpressionStatement' || parent.type === 'ArrayPattern' || parent.type === 'ObjectPattern')
    return false;
  if (parent.type === 'RestElement' || parent.type === 'ImportDeclaration' || parent.type.startsWith('Export'))
    return false;
  return !(parent.type === 'ObjectProperty' && key === 'value' && isPatternProperty(parent));
}

/** `{ a = 1 }` and `{ a: b }` of a destructuring pattern hold names, not values; the parser tells by the value's type only in part. */
const isPatternProperty = (parent: Node): boolean =>
  parent.type === 'ObjectProperty' && parent.value.type === 'AssignmentPattern';

/** Parents in which an operator expression can stand without parentheses. */
function takesAnything({ parent, key, node }: Site): boolean {
  if (node.extra?.parenthesized === true) return true;
  switch (parent.type) {
    case 'ReturnStatement':
    case 'VariableDeclarator':
    case 'IfStatement':
    case 'WhileStatement':
    case 'DoWhileStatement':
    case 'ForStatement':
    case 'ForOfStatement':
    case 'ForInStatement':
    case 'SwitchStatement':
    case 'ArrayExpression':
    case 'ObjectProperty':
    case 'TemplateLiteral':
    case 'ThrowStatement':
    case 'SpreadElement':
    case 'AssignmentPattern':
    case 'ArrowFunctionExpression':
      return true;
    case 'AssignmentExpression':
      return key === 'right';
    case 'CallExpression':
    case 'OptionalCallExpression':
    case 'NewExpression':
      return key === 'arguments';
    case 'MemberExpression':
      return key === 'property';
    default:
      return false;
  }
}

/** The node replaced by `text`; `loose` says that the text is an operator expression, which may need parentheses. */
export function replace(site: Site, text: string, weight: number, operator: string, loose = false): Proposal {
  const { node, parent } = site;
  const safe = loose && !takesAnything(site) ? `(${text})` : text;
  const shorthand = parent.type === 'ObjectProperty' && parent.shorthand && node.type === 'Identifier';
  const full = shorthand ? `${node.name}: ${safe}` : safe;
  return { operator, weight, changes: [{ start: node.start ?? 0, end: node.end ?? 0, text: full }] };
}

const LOOSE = /^(?:Binary|Logical|Conditional|Assignment|Sequence|Arrow|Yield|Await|Unary|TSAs|TSSatisfies)/;

export const isLoose = (node: Node): boolean => LOOSE.test(node.type);

/** The node's text as an operand, in parentheses where it needs them. */
export const operand = (source: Source, node: Node): string =>
  isLoose(node) ? `(${source.code(node)})` : source.code(node);

const NUMBER_METHODS = new Set([
  'indexOf',
  'lastIndexOf',
  'charCodeAt',
  'codePointAt',
  'findIndex',
  'findLastIndex',
  'getTime',
  'push',
  'unshift',
  'search',
  'localeCompare',
]);
const STRING_METHODS = new Set([
  'toString',
  'join',
  'toUpperCase',
  'toLowerCase',
  'trim',
  'trimStart',
  'trimEnd',
  'charAt',
  'repeat',
  'replace',
  'replaceAll',
  'padStart',
  'padEnd',
  'substring',
  'substr',
  'toFixed',
  'normalize',
]);
const ARRAY_METHODS = new Set([
  'split',
  'map',
  'filter',
  'sort',
  'reverse',
  'splice',
  'flat',
  'flatMap',
  'keys',
  'values',
  'entries',
  'toSorted',
  'toReversed',
]);
const BOOLEAN_METHODS = new Set([
  'includes',
  'startsWith',
  'endsWith',
  'has',
  'every',
  'some',
  'test',
  'isArray',
  'isInteger',
  'isNaN',
  'isFinite',
  'hasOwnProperty',
]);

const COMPARISON = new Set(['<', '<=', '>', '>=', '==', '!=', '===', '!==', 'in', 'instanceof']);

export const isComparison = (operator: string): boolean => COMPARISON.has(operator);

/** The kind of value an expression gives, where that can be told. */
export function kindOf(node: Node, scope: Scope): Kind | undefined {
  const literal = literalKind(node);
  if (literal !== undefined) return literal;
  switch (node.type) {
    case 'Identifier': {
      const kinds = scope.lookup(node.name)?.kinds;
      return kinds?.size === 1 ? [...kinds][0] : undefined;
    }
    case 'BinaryExpression': {
      if (isComparison(node.operator)) return 'boolean';
      if (node.operator !== '+') return 'number';
      const left = kindOf(node.left, scope);
      const right = kindOf(node.right, scope);
      if (left === 'string' || right === 'string') return 'string';
      return left === 'number' && right === 'number' ? 'number' : undefined;
    }
    case 'LogicalExpression': {
      const left = kindOf(node.left, scope);
      return left === kindOf(node.right, scope) ? left : undefined;
    }
    case 'UnaryExpression':
      return node.operator === '!'
        ? 'boolean'
        : node.operator === 'typeof'
          ? 'string'
          : node.operator === 'void'
            ? 'nullish'
            : 'number';
    case 'UpdateExpression':
      return 'number';
    case 'ConditionalExpression':
      return kindOf(node.consequent, scope) ?? kindOf(node.alternate, scope);
    case 'MemberExpression':
      return !node.computed && node.property.type === 'Identifier' && /^(?:length|size)$/.test(node.property.name)
        ? 'number'
        : undefined;
    case 'CallExpression': {
      const { callee } = node;
      if (callee.type === 'Identifier') {
        if (/^(?:Number|parseInt|parseFloat)$/.test(callee.name)) return 'number';
        return callee.name === 'String' ? 'string' : callee.name === 'Boolean' ? 'boolean' : undefined;
      }
      if (callee.type !== 'MemberExpression' || callee.property.type !== 'Identifier') return undefined;
      const { name } = callee.property;
      if (NUMBER_METHODS.has(name) || (callee.object.type === 'Identifier' && callee.object.name === 'Math'))
        return 'number';
      if (STRING_METHODS.has(name)) return 'string';
      if (ARRAY_METHODS.has(name)) return 'array';
      if (BOOLEAN_METHODS.has(name)) return 'boolean';
      return name === 'slice' || name === 'concat' || name === 'at' ? kindOf(callee.object, scope) : undefined;
    }
    default:
      return undefined;
  }
}

/** False only when both kinds are known and differ. */
export const compatible = (a: Kind | undefined, b: Kind | undefined): boolean =>
  a === undefined || b === undefined || a === b;
