"""Excess logic: an operand, a condition, a call, an argument, an element or a statement that should not be there."""

import ast

from syntax import BINARY, LOOSE


def removal(here, node):
    code = here.source.code
    if isinstance(node, ast.BinOp):
        yield here.put(node, code(node.left), 0.55, 'dropped-operand', isinstance(node.left, LOOSE))
        yield here.put(node, code(node.right), 0.4, 'dropped-operand', isinstance(node.right, LOOSE))
        yield from inner_operands(here, node)
    elif isinstance(node, ast.BoolOp):
        for i in range(len(node.values)):
            rest = node.values[:i] + node.values[i + 1 :]
            yield here.put(
                node,
                (' and ' if isinstance(node.op, ast.And) else ' or ').join(code(v) for v in rest),
                0.5,
                'dropped-condition',
                True,
            )
    elif isinstance(node, ast.Call) and here.is_value(node):
        if isinstance(node.func, ast.Attribute):
            yield here.put(node, code(node.func.value), 0.3, 'dropped-call', isinstance(node.func.value, LOOSE))
        if len(node.args) == 1 and not isinstance(node.args[0], ast.Starred):
            arg = node.args[0]
            text = (
                f'[{code(arg)}]' if isinstance(arg, ast.GeneratorExp) and not code(arg).startswith('(') else code(arg)
            )
            yield here.put(node, text, 0.35, 'dropped-call', isinstance(arg, LOOSE))
        items = [*node.args, *node.keywords]
        for i in range(len(items)):
            text = ', '.join(code(item) for item in items[:i] + items[i + 1 :])
            if len(items) > 1 or node.keywords:
                yield here.put(node, f'{code(node.func)}({text})', 0.3, 'dropped-argument')
    elif isinstance(node, (ast.ListComp, ast.GeneratorExp)):
        for generator in node.generators:
            for test in generator.ifs:
                yield 0.3, 'dropped-condition', [(*here.source.span(test), 'True')]
    elif isinstance(node, (ast.List, ast.Tuple)) and isinstance(node.ctx, ast.Load) and len(node.elts) > 1:
        for i in range(len(node.elts)):
            rest = ', '.join(code(item) for item in node.elts[:i] + node.elts[i + 1 :])
            if isinstance(node, ast.List):
                yield here.put(node, f'[{rest}]', 0.2, 'dropped-element')
    if isinstance(node, ast.stmt) and not isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)):
        docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        weight = (
            0.4
            if isinstance(node, (ast.Expr, ast.Continue, ast.Break, ast.AugAssign))
            else 0.33 if isinstance(node, (ast.If, ast.Return, ast.Assign)) else 0.1
        )
        if not docstring and not (isinstance(node, ast.If) and here.is_elif(node)):
            yield weight, 'dropped-statement', [(*here.source.span(node), 'pass')]
            block = getattr(node.parent, node.field)
            for more in (1, 2):
                run = block[block.index(node) :][: more + 1]
                if len(run) == more + 1 and not any(isinstance(other, ast.Return) for other in run):
                    end = here.source.span(run[-1])[1]
                    yield 0.2 / more, 'dropped-statements', [(here.source.span(node)[0], end, 'pass')]


def inner_operands(here, node):
    """`a ** b * c` without `b`: what is left is joined by the first or the second operator."""
    for inner, kept, other in ((node.left, 'left', node.right), (node.right, 'right', node.left)):
        if not isinstance(inner, ast.BinOp):
            continue
        parts = [here.operand(getattr(inner, kept)), here.operand(other)]
        for op, weight in ((inner.op, 0.35), (node.op, 0.3)):
            text = f' {BINARY[type(op)]} '.join(parts if kept == 'left' else parts[::-1])
            yield here.put(node, text, weight, 'dropped-operand', True)
