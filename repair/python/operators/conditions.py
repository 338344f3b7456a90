"""Missing conditions: one more term in a test, a filter in a comprehension, a guard before a statement."""

import ast

from source import function_of
from syntax import NEGATED, SIGN


def atoms(here, node, exclude=None):
    best = {}

    def add(text, weight):
        best[text] = max(best.get(text, 0), weight)

    code = here.source.code
    found, _ = here.visible(node)
    for other in here.nearby(node):
        if other is exclude or not isinstance(other, ast.expr) or not here.is_value(other):
            continue
        if isinstance(other, ast.Compare) and len(other.ops) == 1 and len(code(other)) <= 60:
            add(code(other), 0.8)
            left, right = code(other.left), code(other.comparators[0])
            add(f'{left} {NEGATED[type(other.ops[0])]} {right}', 0.8)
            for name in list(found)[:8]:
                sign = SIGN[type(other.ops[0])]
                if isinstance(other.left, ast.Name) and other.left.id != name:
                    add(f'{name} {sign} {right}', 0.3)
                if isinstance(other.comparators[0], ast.Name) and other.comparators[0].id != name:
                    add(f'{left} {sign} {name}', 0.3)
        elif other.field == 'test' and not isinstance(other, (ast.BoolOp, ast.Compare)) and len(code(other)) <= 60:
            add(code(other), 0.7)
            add(f'not {here.operand(other)}', 0.7)
    for name in list(found)[:10]:
        kinds = here.kinds.get(name, ())
        if 'number' in kinds or not kinds:
            for text, weight in (
                ('> 0', 0.5),
                ('== 0', 0.5),
                ('< 0', 0.5),
                ('!= 0', 0.4),
                ('> 1', 0.3),
                ('== 1', 0.4),
                ('< 2', 0.3),
                ('% 2 == 0', 0.4),
                ('% 2 == 1', 0.4),
            ):
                add(f'{name} {text}', weight if kinds else weight * 0.4)
        if 'string' in kinds or 'list' in kinds or 'dict' in kinds:
            for text, weight in (
                (f'not {name}', 0.5),
                (name, 0.45),
                (f'len({name}) == 1', 0.25),
                (f'len({name}) > 1', 0.25),
            ):
                add(text, weight)
        if 'boolean' in kinds:
            add(name, 0.35)
            add(f'not {name}', 0.4)
        if 'none' in kinds:
            add(f'{name} is None', 0.5)
            add(f'{name} is not None', 0.4)
        for other in list(found)[:10]:
            if other == name:
                continue
            theirs = here.kinds.get(other, ())
            if set(kinds) & set(theirs) & {'number', 'string'}:
                for sign, weight in (('!=', 0.4), ('==', 0.35), ('<', 0.35), ('>', 0.35)):
                    add(f'{name} {sign} {other}', weight)
            if 'list' in theirs or 'string' in theirs and 'string' in kinds or 'dict' in theirs:
                add(f'{name} in {other}', 0.3)
                add(f'{name} not in {other}', 0.35)
    return sorted(best.items(), key=lambda atom: -atom[1])[:100]


def conditions(here, node):
    if here.is_value(node) and (
        node.field == 'test'
        or isinstance(node, (ast.Compare, ast.BoolOp))
        and isinstance(node.parent, (ast.Return, ast.comprehension, ast.BoolOp))
    ):
        text = here.source.code(node)
        factor = 0.5 if isinstance(node.parent, ast.BoolOp) else 1
        grouped = f'({text})' if isinstance(node, (ast.BoolOp, ast.IfExp)) else text
        for atom, weight in atoms(here, node, node):
            yield here.put(node, f'{grouped} and {atom}', 0.3 * weight * factor, 'added-condition', True)
            yield here.put(node, f'{grouped} or {atom}', 0.28 * weight * factor, 'added-condition', True)
    if isinstance(node, (ast.ListComp, ast.GeneratorExp, ast.SetComp)) and not node.generators[-1].ifs:
        generator = node.generators[-1]
        end = here.source.span(generator.iter)[1]
        names = [n.id for n in ast.walk(generator.target) if isinstance(n, ast.Name)]
        for atom, weight in atoms(here, node.elt):
            if any(name in atom for name in names):
                yield 0.25 * weight, 'added-condition', [(end, end, f' if {atom}')]
    if (
        not isinstance(node, ast.stmt)
        or node.field not in ('body', 'orelse')
        or isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom))
    ):
        return
    fn = function_of(node)
    if (
        fn is None
        or isinstance(fn, ast.Lambda)
        or here.is_elif(node)
        or isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
    ):
        return
    values = {
        here.source.code(other.value)
        for other in here.nearby(node)
        if isinstance(other, ast.Return) and other.value is not None and len(here.source.code(other.value)) < 30
    }
    first = node.parent is fn and fn.body.index(node) <= 1
    if first:
        values |= {'0', '1', '-1', '[]', "''", 'None', 'True', 'False'}
    loop = here.in_loop(node)
    for atom, weight in atoms(here, node):
        if loop:
            yield 0.16 * weight, 'guard', here.before(node, f'if {atom}: continue')
            yield 0.14 * weight, 'guard', here.before(node, f'if {atom}: break')
        for value in sorted(values)[:10]:
            yield (0.16 if first else 0.07) * weight, 'guard', here.before(node, f'if {atom}: return {value}')
        if isinstance(node, (ast.Expr, ast.Assign, ast.AugAssign)) and '\n' not in here.source.code(node):
            yield 0.16 * weight, 'guarded-statement', [
                (*here.source.span(node), f'if {atom}: {here.source.code(node)}')
            ]
