"""Calls: a sibling of the function, other arguments, another order, another receiver."""

import ast
import builtins

SIBLINGS = [
    (0.7, ['min', 'max']),
    (0.7, ['upper', 'lower', 'swapcase', 'title', 'capitalize']),
    (0.7, ['any', 'all']),
    (0.6, ['floor', 'ceil', 'round', 'trunc', 'int']),
    (0.6, ['startswith', 'endswith']),
    (0.6, ['append', 'extend', 'insert']),
    (0.6, ['find', 'rfind', 'index', 'rindex']),
    (0.5, ['isupper', 'islower', 'isalpha', 'isdigit', 'isalnum', 'isspace', 'isnumeric']),
    (0.5, ['strip', 'lstrip', 'rstrip']),
    (0.5, ['keys', 'values', 'items']),
    (0.5, ['union', 'intersection', 'difference', 'symmetric_difference']),
    (0.5, ['ljust', 'rjust', 'center', 'zfill']),
    (0.5, ['sum', 'len', 'max', 'min']),
    (0.5, ['bin', 'hex', 'oct', 'str']),
    (0.4, ['sorted', 'reversed', 'list', 'set', 'tuple']),
    (0.4, ['pop', 'popleft', 'remove', 'discard']),
    (0.4, ['match', 'search', 'fullmatch', 'findall']),
    (0.4, ['add', 'remove', 'discard', 'update']),
    (0.4, ['split', 'rsplit', 'splitlines', 'partition']),
    (0.4, ['sin', 'cos', 'tan']),
    (0.4, ['log', 'log2', 'log10']),
    (0.4, ['floor', 'ceil', 'sqrt', 'abs']),
    (0.4, ['ord', 'chr', 'int', 'str']),
    (0.3, ['filter', 'map']),
    (0.4, ['get', 'setdefault', 'pop']),
]


def calls(here, node):
    if not isinstance(node, ast.Call):
        return
    func = node.func
    name = func.attr if isinstance(func, ast.Attribute) else func.id if isinstance(func, ast.Name) else ''
    end = here.source.span(func)[1]
    span = (end - len(name), end)
    seen = {name, ''}
    for weight, group in SIBLINGS:
        for text in group if name in group else []:
            known = isinstance(func, ast.Attribute) or hasattr(builtins, text)
            if text not in seen and known:
                seen.add(text)
                yield weight, 'method', [(*span, text)]
    for other in here.nearby(node):
        if isinstance(other, ast.Call) and type(other.func) is type(func):
            text = other.func.attr if isinstance(other.func, ast.Attribute) else getattr(other.func, 'id', '')
            if text not in seen and len(seen) < 24:
                seen.add(text)
                yield 0.12, 'method', [(*span, text)]
    code = here.source.code
    for i in range(len(node.args)):
        for j in range(i + 1, min(i + 3, len(node.args))):
            a, b = node.args[i], node.args[j]
            if code(a) != code(b):
                yield 0.5 if j == i + 1 else 0.25, 'argument-order', [
                    (*here.source.span(a), code(b)),
                    (*here.source.span(b), code(a)),
                ]
    whole = code(node)
    if not whole.endswith(')'):
        return

    def add(text, weight):
        lone = len(node.args) == 1 and isinstance(node.args[0], ast.GeneratorExp)
        if lone and not code(node.args[0]).startswith('('):
            return here.put(node, f'{code(func)}(({code(node.args[0])}), {text})', weight, 'argument')
        close = here.source.span(node)[1] - 1
        return weight, 'argument', [(close, close, f', {text}' if node.args or node.keywords else text)]

    if name in ('sorted', 'sort', 'min', 'max') and not any(k.arg == 'key' for k in node.keywords):
        for text, weight in (
            ('key=len', 0.3),
            ('key=abs', 0.2),
            ('key=lambda x: (len(x), x)', 0.2),
            ('key=lambda x: x[1]', 0.15),
            ('key=str', 0.1),
            ('key=lambda x: -x', 0.1),
        ):
            yield add(text, weight)
    if name in ('sorted', 'sort') and not any(k.arg == 'reverse' for k in node.keywords):
        yield add('reverse=True', 0.45)
    if name == 'range' and len(node.args) == 1:
        yield here.put(node, f'range(1, {code(node.args[0])})', 0.4, 'argument')
        yield here.put(node, f'range(1, {code(node.args[0])} + 1)', 0.35, 'argument')
    if name == 'range' and len(node.args) == 2:
        for step in ('2', '-1'):
            yield add(step, 0.3)
    if name in ('int', 'round', 'sum', 'split', 'get', 'enumerate', 'replace') and len(node.args) in (1, 2):
        for text in ('1', '0', '2'):
            yield add(text, 0.15)
    if (
        isinstance(func, ast.Attribute)
        and len(node.args) == 1
        and isinstance(node.args[0], (ast.Name, ast.Constant))
        and isinstance(func.value, (ast.Name, ast.Constant))
    ):
        yield here.put(node, f'{code(node.args[0])}.{name}({code(func.value)})', 0.35, 'receiver')
    for name_, _ in list(here.visible(node)[0].items())[:8]:
        if len(node.args) <= 2:
            yield add(name_, 0.08)
