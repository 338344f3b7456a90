// A source file seen as places that an edit may change. A unit is what coverage counts: a statement, or an expression that
// may be skipped while its statement runs.
import type { Node, Program } from '@babel/types';
import { parseModule } from './parse.ts';
import { buildScopes } from './scope.ts';
import type { Binding, Scope } from './scope.ts';
import { children, isFunction } from './walk.ts';
import type { FunctionNode } from './walk.ts';

export interface Unit {
  readonly id: number;
  readonly node: Node;
  readonly kind: 'statement' | 'expression';
  /** Sampled while the tests run, to learn what kinds of value they hold. */
  readonly variables: readonly Binding[];
}

/** An editable node with what an operator needs to know of its surroundings. */
export interface Site {
  readonly node: Node;
  readonly parent: Node;
  /** The parent's property that holds the node. */
  readonly key: string;
  readonly ancestors: readonly Node[];
  readonly scope: Scope;
  readonly fn: FunctionNode | undefined;
  readonly unit: number;
}

export interface Source {
  readonly file: string;
  readonly text: string;
  readonly program: Program;
  readonly units: readonly Unit[];
  readonly sites: readonly Site[];
  /** The original text of a node, without parentheses around it. */
  code(node: Node): string;
}

const SAMPLED_VARIABLES = 16;

const isTypeNode = (node: Node): boolean =>
  node.type.startsWith('TS') && !/^TS(?:As|Satisfies|NonNull)/.test(node.type);

const isStatement = (node: Node): boolean =>
  (node.type.endsWith('Statement') && node.type !== 'BlockStatement') || node.type === 'VariableDeclaration';

/** Positions where a statement may be preceded by another one. */
const inStatementList = (parent: Node, key: string): boolean =>
  ((parent.type === 'Program' || parent.type === 'BlockStatement' || parent.type === 'StaticBlock') &&
    key === 'body') ||
  (parent.type === 'SwitchCase' && key === 'consequent');

/** Bodies without braces: `if (x) return;`. */
const isBareBody = (parent: Node, key: string): boolean =>
  (parent.type === 'IfStatement' && (key === 'consequent' || key === 'alternate')) ||
  ((parent.type.startsWith('For') || parent.type === 'WhileStatement' || parent.type === 'DoWhileStatement') &&
    key === 'body');

const isConditional = (parent: Node, node: Node, key: string): boolean =>
  (parent.type === 'ConditionalExpression' && key !== 'test') ||
  (parent.type === 'LogicalExpression' && key === 'right') ||
  (parent.type === 'ArrowFunctionExpression' && key === 'body' && node.type !== 'BlockStatement');

/** @throws SyntaxError where the text cannot be parsed. */
export function readSource(file: string, text: string): Source {
  const { program } = parseModule(file, text);
  const scopes = buildScopes(program);
  const units: Unit[] = [];
  const sites: Site[] = [];

  const visit = (
    node: Node,
    key: string,
    ancestors: readonly Node[],
    outer: Scope,
    fn: FunctionNode | undefined,
    unit: number,
  ): void => {
    if (isTypeNode(node)) return;
    const parent = ancestors.at(-1) ?? program;
    const scope = scopes.get(node) ?? outer;
    let current = unit;
    const open = (kind: Unit['kind']): void => {
      current = units.length;
      const variables = outer.visible(node.start ?? 0).filter((b) => b.kind !== 'import' && b.kind !== 'function');
      units.push({ id: current, node, kind, variables: variables.slice(0, SAMPLED_VARIABLES) });
    };
    if (isStatement(node) && (inStatementList(parent, key) || isBareBody(parent, key))) open('statement');
    else if (isConditional(parent, node, key)) open('expression');
    else if (parent.type === 'Program' && /^Export.*Declaration$|^ClassDeclaration$/.test(node.type)) open('statement');
    if (node !== program) sites.push({ node, parent, key, ancestors, scope, fn, unit: current });
    const inner = isFunction(node) ? node : fn;
    const path = [...ancestors, node];
    for (const child of children(node)) visit(child.node, child.key, path, scope, inner, current);
  };
  const root = scopes.get(program);
  if (root === undefined) throw new Error(`${file}: the program has no scope`);
  visit(program, 'program', [], root, undefined, -1);
  return { file, text, program, units, sites, code: (node) => text.slice(node.start ?? 0, node.end ?? 0) };
}
