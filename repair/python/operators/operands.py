"""Missing operands: one more term of the same kind, and a condition that has to hold in every order of its names."""

import ast

from source import function_of

PLACES = (ast.Return, ast.Assign, ast.AugAssign, ast.Call, ast.BinOp, ast.Compare)


def operands(here, node):
    yield from rotations(here, node)
    if not here.is_value(node) or not isinstance(node.parent, PLACES):
        return
    if not isinstance(node, (ast.Name, ast.BinOp, ast.Call, ast.Subscript)) or isinstance(node.parent, ast.Attribute):
        return
    kind = here.kind(node)
    at = 1 if isinstance(node.parent, (ast.Return, ast.Assign, ast.AugAssign)) else 0.5
    one, found = here.operand(node), here.visible(node)[0]
    used = {name.id for name in ast.walk(node) if isinstance(name, ast.Name)}
    for name in [name for name in found if name not in used][:8]:
        theirs = here.kinds.get(name, ())
        scale = at * (1 if found[name] else 0.4) * (1 if kind else 0.4)
        if 'number' in theirs and kind in (None, 'number'):
            for sign, weight in (('+', 0.16), ('-', 0.14), ('*', 0.12), ('%', 0.06), ('//', 0.05)):
                yield here.put(node, f'{one} {sign} {name}', weight * scale, 'added-operand', True)
        if 'string' in theirs and kind in (None, 'string'):
            yield here.put(node, f'{one} + {name}', 0.15 * scale, 'added-operand', True)
            yield here.put(node, f'{name} + {one}', 0.12 * scale, 'added-operand', True)
        if 'list' in theirs and kind in (None, 'list'):
            yield here.put(node, f'{one} + {name}', 0.12 * scale, 'added-operand', True)
        if kind == 'list' and 'list' not in theirs:
            yield here.put(node, f'{one} + [{name}]', 0.08 * scale, 'added-operand', True)


def rotations(here, node):
    """`a < b` of parameters that are alike: `a < b or b < c or c < a`."""
    fn = function_of(node)
    if not isinstance(node, ast.Compare) or not isinstance(fn, ast.FunctionDef) or here.source.code(node).count('\n'):
        return
    names = [arg.arg for arg in fn.args.args]
    kinds = {tuple(here.kinds.get(name, ())) for name in names}
    used = {name.id for name in ast.walk(node) if isinstance(name, ast.Name)} & set(names)
    if not 2 <= len(names) <= 4 or len(kinds) != 1 or len(used) < 2:
        return
    turned = [here.source.code(node)]
    for turn in range(1, len(names)):
        renamed = {name: names[(i + turn) % len(names)] for i, name in enumerate(names)}
        turned.append(here.renamed(node, renamed))
    for sign, weight in (('or', 0.15), ('and', 0.15)):
        yield here.put(node, f' {sign} '.join(turned), weight, 'added-condition', True)
