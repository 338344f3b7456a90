"""What a loop does once too seldom: its body for the last element after it, or for the first one before it."""

import ast


def fence_posts(here, node):
    if not isinstance(node, ast.For) or not isinstance(node.target, ast.Name):
        return
    loop = node.target.id
    of = sequence(here, node.iter)
    if of is None:
        return
    text, indexed = of
    simple = [s for s in node.body if isinstance(s, (ast.Expr, ast.Assign, ast.AugAssign)) and here.is_line(s)]
    for statement in simple[:6]:
        for position, weight, place in (('-1', 0.2, here.after), ('0', 0.14, here.before)):
            value = (f'len({text}) - 1' if position == '-1' else '0') if indexed else f'{text}[{position}]'
            copy = here.renamed(statement, {loop: value})
            if copy != here.source.code(statement):
                yield weight, 'fence-post', place(node, copy)


def sequence(here, node):
    """(sequence, whether the loop counts its indexes) of a loop over `xs`, a slice of it, or a range up to its length."""
    if isinstance(node, ast.Name):
        return node.id, False
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Slice) and isinstance(node.value, ast.Name):
        return node.value.id, False
    if isinstance(node, ast.Call) and getattr(node.func, 'id', '') == 'range':
        for call in ast.walk(node):
            if isinstance(call, ast.Call) and getattr(call.func, 'id', '') == 'len' and len(call.args) == 1:
                return here.source.code(call.args[0]), True
    return None
