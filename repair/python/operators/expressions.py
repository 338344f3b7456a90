"""An expression from elsewhere in the function in place of this one."""

import ast

from syntax import LOOSE


def expressions(here, node):
    if not here.is_value(node) or isinstance(node, ast.Lambda):
        return
    own, kind, taken = here.source.code(node), here.kind(node), set()
    found, _ = here.visible(node)
    simple = isinstance(node, (ast.Name, ast.Constant))
    for other in here.nearby(node):
        if len(taken) > 50:
            break
        if (
            not isinstance(other, ast.expr)
            or not here.is_value(other)
            or isinstance(other, (ast.Name, ast.Constant, ast.Lambda, ast.GeneratorExp))
        ):
            continue
        text = here.source.code(other)
        other_kind = here.kind(other)
        if (
            len(text) > 80
            or '\n' in text
            or text == own
            or text in taken
            or (kind and other_kind and kind != other_kind)
        ):
            continue
        taken.add(text)
        known = 1 if kind and other_kind else 0.5
        excess = len(text) - len(own)
        yield here.put(
            node,
            text,
            (0.2 if simple else 0.28) * known * (1 if excess <= 4 else 0.8 if excess <= 16 else 0.5),
            'expression',
            isinstance(other, LOOSE),
        )
