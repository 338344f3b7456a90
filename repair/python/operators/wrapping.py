"""A conversion that is missing around a value: rounding, parsing, sorting, lower case, another order of a pair."""

import ast


def wrapping(here, node):
    if not here.is_value(node) or isinstance(node, (ast.Constant, ast.Lambda)):
        return
    parent = node.parent
    at = (
        1
        if isinstance(parent, ast.Return)
        else (
            0.9
            if isinstance(parent, (ast.Assign, ast.AugAssign))
            else (
                0.8
                if node.field == 'slice'
                else 0.6 if isinstance(parent, (ast.Call, ast.For, ast.comprehension)) else 0.45
            )
        )
    )
    code, one, kind = here.source.code(node), here.operand(node), here.kind(node)
    bare = code[1:-1] if isinstance(node, ast.GeneratorExp) and code.startswith('(') else code
    unknown = 0.5 if kind is None else 1
    divides = '/' in code or '**' in code
    table = []
    if kind in (None, 'number'):
        table += [
            (f'int({bare})', 0.4 if divides else 0.25),
            (f'abs({bare})', 0.35),
            (f'round({bare})', 0.3),
            (f'str({bare})', 0.2),
            (f'math.ceil({bare})', 0.3),
            (f'math.floor({bare})', 0.25),
            (f'float({bare})', 0.1),
        ]
    if kind in (None, 'string'):
        table += [
            (f'{one}.strip()', 0.25),
            (f'{one}.lower()', 0.3),
            (f'{one}.upper()', 0.2),
            (f'int({bare})', 0.3),
            (f'len({bare})', 0.3),
            (f'{one}.split()', 0.15),
            (f'{one}.swapcase()', 0.15),
            (f'{one}[::-1]', 0.2),
        ]
    if kind in (None, 'list', 'set', 'iterator', 'range'):
        table += [
            (f'list({bare})', 0.3),
            (f'set({bare})', 0.3),
            (f'sorted({bare})', 0.35),
            (f'sorted(set({bare}))', 0.25),
            (f'len({bare})', 0.3),
            (f'{one}[::-1]', 0.3),
            (f'{one}[:-1]', 0.25),
            (f'{one}[1:]', 0.25),
            (f'sum({bare})', 0.15),
            (f'max({bare})', 0.15),
            (f'min({bare})', 0.15),
            (f'tuple({bare})', 0.25),
            (f'reversed({bare})', 0.2),
            (f'set({bare})', 0.25),
            (f"''.join({bare})", 0.2),
        ]
    if isinstance(node, ast.Subscript) and not isinstance(node.slice, ast.Slice):
        # One element where something about all of them was meant.
        whole = here.source.code(node.value)
        table += [(f'sum({whole})', 0.3), (f'max({whole})', 0.25), (f'min({whole})', 0.25), (f'len({whole})', 0.25)]
    for text, weight in table:
        yield here.put(node, text, weight * at * unknown, 'wrapping')
    if isinstance(node, ast.Tuple) and len(node.elts) == 2:
        a, b = (here.source.code(item) for item in node.elts)
        yield here.put(node, f'({b}, {a})' if code.startswith('(') else f'{b}, {a}', 0.45, 'list')
