"""Comparisons and the logic around them: another sign, another connective, a negation, the branches swapped."""

import ast

from syntax import SIGN

COMPARE = {
    ast.Lt: [('<=', 1), ('>', 0.75), ('>=', 0.5), ('!=', 0.2), ('==', 0.2)],
    ast.LtE: [('<', 1), ('>=', 0.7), ('>', 0.5), ('==', 0.2)],
    ast.Gt: [('>=', 1), ('<', 0.75), ('<=', 0.5), ('!=', 0.2), ('==', 0.2)],
    ast.GtE: [('>', 1), ('<=', 0.7), ('<', 0.5), ('==', 0.2)],
    ast.Eq: [('!=', 0.9), ('<=', 0.35), ('>=', 0.35), ('<', 0.2), ('>', 0.2), ('in', 0.15)],
    ast.NotEq: [('==', 0.9), ('<', 0.3), ('>', 0.3), ('not in', 0.1)],
    ast.In: [('not in', 0.9), ('==', 0.3)],
    ast.NotIn: [('in', 0.9), ('!=', 0.2)],
    ast.Is: [('is not', 0.9), ('==', 0.3)],
    ast.IsNot: [('is', 0.9), ('!=', 0.3)],
}


def comparisons(here, node):
    if not isinstance(node, ast.Compare):
        return
    left = node.left
    for op, right in zip(node.ops, node.comparators):
        for text, weight in COMPARE.get(type(op), []):
            changes = here.between(left, right, SIGN[type(op)], text)
            if changes:
                yield weight, 'comparison', changes
        left = right
    if len(node.ops) == 1 and isinstance(node.ops[0], (ast.In, ast.NotIn)):
        sign = SIGN[type(node.ops[0])]
        yield here.put(
            node, f'{here.operand(node.comparators[0])} {sign} {here.operand(node.left)}', 0.5, 'receiver', True
        )


def logic(here, node):
    if isinstance(node, ast.BoolOp):
        sign = 'and' if isinstance(node.op, ast.And) else 'or'
        meant = 'or' if sign == 'and' else 'and'
        parts = [here.source.code(value) for value in node.values]
        yield here.put(
            node,
            f' {meant} '.join(
                here.operand(v) if isinstance(v, ast.BoolOp) else here.source.code(v) for v in node.values
            ),
            0.8,
            'connective',
            True,
        )
        for a, b in zip(node.values, node.values[1:]):
            changes = here.between(a, b, sign, meant)
            if changes and len(node.values) > 2:
                yield 0.5, 'connective', changes
        for i, value in enumerate(node.values):
            if isinstance(value, ast.BoolOp) and here.source.text[here.source.span(value)[0] - 1] != '(':
                inner = 'and' if isinstance(value.op, ast.And) else 'or'
                codes = [here.source.code(v) for v in value.values]
                rest = parts[:i] + parts[i + 1 :]
                if len(rest) == 1 and len(codes) == 2:
                    grouped = (
                        f'{codes[0]} {inner} ({codes[1]} {sign} {rest[0]})'
                        if i == 0
                        else f'({rest[0]} {sign} {codes[0]}) {inner} {codes[1]}'
                    )
                    yield here.put(node, grouped, 0.6, 'grouping', True)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield here.put(node, here.source.code(node.operand), 0.7, 'negation', True)
    elif (
        here.is_value(node)
        and not isinstance(node, ast.Compare)
        and (node.field == 'test' or isinstance(node.parent, ast.BoolOp) or here.kind(node) == 'boolean')
    ):
        yield here.put(node, f'not {here.operand(node)}', 0.45, 'negation', True)
    if isinstance(node, ast.IfExp):
        body, test, orelse = (here.source.code(part) for part in (node.body, node.test, node.orelse))
        yield here.put(node, f'{orelse} if {test} else {body}', 0.5, 'branches', True)
        yield here.put(node, body, 0.2, 'branches', True)
        yield here.put(node, orelse, 0.2, 'branches', True)
