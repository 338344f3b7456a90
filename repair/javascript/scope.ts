// Which variables a place can see, and what kinds of value they held while the tests ran.
import type { LVal, Node, PatternLike } from '@babel/types';
import { children, isFunction, isLoop } from './walk.ts';

/** `unknown` is compatible with everything. */
export type Kind = 'number' | 'string' | 'boolean' | 'array' | 'function' | 'object' | 'nullish';

export interface Binding {
  readonly name: string;
  readonly kind: 'import' | 'param' | 'var' | 'let' | 'const' | 'function';
  /** Where the declaration starts; a block's own names are dead before it. */
  readonly start: number;
  /** Kinds of value seen at run time or evident from the initial value; empty means unknown. */
  readonly kinds: Set<Kind>;
}

export class Scope {
  readonly parent: Scope | undefined;
  readonly isFunction: boolean;
  readonly names = new Map<string, Binding>();

  constructor(parent: Scope | undefined, isFunctionScope: boolean) {
    this.parent = parent;
    this.isFunction = isFunctionScope;
  }

  lookup(name: string): Binding | undefined {
    return this.names.get(name) ?? this.parent?.lookup(name);
  }

  /** Everything visible at `offset`, innermost first, shadowed names left out. */
  visible(offset: number): Binding[] {
    const own = [...this.names.values()].filter(
      ({ kind, start }) => kind === 'function' || kind === 'param' || kind === 'import' || start < offset,
    );
    // Beyond the function's own scopes everything is initialised by the time that it is called.
    const outer = this.parent?.visible(this.isFunction ? Number.POSITIVE_INFINITY : offset) ?? [];
    return [...own, ...outer.filter((binding) => !this.names.has(binding.name))];
  }
}

const LITERAL_KIND: Partial<Record<Node['type'], Kind>> = {
  NumericLiteral: 'number',
  StringLiteral: 'string',
  TemplateLiteral: 'string',
  BooleanLiteral: 'boolean',
  ArrayExpression: 'array',
  ObjectExpression: 'object',
  ArrowFunctionExpression: 'function',
  FunctionExpression: 'function',
  NullLiteral: 'nullish',
};

export const literalKind = (node: Node | null | undefined): Kind | undefined =>
  node ? LITERAL_KIND[node.type] : undefined;

/** Names that a pattern binds. */
function bound(pattern: LVal | PatternLike | Node): string[] {
  switch (pattern.type) {
    case 'Identifier':
      return [pattern.name];
    case 'AssignmentPattern':
      return bound(pattern.left);
    case 'RestElement':
      return bound(pattern.argument);
    case 'ArrayPattern':
      return pattern.elements.flatMap((element) => (element ? bound(element) : []));
    case 'ObjectPattern':
      return pattern.properties.flatMap((property) =>
        bound(property.type === 'RestElement' ? property : property.value),
      );
    case 'TSParameterProperty':
      return bound(pattern.parameter);
    default:
      return [];
  }
}

/** The scope that each scope-making node opens. */
export function buildScopes(root: Node): Map<Node, Scope> {
  const scopes = new Map<Node, Scope>();
  const declare = (scope: Scope, names: string[], kind: Binding['kind'], node: Node, first?: Kind): void => {
    for (const name of names) {
      if (!scope.names.has(name))
        scope.names.set(name, { name, kind, start: node.start ?? 0, kinds: new Set(first ? [first] : []) });
    }
  };
  const visit = (node: Node, outer: Scope | undefined): void => {
    let scope = outer;
    const opens =
      node.type === 'Program' ||
      isFunction(node) ||
      isLoop(node) ||
      node.type === 'BlockStatement' ||
      node.type === 'CatchClause' ||
      node.type === 'SwitchStatement';
    if (node.type === 'FunctionDeclaration' && node.id && outer)
      declare(outer, [node.id.name], 'function', node, 'function');
    if (opens || scope === undefined) {
      scope = new Scope(outer, node.type === 'Program' || isFunction(node));
      scopes.set(node, scope);
    }
    if (isFunction(node)) for (const param of node.params) declare(scope, bound(param), 'param', param);
    if (node.type === 'CatchClause' && node.param) declare(scope, bound(node.param), 'param', node.param);
    if (node.type === 'ImportDeclaration' && node.importKind !== 'type') {
      for (const specifier of node.specifiers) declare(scope, [specifier.local.name], 'import', node);
    }
    if (node.type === 'ClassDeclaration' && node.id) declare(scope, [node.id.name], 'const', node, 'function');
    if (node.type === 'VariableDeclaration') {
      let target = scope;
      while (node.kind === 'var' && !target.isFunction && target.parent) target = target.parent;
      const kind = node.kind === 'var' || node.kind === 'let' ? node.kind : 'const';
      for (const declarator of node.declarations) {
        const first = declarator.id.type === 'Identifier' ? literalKind(declarator.init) : undefined;
        declare(target, bound(declarator.id), kind, declarator, first);
      }
    }
    for (const child of children(node)) visit(child.node, scope);
  };
  visit(root, undefined);
  return scopes;
}
