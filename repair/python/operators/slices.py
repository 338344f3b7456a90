"""Bounds of slices: one off, added, dropped, reversed."""

import ast


def slices(here, node):
    """Bounds of slices: added, dropped, reversed."""
    if (
        not isinstance(node, ast.Subscript)
        or not isinstance(node.slice, ast.Slice)
        or not isinstance(node.ctx, ast.Load)
    ):
        return
    part = node.slice
    lower, upper, step = (here.source.code(x) if x is not None else '' for x in (part.lower, part.upper, part.step))
    value = here.source.code(node.value)

    def make(a, b, c, weight):
        return here.put(node, f'{value}[{a}:{b}{":" + c if c else ""}]', weight, 'slice')

    if upper:
        yield make(lower, '', step, 0.4)
        yield make(lower, f'{upper} + 1', step, 0.6)
        yield make(lower, f'{upper} - 1', step, 0.4)
    else:
        yield make(lower, '-1', step, 0.4)
    if lower:
        yield make('', upper, step, 0.4)
        yield make(f'{lower} + 1', upper, step, 0.5)
        yield make(f'{lower} - 1', upper, step, 0.4)
    else:
        yield make('1', upper, step, 0.4)
    yield make(lower, upper, '' if step else '2', 0.25)
    yield make(lower, upper, '-1', 0.3)
    yield here.put(node, value, 0.3, 'slice')
