"""Sums and products: another operator, another order or grouping, one more or one less, a scale."""

import ast

from syntax import LOOSE

ARITHMETIC = {
    ast.Add: ('+', [('-', 0.8), ('*', 0.5), ('/', 0.2), ('%', 0.15)]),
    ast.Sub: ('-', [('+', 0.8), ('/', 0.4), ('//', 0.45), ('*', 0.35), ('%', 0.35)]),
    ast.Mult: ('*', [('/', 0.6), ('+', 0.6), ('**', 0.45), ('//', 0.4), ('-', 0.35), ('%', 0.2)]),
    ast.Div: ('/', [('*', 0.7), ('//', 0.8), ('%', 0.4), ('-', 0.3)]),
    ast.FloorDiv: ('//', [('/', 0.7), ('%', 0.6), ('*', 0.4), ('-', 0.3)]),
    ast.Mod: ('%', [('//', 0.6), ('/', 0.4), ('*', 0.4), ('-', 0.2), ('+', 0.15)]),
    ast.Pow: ('**', [('*', 0.6), ('/', 0.2), ('+', 0.2)]),
    ast.BitAnd: ('&', [('|', 0.8), ('^', 0.5)]),
    ast.BitOr: ('|', [('&', 0.8), ('^', 0.5)]),
    ast.BitXor: ('^', [('**', 0.6), ('&', 0.5), ('|', 0.5)]),
    ast.LShift: ('<<', [('>>', 0.8)]),
    ast.RShift: ('>>', [('<<', 0.8)]),
}


def arithmetic(here, node):
    if isinstance(node, ast.BinOp) and type(node.op) in ARITHMETIC:
        sign, meant = ARITHMETIC[type(node.op)]
        a, b = here.operand(node.left), here.operand(node.right)
        if here.kind(node) != 'string' or sign != '+':
            for text, weight in meant:
                changes = here.between(node.left, node.right, sign, text)
                if changes:
                    yield weight, 'arithmetic', changes
                if isinstance(node.left, ast.BinOp) or isinstance(node.right, ast.BinOp):
                    yield here.put(node, f'{a} {text} {b}', weight * 0.75, 'arithmetic', True)
        if sign not in ('*', '&', '|', '^'):
            yield here.put(node, f'{b} {sign} {a}', 0.5, 'operand-order', True)
        for inner, on_left in ((node.left, True), (node.right, False)):
            if isinstance(inner, ast.BinOp) and type(inner.op) in ARITHMETIC:
                x, y = here.operand(inner.left), here.operand(inner.right)
                s = ARITHMETIC[type(inner.op)][0]
                first, second, third = (x, y, b) if on_left else (a, x, y)
                p, q = (s, sign) if on_left else (sign, s)
                yield here.put(
                    node,
                    f'{first} {p} ({second} {q} {third})' if on_left else f'({first} {p} {second}) {q} {third}',
                    0.6,
                    'grouping',
                    True,
                )
                if p != q:
                    yield here.put(node, f'({first} {q} {second}) {p} {third}', 0.4, 'grouping', True)
                    yield here.put(node, f'({first} {q} {third}) {p} {second}', 0.4, 'grouping', True)
    elif isinstance(node, ast.AugAssign) and type(node.op) in ARITHMETIC:
        sign, meant = ARITHMETIC[type(node.op)]
        for text, weight in [*meant, ('', 0.5)]:
            changes = here.between(node.target, node.value, sign + '=', text + '=')
            if changes:
                yield weight, 'arithmetic', changes
    elif (
        isinstance(node, ast.Assign)
        and len(node.targets) == 1
        and isinstance(node.targets[0], (ast.Name, ast.Subscript, ast.Attribute))
    ):
        for text, weight in (('+=', 0.5), ('-=', 0.3), ('*=', 0.3)):
            changes = here.between(node.targets[0], node.value, '=', text)
            if changes:
                yield weight, 'arithmetic', changes
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        yield here.put(node, here.source.code(node.operand), 0.45, 'sign', isinstance(node.operand, LOOSE))
    if (
        here.is_value(node)
        and not isinstance(node, ast.Constant)
        and here.kind(node) in (None, 'number')
        and isinstance(node, (ast.Name, ast.Attribute, ast.Subscript, ast.Call, ast.BinOp))
    ):
        if (
            isinstance(node.parent, ast.BinOp)
            and isinstance(node.parent.op, (ast.Add, ast.Sub))
            or isinstance(node.parent, (ast.Attribute,))
        ):
            return
        factor = (1 if here.kind(node) == 'number' else 0.35) * (
            0.5
            if node.field in ('slice', 'lower', 'upper')
            else 0.45 if isinstance(node.parent, (ast.Compare, ast.Call)) else 0.3
        )
        text = (
            here.source.code(node)
            if isinstance(node, ast.BinOp)
            and isinstance(node.op, (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod))
            else here.operand(node)
        )
        one = here.operand(node)
        for out, weight in (
            (f'{text} + 1', 1),
            (f'{text} - 1', 1),
            (f'-{one}', 0.5),
            (f'{one} / 2', 0.35),
            (f'{one} // 2', 0.3),
            (f'{one} * 2', 0.25),
            (f'{one} ** 2', 0.25),
        ):
            yield here.put(node, out, weight * factor, 'off-by-one' if ' 1' in out else 'scale', True)
