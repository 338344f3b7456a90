"""Statements: a missing return or else, another place or order, a copy of one, a new one from a template."""

import ast

from source import function_of


def statements(here, node):
    if not isinstance(node, ast.stmt) or isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)):
        return
    code, span = here.source.code, here.source.span
    block = getattr(node.parent, node.field, [])
    index = block.index(node) if node in block else 0
    following = block[index + 1] if index + 1 < len(block) else None
    start = span(node)[0]
    if isinstance(node, ast.Expr) and not isinstance(node.value, ast.Constant):
        yield 0.6 if following is None else 0.2, 'missing-return', [(start, start, 'return ')]
        if isinstance(function_of(node), ast.AsyncFunctionDef):
            yield 0.6, 'await', [(start, start, 'await ')]
        if (
            isinstance(node.value, ast.Call)
            and isinstance(node.value.func, ast.Attribute)
            and isinstance(node.value.func.value, ast.Name)
        ):
            yield 0.3, 'kept-result', [(start, start, f'{node.value.func.value.id} = ')]
    if isinstance(node, ast.If):
        if isinstance(following, ast.If) and not node.orelse:
            at = span(following)[0]
            yield 0.35, 'missing-else', [(at, at, 'el')]
        if here.is_elif(node):
            pass
        elif node.orelse and len(node.body) == 1 and len(node.orelse) == 1 and not isinstance(node.orelse[0], ast.If):
            yield 0.35, 'branches', [
                (*span(node.body[0]), code(node.orelse[0])),
                (*span(node.orelse[0]), code(node.body[0])),
            ]
        yield 0.2, 'unconditional', [(*span(node.test), 'True')]
        if not here.is_elif(node):
            yield 0.15, 'loop', [(start, start + 2, 'while')]
    if isinstance(node, ast.While):
        yield 0.15, 'loop', [(start, start + 5, 'if')]
    if isinstance(node, ast.Break):
        yield 0.4, 'jump', [(*span(node), 'continue')]
    if isinstance(node, ast.Continue):
        yield 0.4, 'jump', [(*span(node), 'break')]
    if '\n' in code(node):
        return
    if following is not None and '\n' not in code(following):
        yield 0.3, 'statement-order', [(*span(node), code(following)), (*span(following), code(node))]
    holder = node.parent
    if isinstance(holder, (ast.If, ast.For, ast.While)) and isinstance(
        node, (ast.Expr, ast.Assign, ast.AugAssign, ast.Return)
    ):
        # Out of the block that holds it: the same line, with the indentation of the block's head.
        yield 0.25, 'statement-move', [(*span(node), 'pass'), *here.after(holder, code(node))]
        if not here.is_elif(holder) if isinstance(holder, ast.If) else True:
            yield 0.15, 'statement-move', [*here.before(holder, code(node)), (*span(node), 'pass')]
    previous = block[index - 1] if index > 0 else None
    if isinstance(previous, (ast.For, ast.While, ast.If)) and previous.body:
        yield 0.2, 'statement-move', [*here.after(previous.body[-1], code(node)), (*span(node), 'pass')]
    if here.in_loop(node) and not isinstance(node, (ast.Return, ast.Break, ast.Continue)):
        yield 0.22, 'early-exit', here.after(node, 'break')
    fn = function_of(node)
    if fn is None or isinstance(fn, ast.Lambda):
        return
    jumps = isinstance(node, (ast.Return, ast.Break, ast.Continue, ast.Raise))

    def both(text, weight, operator):
        if not jumps:
            yield weight, operator, here.after(node, text)
        yield weight * (1 if jumps else 0.6), operator, here.before(node, text)

    copied = {code(node)}
    for other in here.nearby(node):
        if (
            isinstance(other, (ast.Expr, ast.AugAssign, ast.Assign))
            and not isinstance(getattr(other, 'value', None), ast.Constant)
            and len(copied) < 12
        ):
            text = code(other)
            if text not in copied and '\n' not in text and len(text) < 80:
                copied.add(text)
                yield from both(text, 0.14, 'copied-statement')
    names = list(here.visible(node)[0])[:8]
    for name in names:
        kinds = here.kinds.get(name, ())
        if 'number' in kinds:
            for text, weight in ((f'{name} += 1', 0.1), (f'{name} -= 1', 0.06), (f'{name} = 0', 0.06)):
                yield from both(text, weight, 'new-statement')
        if 'list' in kinds:
            for text in (f'{name} = []', f'{name}.sort()', f'{name}.reverse()', f'{name}.pop()'):
                yield from both(text, 0.05, 'new-statement')
        for other in names:
            theirs = here.kinds.get(other, ())
            if name == other:
                continue
            if 'number' in kinds and 'number' in theirs:
                for sign, weight in (('=', 0.07), ('+=', 0.07), ('-=', 0.05), ('*=', 0.04)):
                    yield from both(f'{name} {sign} {other}', weight, 'new-statement')
            elif 'list' in kinds:
                yield from both(f'{name}.append({other})', 0.07, 'new-statement')
            elif 'string' in kinds and 'string' in theirs:
                yield from both(f'{name} += {other}', 0.06, 'new-statement')
