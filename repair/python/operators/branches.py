"""Missing branches: an `else` with the counterpart of what the `if` does, a return at the end of a function."""

import ast

from syntax import BINARY

OPPOSITE = {ast.Add: '-', ast.Sub: '+', ast.Mult: '/', ast.Div: '*'}
TARGETS = (ast.Name, ast.Attribute, ast.Subscript)


def branches(here, node):
    if isinstance(node, ast.If) and not node.orelse and len(node.body) == 1:
        yield from missing_else(here, node)
    elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        yield from missing_last_return(here, node)


def missing_else(here, node):
    statement = node.body[0]
    if isinstance(statement, (ast.Continue, ast.Break, ast.Return, ast.Raise)) or '\n' in here.source.code(statement):
        return
    end = here.source.span(statement)[1]
    for text, weight in counterparts(here, statement):
        yield weight, 'added-branch', [(end, end, f'\n{here.source.indent(node)}else: {text}')]


def counterparts(here, statement):
    """The statement for another name of the same kind, and its opposite."""
    text, start = here.source.code(statement), here.source.span(statement)[0]
    found, _ = here.visible(statement)
    for name in [child for child in ast.walk(statement) if isinstance(child, ast.Name) and child.id in found]:
        at = here.source.span(name)[0] - start
        own = set(here.kinds.get(name.id, ()))
        target = isinstance(name.ctx, ast.Store) or getattr(name, 'field', '') == 'value'
        others = [o for o in found if o != name.id and (not own or own & set(here.kinds.get(o, ())))]
        for other in others[:6]:
            weight = (0.3 if target else 0.15) * (1 if found[other] else 0.5) / max(1, len(others)) ** 0.5
            yield text[:at] + other + text[at + len(name.id) :], weight
    if isinstance(statement, ast.AugAssign) and type(statement.op) in OPPOSITE:
        changes = here.between(
            statement.target, statement.value, BINARY[type(statement.op)], OPPOSITE[type(statement.op)]
        )
        if changes:
            (a, b, sign), *_ = changes
            yield text[: a - start] + sign + text[b - start :], 0.2
    if isinstance(statement, (ast.Assign, ast.AugAssign)):
        target = statement.targets[0] if isinstance(statement, ast.Assign) else statement.target
        if isinstance(target, TARGETS):
            for value, weight in (('0', 0.1), ('1', 0.08), ('False', 0.06), ('True', 0.06), ('None', 0.05)):
                yield f'{here.source.code(target)} = {value}', weight


def missing_last_return(here, node):
    last = node.body[-1]
    if isinstance(last, (ast.Return, ast.Raise)) or here.is_docstring(last):
        return
    returned = {
        here.source.code(other.value)
        for other in ast.walk(node)
        if isinstance(other, ast.Return) and other.value is not None and len(here.source.code(other.value)) < 40
    }
    names = [name for name, local in here.visible(last)[0].items() if local]
    end = here.source.span(last)[1]
    values = [(text, 0.35) for text in sorted(returned)] + [(name, 0.3) for name in names[:10]]
    for text, weight in [*values, ('True', 0.3), ('False', 0.3), ('None', 0.1), ('0', 0.15), ('[]', 0.1), ("''", 0.1)]:
        yield weight, 'missing-return', [(end, end, f'\n{here.source.indent(node.body[0])}return {text}')]
