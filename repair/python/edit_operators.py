"""Operators over Python's syntax tree. Each yields (weight, operator, changes); weights share the scale of the JavaScript operators."""
import ast
import builtins

from source import function_of

COMPARE = {
    ast.Lt: [('<=', 1), ('>', 0.75), ('>=', 0.5), ('!=', 0.2), ('==', 0.2)],
    ast.LtE: [('<', 1), ('>=', 0.7), ('>', 0.5), ('==', 0.2)],
    ast.Gt: [('>=', 1), ('<', 0.75), ('<=', 0.5), ('!=', 0.2), ('==', 0.2)],
    ast.GtE: [('>', 1), ('<=', 0.7), ('<', 0.5), ('==', 0.2)],
    ast.Eq: [('!=', 0.9), ('<=', 0.35), ('>=', 0.35), ('<', 0.2), ('>', 0.2), ('in', 0.15)],
    ast.NotEq: [('==', 0.9), ('<', 0.3), ('>', 0.3), ('not in', 0.1)],
    ast.In: [('not in', 0.9), ('==', 0.3)],
    ast.NotIn: [('in', 0.9), ('!=', 0.2)],
    ast.Is: [('is not', 0.9), ('==', 0.3)],
    ast.IsNot: [('is', 0.9), ('!=', 0.3)],
}
SIGN = {ast.Lt: '<', ast.LtE: '<=', ast.Gt: '>', ast.GtE: '>=', ast.Eq: '==', ast.NotEq: '!=', ast.In: 'in', ast.NotIn: 'not in', ast.Is: 'is', ast.IsNot: 'is not'}
NEGATED = {ast.Lt: '>=', ast.LtE: '>', ast.Gt: '<=', ast.GtE: '<', ast.Eq: '!=', ast.NotEq: '==', ast.In: 'not in', ast.NotIn: 'in', ast.Is: 'is not', ast.IsNot: 'is'}
ARITHMETIC = {
    ast.Add: ('+', [('-', 0.8), ('*', 0.5), ('/', 0.2), ('%', 0.15)]),
    ast.Sub: ('-', [('+', 0.8), ('/', 0.4), ('//', 0.45), ('*', 0.35), ('%', 0.35)]),
    ast.Mult: ('*', [('/', 0.6), ('+', 0.6), ('**', 0.45), ('//', 0.4), ('-', 0.35), ('%', 0.2)]),
    ast.Div: ('/', [('*', 0.7), ('//', 0.8), ('%', 0.4), ('-', 0.3)]),
    ast.FloorDiv: ('//', [('/', 0.7), ('%', 0.6), ('*', 0.4), ('-', 0.3)]),
    ast.Mod: ('%', [('//', 0.6), ('/', 0.4), ('*', 0.4), ('-', 0.2), ('+', 0.15)]),
    ast.Pow: ('**', [('*', 0.6), ('/', 0.2), ('+', 0.2)]),
    ast.BitAnd: ('&', [('|', 0.8), ('^', 0.5)]),
    ast.BitOr: ('|', [('&', 0.8), ('^', 0.5)]),
    ast.BitXor: ('^', [('**', 0.6), ('&', 0.5), ('|', 0.5)]),
    ast.LShift: ('<<', [('>>', 0.8)]),
    ast.RShift: ('>>', [('<<', 0.8)]),
}
SIBLINGS = [
    (0.7, ['min', 'max']), (0.7, ['upper', 'lower', 'swapcase', 'title', 'capitalize']), (0.7, ['any', 'all']), (0.6, ['floor', 'ceil', 'round', 'trunc', 'int']),
    (0.6, ['startswith', 'endswith']), (0.6, ['append', 'extend', 'insert']), (0.6, ['find', 'rfind', 'index', 'rindex']), (0.5, ['isupper', 'islower', 'isalpha', 'isdigit', 'isalnum', 'isspace', 'isnumeric']),
    (0.5, ['strip', 'lstrip', 'rstrip']), (0.5, ['keys', 'values', 'items']), (0.5, ['union', 'intersection', 'difference', 'symmetric_difference']), (0.5, ['ljust', 'rjust', 'center', 'zfill']),
    (0.5, ['sum', 'len', 'max', 'min']), (0.5, ['bin', 'hex', 'oct', 'str']), (0.4, ['sorted', 'reversed', 'list', 'set', 'tuple']), (0.4, ['pop', 'popleft', 'remove', 'discard']), (0.4, ['match', 'search', 'fullmatch', 'findall']),
    (0.4, ['add', 'remove', 'discard', 'update']), (0.4, ['split', 'rsplit', 'splitlines', 'partition']), (0.4, ['sin', 'cos', 'tan']), (0.4, ['log', 'log2', 'log10']), (0.4, ['floor', 'ceil', 'sqrt', 'abs']), (0.4, ['ord', 'chr', 'int', 'str']), (0.3, ['filter', 'map']), (0.4, ['get', 'setdefault', 'pop']),
]
LOOSE = (ast.BinOp, ast.BoolOp, ast.Compare, ast.UnaryOp, ast.IfExp, ast.Lambda, ast.Await, ast.GeneratorExp, ast.NamedExpr, ast.Yield)
KNOWN = {'len': 'number', 'sum': 'number', 'abs': 'number', 'int': 'number', 'float': 'number', 'round': 'number', 'ord': 'number', 'str': 'string', 'chr': 'string', 'bin': 'string', 'hex': 'string', 'list': 'list', 'sorted': 'list', 'set': 'set', 'dict': 'dict', 'bool': 'boolean', 'isinstance': 'boolean', 'any': 'boolean', 'all': 'boolean', 'range': 'range', 'tuple': 'list', 'enumerate': 'iterator', 'zip': 'iterator', 'reversed': 'iterator', 'map': 'iterator', 'filter': 'iterator'}
METHOD_KINDS = {'split': 'list', 'join': 'string', 'upper': 'string', 'lower': 'string', 'strip': 'string', 'replace': 'string', 'count': 'number', 'find': 'number', 'index': 'number', 'keys': 'iterator', 'items': 'iterator', 'values': 'iterator', 'startswith': 'boolean', 'endswith': 'boolean', 'isdigit': 'boolean', 'isupper': 'boolean', 'islower': 'boolean', 'isalpha': 'boolean', 'swapcase': 'string', 'floor': 'number', 'ceil': 'number', 'sqrt': 'number', 'pow': 'number'}


def distance(a, b, limit):
    if abs(len(a) - len(b)) > limit:
        return limit + 1
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        row = _next(row, i, x, b)
    return row[-1]


def _next(row, i, x, b):
    out = [i]
    for j, y in enumerate(b, 1):
        out.append(min(row[j - 1] + (x != y), row[j] + 1, out[-1] + 1))
    return out


class Operators:
    def __init__(self, source, kinds, words):
        self.source, self.kinds, self.words = source, kinds, words
        self.by_function = {}
        for node in ast.walk(source.tree):
            fn = function_of(node)
            while True:
                self.by_function.setdefault(id(fn), []).append(node)
                if fn is None:
                    break
                fn = function_of(fn)
        self.names = {}

    # What surrounds a place.

    def nearby(self, node):
        return self.by_function.get(id(function_of(node)), [])

    def visible(self, node):
        """Names that may be read here: locals of the functions around, then the module's."""
        fn = function_of(node)
        key = id(fn)
        if key not in self.names:
            found, functions, at = {}, set(), fn
            while True:
                for child in self.by_function.get(id(at), []):
                    if isinstance(child, ast.arg):
                        found.setdefault(child.arg, at is fn)
                    elif isinstance(child, ast.Name) and isinstance(child.ctx, ast.Store):
                        if at is None and function_of(child) is not None:
                            continue
                        found.setdefault(child.id, at is fn and at is not None)
                    elif isinstance(child, (ast.FunctionDef, ast.ClassDef)):
                        functions.add(child.name)
                if at is None:
                    break
                for arg in at.args.args:
                    found.setdefault(arg.arg, at is fn)
                at = function_of(at)
            self.names[key] = (found, functions)
        return self.names[key]

    def kind(self, node):
        if isinstance(node, ast.Constant):
            value = node.value
            return 'boolean' if isinstance(value, bool) else 'number' if isinstance(value, (int, float)) else 'string' if isinstance(value, str) else 'none' if value is None else None
        if isinstance(node, ast.Name):
            found = self.kinds.get(node.id, ())
            return found[0] if len(found) == 1 else None
        if isinstance(node, (ast.List, ast.Tuple, ast.ListComp)):
            return 'list'
        if isinstance(node, (ast.Compare,)) or isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            return 'boolean'
        if isinstance(node, ast.BinOp):
            left, right = self.kind(node.left), self.kind(node.right)
            if 'string' in (left, right):
                return 'string'
            if 'list' in (left, right):
                return 'list'
            return 'number' if not isinstance(node.op, ast.Add) or left == right == 'number' else None
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Name):
                return KNOWN.get(node.func.id)
            if isinstance(node.func, ast.Attribute):
                return METHOD_KINDS.get(node.func.attr)
        if isinstance(node, ast.UnaryOp):
            return 'number'
        if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Slice):
            return self.kind(node.value)
        return None

    # Building changes.

    def put(self, node, text, weight, operator, loose=False):
        start, end = self.source.span(node)
        parent = node.parent
        free = isinstance(parent, (ast.Return, ast.Assign, ast.AugAssign, ast.If, ast.While, ast.Call, ast.List, ast.Tuple, ast.Expr, ast.For, ast.Dict, ast.keyword)) and getattr(node, 'field', '') not in ('func',) or isinstance(parent, (ast.Subscript, ast.Slice)) and node.field != 'value'
        before, after = self.source.text[start - 1 : start], self.source.text[end : end + 1]
        if loose and not free and not (before == '(' and after == ')'):
            text = f'({text})'
        return weight, operator, [(start, end, text)]

    def operand(self, node):
        code = self.source.code(node)
        return f'({code})' if isinstance(node, LOOSE) else code

    def between(self, left, right, sign, text):
        """Replaces an operator between two operands."""
        start, end = self.source.span(left)[1], self.source.span(right)[0]
        at = self.source.text.find(sign, start, end)
        return None if at == -1 else [(at, at + len(sign), text)]

    def before(self, node, text):
        start = self.source.span(node)[0]
        return [(start, start, f'{text}\n{self.source.indent(node)}')]

    def after(self, node, text):
        end = self.source.span(node)[1]
        return [(end, end, f'\n{self.source.indent(node)}{text}')]

    # The families.

    def all(self, node):
        for family in (self.constants, self.comparisons, self.logic, self.arithmetic, self.removal, self.variables, self.calls, self.wrapping, self.slices, self.expressions, self.conditions, self.statements):
            yield from family(node)

    def is_value(self, node):
        if not isinstance(node, ast.expr) or isinstance(node, (ast.Starred, ast.Slice)):
            return False
        if isinstance(getattr(node, 'ctx', None), (ast.Store, ast.Del)) or isinstance(node.parent, (ast.JoinedStr, ast.FormattedValue, ast.Expr, ast.arg)):
            return False
        return node.field not in ('func', 'annotation', 'returns', 'decorator_list', 'bases') and not (isinstance(node.parent, ast.Attribute))

    def constants(self, node):
        if not isinstance(node, ast.Constant) or isinstance(node.parent, (ast.Expr, ast.JoinedStr, ast.FormattedValue)):
            return
        value = node.value
        if isinstance(value, bool):
            yield self.put(node, str(not value), 1, 'constant')
            if isinstance(node.parent, ast.Return):
                yield self.put(node, 'None', 0.15, 'constant')
        elif isinstance(value, (int, float)):
            yield from self.numbers(node, value)
        elif isinstance(value, str):
            yield from self.strings(node, value)
        elif value is None:
            for text in ('0', '[]', "''", 'False', '-1', '()'):
                yield self.put(node, text, 0.2, 'constant')

    def numbers(self, node, value):
        seen = {value}
        out = []

        def add(n, weight):
            if n not in seen:
                seen.add(n)
                out.append(self.put(node, repr(n), weight, 'constant', n < 0))

        near = 1 if abs(value) <= 12 else 0.55
        whole = isinstance(value, int)
        if whole:
            add(value + 1, near)
            add(value - 1, near if value or node.field != 'slice' else 0.5)
        for n, weight in ((0, 0.45), (1, 0.45), (2, 0.35)):
            add(n if whole else float(n), weight)
        for other in self.nearby(node):
            if isinstance(other, ast.Constant) and type(other.value) is type(value):
                add(other.value, 0.3)
        add(-value, 0.3)
        if value:
            inverse = 1 / value
            add(int(inverse) if inverse == int(inverse) else inverse, 0.3 if inverse == int(inverse) else 0.12)
            for n in (value * 2, value / 2, value * 10, value / 10):
                add(int(n) if n == int(n) and whole else n, 0.2)
        if whole:
            for n, weight in ((value + 2, 0.2), (value - 2, 0.2), (3, 0.15), (10, 0.15), (-1, 0.15), (100, 0.08)):
                add(n, weight)
        yield from out
        if value in (0, 1):
            for text in ("float('-inf')", "float('inf')", 'None'):
                yield self.put(node, text, 0.1, 'constant')

    def strings(self, node, value):
        raw = self.source.code(node)
        if raw[:3] in ('"""', "'''") or raw[:1] not in '\'"' or '\n' in raw:
            return
        seen = {value}
        out = []

        def add(text, weight):
            if text not in seen:
                seen.add(text)
                quoted = repr(text)
                if raw[0] == '"' and '"' not in text and quoted[0] == "'":
                    quoted = '"' + quoted[1:-1] + '"'
                out.append(self.put(node, quoted, weight, 'word'))

        if len(value) > 2:
            limit = max(1, len(value) // 3)
            for word in self.words:
                d = distance(value, word, limit)
                if 0 < d <= limit:
                    add(word, 0.7 / d)
        if value == '':
            add(' ', 0.5)
        elif value.isspace():
            add('', 0.6)
        if value.strip() != value:
            add(value.strip(), 0.4)
        for other in ast.walk(self.source.tree):
            if isinstance(other, ast.Constant) and isinstance(other.value, str) and len(other.value) <= 12 and not isinstance(other.parent, ast.Expr):
                add(other.value, 0.25)
        for word in self.words:
            if len(word) <= 12:
                add(word, 0.08)
        for text, weight in (('', 0.15), (value.lower(), 0.2), (value.upper(), 0.2)):
            add(text, weight)
        if len(value) <= 24:
            for i in range(len(value)):
                add(value[:i] + value[i + 1 :], 0.12)
        if len(value) <= 2:
            for mark in (' ', ',', ', ', '.', '-', '_', '0', '\n', '/', ':'):
                add(mark, 0.08)
        yield from sorted(out, key=lambda proposal: -proposal[0])[:60]

    def comparisons(self, node):
        if not isinstance(node, ast.Compare):
            return
        left = node.left
        for op, right in zip(node.ops, node.comparators):
            for text, weight in COMPARE.get(type(op), []):
                changes = self.between(left, right, SIGN[type(op)], text)
                if changes:
                    yield weight, 'comparison', changes
            left = right
        if len(node.ops) == 1 and isinstance(node.ops[0], (ast.In, ast.NotIn)):
            sign = SIGN[type(node.ops[0])]
            yield self.put(node, f'{self.operand(node.comparators[0])} {sign} {self.operand(node.left)}', 0.5, 'receiver', True)

    def logic(self, node):
        if isinstance(node, ast.BoolOp):
            sign = 'and' if isinstance(node.op, ast.And) else 'or'
            meant = 'or' if sign == 'and' else 'and'
            parts = [self.source.code(value) for value in node.values]
            yield self.put(node, f' {meant} '.join(self.operand(v) if isinstance(v, ast.BoolOp) else self.source.code(v) for v in node.values), 0.8, 'connective', True)
            for a, b in zip(node.values, node.values[1:]):
                changes = self.between(a, b, sign, meant)
                if changes and len(node.values) > 2:
                    yield 0.5, 'connective', changes
            for i, value in enumerate(node.values):
                if isinstance(value, ast.BoolOp) and self.source.text[self.source.span(value)[0] - 1] != '(':
                    inner = 'and' if isinstance(value.op, ast.And) else 'or'
                    codes = [self.source.code(v) for v in value.values]
                    rest = parts[:i] + parts[i + 1 :]
                    if len(rest) == 1 and len(codes) == 2:
                        grouped = f'{codes[0]} {inner} ({codes[1]} {sign} {rest[0]})' if i == 0 else f'({rest[0]} {sign} {codes[0]}) {inner} {codes[1]}'
                        yield self.put(node, grouped, 0.6, 'grouping', True)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            yield self.put(node, self.source.code(node.operand), 0.7, 'negation', True)
        elif self.is_value(node) and not isinstance(node, ast.Compare) and (node.field == 'test' or isinstance(node.parent, ast.BoolOp) or self.kind(node) == 'boolean'):
            yield self.put(node, f'not {self.operand(node)}', 0.45, 'negation', True)
        if isinstance(node, ast.IfExp):
            body, test, orelse = (self.source.code(part) for part in (node.body, node.test, node.orelse))
            yield self.put(node, f'{orelse} if {test} else {body}', 0.5, 'branches', True)
            yield self.put(node, body, 0.2, 'branches', True)
            yield self.put(node, orelse, 0.2, 'branches', True)

    def arithmetic(self, node):
        if isinstance(node, ast.BinOp) and type(node.op) in ARITHMETIC:
            sign, meant = ARITHMETIC[type(node.op)]
            a, b = self.operand(node.left), self.operand(node.right)
            if self.kind(node) != 'string' or sign != '+':
                for text, weight in meant:
                    changes = self.between(node.left, node.right, sign, text)
                    if changes:
                        yield weight, 'arithmetic', changes
                    if isinstance(node.left, ast.BinOp) or isinstance(node.right, ast.BinOp):
                        yield self.put(node, f'{a} {text} {b}', weight * 0.75, 'arithmetic', True)
            if sign not in ('*', '&', '|', '^'):
                yield self.put(node, f'{b} {sign} {a}', 0.5, 'operand-order', True)
            for inner, on_left in ((node.left, True), (node.right, False)):
                if isinstance(inner, ast.BinOp) and type(inner.op) in ARITHMETIC:
                    x, y = self.operand(inner.left), self.operand(inner.right)
                    s = ARITHMETIC[type(inner.op)][0]
                    first, second, third = (x, y, b) if on_left else (a, x, y)
                    p, q = (s, sign) if on_left else (sign, s)
                    yield self.put(node, f'{first} {p} ({second} {q} {third})' if on_left else f'({first} {p} {second}) {q} {third}', 0.6, 'grouping', True)
                    if p != q:
                        yield self.put(node, f'({first} {q} {second}) {p} {third}', 0.4, 'grouping', True)
                        yield self.put(node, f'({first} {q} {third}) {p} {second}', 0.4, 'grouping', True)
        elif isinstance(node, ast.AugAssign) and type(node.op) in ARITHMETIC:
            sign, meant = ARITHMETIC[type(node.op)]
            for text, weight in [*meant, ('', 0.5)]:
                changes = self.between(node.target, node.value, sign + '=', text + '=')
                if changes:
                    yield weight, 'arithmetic', changes
        elif isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], (ast.Name, ast.Subscript, ast.Attribute)):
            for text, weight in (('+=', 0.5), ('-=', 0.3), ('*=', 0.3)):
                changes = self.between(node.targets[0], node.value, '=', text)
                if changes:
                    yield weight, 'arithmetic', changes
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            yield self.put(node, self.source.code(node.operand), 0.45, 'sign', isinstance(node.operand, LOOSE))
        if self.is_value(node) and not isinstance(node, ast.Constant) and self.kind(node) in (None, 'number') and isinstance(node, (ast.Name, ast.Attribute, ast.Subscript, ast.Call, ast.BinOp)):
            if isinstance(node.parent, ast.BinOp) and isinstance(node.parent.op, (ast.Add, ast.Sub)) or isinstance(node.parent, (ast.Attribute,)):
                return
            factor = (1 if self.kind(node) == 'number' else 0.35) * (0.5 if node.field in ('slice', 'lower', 'upper') else 0.45 if isinstance(node.parent, (ast.Compare, ast.Call)) else 0.3)
            text = self.source.code(node) if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod)) else self.operand(node)
            one = self.operand(node)
            for out, weight in ((f'{text} + 1', 1), (f'{text} - 1', 1), (f'-{one}', 0.5), (f'{one} / 2', 0.35), (f'{one} // 2', 0.3), (f'{one} * 2', 0.25), (f'{one} ** 2', 0.25)):
                yield self.put(node, out, weight * factor, 'off-by-one' if ' 1' in out else 'scale', True)

    def removal(self, node):
        code = self.source.code
        if isinstance(node, ast.BinOp):
            yield self.put(node, code(node.left), 0.55, 'dropped-operand', isinstance(node.left, LOOSE))
            yield self.put(node, code(node.right), 0.4, 'dropped-operand', isinstance(node.right, LOOSE))
        elif isinstance(node, ast.BoolOp):
            for i in range(len(node.values)):
                rest = node.values[:i] + node.values[i + 1 :]
                yield self.put(node, (' and ' if isinstance(node.op, ast.And) else ' or ').join(code(v) for v in rest), 0.5, 'dropped-condition', True)
        elif isinstance(node, ast.Call) and self.is_value(node):
            if isinstance(node.func, ast.Attribute):
                yield self.put(node, code(node.func.value), 0.3, 'dropped-call', isinstance(node.func.value, LOOSE))
            if len(node.args) == 1 and not isinstance(node.args[0], ast.Starred):
                arg = node.args[0]
                text = f'[{code(arg)}]' if isinstance(arg, ast.GeneratorExp) and not code(arg).startswith('(') else code(arg)
                yield self.put(node, text, 0.35, 'dropped-call', isinstance(arg, LOOSE))
            items = [*node.args, *node.keywords]
            for i in range(len(items)):
                text = ', '.join(code(item) for item in items[:i] + items[i + 1 :])
                if len(items) > 1 or node.keywords:
                    yield self.put(node, f'{code(node.func)}({text})', 0.3, 'dropped-argument')
        elif isinstance(node, (ast.ListComp, ast.GeneratorExp)):
            for generator in node.generators:
                for test in generator.ifs:
                    yield 0.3, 'dropped-condition', [(*self.source.span(test), 'True')]
        elif isinstance(node, (ast.List, ast.Tuple)) and isinstance(node.ctx, ast.Load) and len(node.elts) > 1:
            for i in range(len(node.elts)):
                rest = ', '.join(code(item) for item in node.elts[:i] + node.elts[i + 1 :])
                if isinstance(node, ast.List):
                    yield self.put(node, f'[{rest}]', 0.2, 'dropped-element')
        if isinstance(node, ast.stmt) and not isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)):
            docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
            weight = 0.4 if isinstance(node, (ast.Expr, ast.Continue, ast.Break, ast.AugAssign)) else 0.33 if isinstance(node, (ast.If, ast.Return, ast.Assign)) else 0.1
            if not docstring and not (isinstance(node, ast.If) and self.is_elif(node)):
                yield weight, 'dropped-statement', [(*self.source.span(node), 'pass')]

    def is_elif(self, node):
        return self.source.text.startswith('elif', self.source.span(node)[0])

    def variables(self, node):
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load) and node.field != 'func':
            end = self.source.span(node)[1]
            seen = {node.attr}
            for other in ast.walk(self.source.tree):
                if isinstance(other, ast.Attribute) and other.attr not in seen and other.field != 'func' and len(seen) < 20:
                    seen.add(other.attr)
                    yield 0.25, 'property', [(end - len(node.attr), end, other.attr)]
        if not isinstance(node, ast.Name):
            return
        found, functions = self.visible(node)
        if node.id not in found and not (node.field == 'func' and node.id in functions):
            return
        target = isinstance(node.ctx, ast.Store)
        own = self.kinds.get(node.id, ())
        options = []
        for name, local in found.items():
            if name == node.id:
                continue
            other = self.kinds.get(name, ())
            fits = not own or not other or set(own) & set(other)
            options.append((0.04 if not fits else (1 if local else 0.5) * (1 if own and other else 0.6), name))
        options.sort(key=lambda option: -option[0])
        fitting = max(1, sum(weight > 0.3 for weight, _ in options))
        base = 0.6 / fitting**0.5 * (0.7 if target else 1)
        if target and not isinstance(node.parent, (ast.Assign, ast.AugAssign)):
            return
        for weight, name in options[:24]:
            yield self.put(node, name, min(0.5, base * weight), 'variable')
        if not self.is_value(node):
            return
        if 'list' in own or 'string' in own:
            yield self.put(node, f'len({node.id})', base * 0.4, 'element')
        for name in list(found)[:8]:
            if 'number' in own and 'list' in self.kinds.get(name, ()):
                yield self.put(node, f'{name}[{node.id}]', base * 0.35, 'element')
                yield self.put(node, f'len({name})', base * 0.3, 'element')
            if 'list' in own and 'number' in self.kinds.get(name, ()):
                yield self.put(node, f'{node.id}[{name}]', base * 0.3, 'element')

    def calls(self, node):
        if not isinstance(node, ast.Call):
            return
        func = node.func
        name = func.attr if isinstance(func, ast.Attribute) else func.id if isinstance(func, ast.Name) else ''
        end = self.source.span(func)[1]
        span = (end - len(name), end)
        seen = {name, ''}
        for weight, group in SIBLINGS:
            for text in group if name in group else []:
                known = isinstance(func, ast.Attribute) or hasattr(builtins, text)
                if text not in seen and known:
                    seen.add(text)
                    yield weight, 'method', [(*span, text)]
        for other in self.nearby(node):
            if isinstance(other, ast.Call) and type(other.func) is type(func):
                text = other.func.attr if isinstance(other.func, ast.Attribute) else getattr(other.func, 'id', '')
                if text not in seen and len(seen) < 24:
                    seen.add(text)
                    yield 0.12, 'method', [(*span, text)]
        code = self.source.code
        for i in range(len(node.args)):
            for j in range(i + 1, min(i + 3, len(node.args))):
                a, b = node.args[i], node.args[j]
                if code(a) != code(b):
                    yield 0.5 if j == i + 1 else 0.25, 'argument-order', [(*self.source.span(a), code(b)), (*self.source.span(b), code(a))]
        whole = code(node)
        if not whole.endswith(')'):
            return

        def add(text, weight):
            lone = len(node.args) == 1 and isinstance(node.args[0], ast.GeneratorExp)
            if lone and not code(node.args[0]).startswith('('):
                return self.put(node, f'{code(func)}(({code(node.args[0])}), {text})', weight, 'argument')
            close = self.source.span(node)[1] - 1
            return weight, 'argument', [(close, close, f', {text}' if node.args or node.keywords else text)]

        if name in ('sorted', 'sort', 'min', 'max') and not any(k.arg == 'key' for k in node.keywords):
            for text, weight in (('key=len', 0.3), ('key=abs', 0.2), ('key=lambda x: (len(x), x)', 0.2), ('key=lambda x: x[1]', 0.15), ('key=str', 0.1), ('key=lambda x: -x', 0.1)):
                yield add(text, weight)
        if name in ('sorted', 'sort') and not any(k.arg == 'reverse' for k in node.keywords):
            yield add('reverse=True', 0.45)
        if name == 'range' and len(node.args) == 1:
            yield self.put(node, f'range(1, {code(node.args[0])})', 0.4, 'argument')
            yield self.put(node, f'range(1, {code(node.args[0])} + 1)', 0.35, 'argument')
        if name == 'range' and len(node.args) == 2:
            for step in ('2', '-1'):
                yield add(step, 0.3)
        if name in ('int', 'round', 'sum', 'split', 'get', 'enumerate', 'replace') and len(node.args) in (1, 2):
            for text in ('1', '0', '2'):
                yield add(text, 0.15)
        if isinstance(func, ast.Attribute) and len(node.args) == 1 and isinstance(node.args[0], (ast.Name, ast.Constant)) and isinstance(func.value, (ast.Name, ast.Constant)):
            yield self.put(node, f'{code(node.args[0])}.{name}({code(func.value)})', 0.35, 'receiver')
        for name_, _ in list(self.visible(node)[0].items())[:8]:
            if len(node.args) <= 2:
                yield add(name_, 0.08)

    def wrapping(self, node):
        if not self.is_value(node) or isinstance(node, (ast.Constant, ast.Lambda)):
            return
        parent = node.parent
        at = 1 if isinstance(parent, ast.Return) else 0.9 if isinstance(parent, (ast.Assign, ast.AugAssign)) else 0.8 if node.field == 'slice' else 0.6 if isinstance(parent, (ast.Call, ast.For, ast.comprehension)) else 0.45
        code, one, kind = self.source.code(node), self.operand(node), self.kind(node)
        bare = code[1:-1] if isinstance(node, ast.GeneratorExp) and code.startswith('(') else code
        unknown = 0.5 if kind is None else 1
        divides = '/' in code or '**' in code
        table = []
        if kind in (None, 'number'):
            table += [(f'int({bare})', 0.4 if divides else 0.25), (f'abs({bare})', 0.35), (f'round({bare})', 0.3), (f'str({bare})', 0.2), (f'math.ceil({bare})', 0.3), (f'math.floor({bare})', 0.25), (f'float({bare})', 0.1)]
        if kind in (None, 'string'):
            table += [(f'{one}.strip()', 0.25), (f'{one}.lower()', 0.3), (f'{one}.upper()', 0.2), (f'int({bare})', 0.3), (f'len({bare})', 0.3), (f'{one}.split()', 0.15), (f'{one}.swapcase()', 0.15), (f'{one}[::-1]', 0.2)]
        if kind in (None, 'list', 'set', 'iterator', 'range'):
            table += [(f'list({bare})', 0.3), (f'set({bare})', 0.3), (f'sorted({bare})', 0.35), (f'sorted(set({bare}))', 0.25), (f'len({bare})', 0.3), (f'{one}[::-1]', 0.3), (f'{one}[:-1]', 0.25), (f'{one}[1:]', 0.25), (f'sum({bare})', 0.15), (f'max({bare})', 0.15), (f'min({bare})', 0.15), (f'tuple({bare})', 0.25), (f'reversed({bare})', 0.2), (f'set({bare})', 0.25), (f"''.join({bare})", 0.2)]
        for text, weight in table:
            yield self.put(node, text, weight * at * unknown, 'wrapping')
        if isinstance(node, ast.Tuple) and len(node.elts) == 2:
            a, b = (self.source.code(item) for item in node.elts)
            yield self.put(node, f'({b}, {a})' if code.startswith('(') else f'{b}, {a}', 0.45, 'list')

    def slices(self, node):
        """Bounds of slices: added, dropped, reversed."""
        if not isinstance(node, ast.Subscript) or not isinstance(node.slice, ast.Slice) or not isinstance(node.ctx, ast.Load):
            return
        part = node.slice
        lower, upper, step = (self.source.code(x) if x is not None else '' for x in (part.lower, part.upper, part.step))
        value = self.source.code(node.value)

        def make(a, b, c, weight):
            return self.put(node, f'{value}[{a}:{b}{":" + c if c else ""}]', weight, 'slice')

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
        yield self.put(node, value, 0.3, 'slice')

    def expressions(self, node):
        if not self.is_value(node) or isinstance(node, ast.Lambda):
            return
        own, kind, taken = self.source.code(node), self.kind(node), set()
        found, _ = self.visible(node)
        simple = isinstance(node, (ast.Name, ast.Constant))
        for other in self.nearby(node):
            if len(taken) > 50:
                break
            if not isinstance(other, ast.expr) or not self.is_value(other) or isinstance(other, (ast.Name, ast.Constant, ast.Lambda, ast.GeneratorExp)):
                continue
            text = self.source.code(other)
            other_kind = self.kind(other)
            if len(text) > 80 or '\n' in text or text == own or text in taken or (kind and other_kind and kind != other_kind):
                continue
            taken.add(text)
            known = 1 if kind and other_kind else 0.5
            excess = len(text) - len(own)
            yield self.put(node, text, (0.2 if simple else 0.28) * known * (1 if excess <= 4 else 0.8 if excess <= 16 else 0.5), 'expression', isinstance(other, LOOSE))

    def atoms(self, node, exclude=None):
        best = {}

        def add(text, weight):
            best[text] = max(best.get(text, 0), weight)

        code = self.source.code
        found, _ = self.visible(node)
        for other in self.nearby(node):
            if other is exclude or not isinstance(other, ast.expr) or not self.is_value(other):
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
                add(f'not {self.operand(other)}', 0.7)
        for name in list(found)[:10]:
            kinds = self.kinds.get(name, ())
            if 'number' in kinds or not kinds:
                for text, weight in (('> 0', 0.5), ('== 0', 0.5), ('< 0', 0.5), ('!= 0', 0.4), ('> 1', 0.3), ('== 1', 0.4), ('< 2', 0.3), ('% 2 == 0', 0.4), ('% 2 == 1', 0.4)):
                    add(f'{name} {text}', weight if kinds else weight * 0.4)
            if 'string' in kinds or 'list' in kinds or 'dict' in kinds:
                for text, weight in ((f'not {name}', 0.5), (name, 0.45), (f'len({name}) == 1', 0.25), (f'len({name}) > 1', 0.25)):
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
                theirs = self.kinds.get(other, ())
                if set(kinds) & set(theirs) & {'number', 'string'}:
                    for sign, weight in (('!=', 0.4), ('==', 0.35), ('<', 0.35), ('>', 0.35)):
                        add(f'{name} {sign} {other}', weight)
                if 'list' in theirs or 'string' in theirs and 'string' in kinds or 'dict' in theirs:
                    add(f'{name} in {other}', 0.3)
                    add(f'{name} not in {other}', 0.35)
        return sorted(best.items(), key=lambda atom: -atom[1])[:100]

    def conditions(self, node):
        if self.is_value(node) and (node.field == 'test' or isinstance(node, (ast.Compare, ast.BoolOp)) and isinstance(node.parent, (ast.Return, ast.comprehension, ast.BoolOp))):
            text = self.source.code(node)
            factor = 0.5 if isinstance(node.parent, ast.BoolOp) else 1
            grouped = f'({text})' if isinstance(node, (ast.BoolOp, ast.IfExp)) else text
            for atom, weight in self.atoms(node, node):
                yield self.put(node, f'{grouped} and {atom}', 0.3 * weight * factor, 'added-condition', True)
                yield self.put(node, f'{grouped} or {atom}', 0.28 * weight * factor, 'added-condition', True)
        if isinstance(node, (ast.ListComp, ast.GeneratorExp, ast.SetComp)) and not node.generators[-1].ifs:
            generator = node.generators[-1]
            end = self.source.span(generator.iter)[1]
            names = [n.id for n in ast.walk(generator.target) if isinstance(n, ast.Name)]
            for atom, weight in self.atoms(node.elt):
                if any(name in atom for name in names):
                    yield 0.25 * weight, 'added-condition', [(end, end, f' if {atom}')]
        if not isinstance(node, ast.stmt) or node.field not in ('body', 'orelse') or isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)):
            return
        fn = function_of(node)
        if fn is None or isinstance(fn, ast.Lambda) or self.is_elif(node) or isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            return
        values = {self.source.code(other.value) for other in self.nearby(node) if isinstance(other, ast.Return) and other.value is not None and len(self.source.code(other.value)) < 30}
        first = node.parent is fn and fn.body.index(node) <= 1
        if first:
            values |= {'0', '1', '-1', '[]', "''", 'None', 'True', 'False'}
        loop = self.in_loop(node)
        for atom, weight in self.atoms(node):
            if loop:
                yield 0.16 * weight, 'guard', self.before(node, f'if {atom}: continue')
                yield 0.14 * weight, 'guard', self.before(node, f'if {atom}: break')
            for value in sorted(values)[:10]:
                yield (0.16 if first else 0.07) * weight, 'guard', self.before(node, f'if {atom}: return {value}')
            if isinstance(node, (ast.Expr, ast.Assign, ast.AugAssign)) and '\n' not in self.source.code(node):
                yield 0.16 * weight, 'guarded-statement', [(*self.source.span(node), f'if {atom}: {self.source.code(node)}')]

    def in_loop(self, node):
        fn = function_of(node)
        while node is not fn and node is not None:
            node = getattr(node, 'parent', None)
            if isinstance(node, (ast.For, ast.While)):
                return True
        return False

    def statements(self, node):
        if not isinstance(node, ast.stmt) or isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)):
            return
        code, span = self.source.code, self.source.span
        block = getattr(node.parent, node.field, [])
        index = block.index(node) if node in block else 0
        following = block[index + 1] if index + 1 < len(block) else None
        start = span(node)[0]
        if isinstance(node, ast.Expr) and not isinstance(node.value, ast.Constant):
            yield 0.6 if following is None else 0.2, 'missing-return', [(start, start, 'return ')]
            if isinstance(function_of(node), ast.AsyncFunctionDef):
                yield 0.6, 'await', [(start, start, 'await ')]
            if isinstance(node.value, ast.Call) and isinstance(node.value.func, ast.Attribute) and isinstance(node.value.func.value, ast.Name):
                yield 0.3, 'kept-result', [(start, start, f'{node.value.func.value.id} = ')]
        if isinstance(node, ast.If):
            if isinstance(following, ast.If) and not node.orelse:
                at = span(following)[0]
                yield 0.35, 'missing-else', [(at, at, 'el')]
            if self.is_elif(node):
                pass
            elif node.orelse and len(node.body) == 1 and len(node.orelse) == 1 and not isinstance(node.orelse[0], ast.If):
                yield 0.35, 'branches', [(*span(node.body[0]), code(node.orelse[0])), (*span(node.orelse[0]), code(node.body[0]))]
            yield 0.2, 'unconditional', [(*span(node.test), 'True')]
            if not self.is_elif(node):
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
        if isinstance(holder, (ast.If, ast.For, ast.While)) and isinstance(node, (ast.Expr, ast.Assign, ast.AugAssign, ast.Return)):
            # Out of the block that holds it: the same line, with the indentation of the block's head.
            yield 0.25, 'statement-move', [(*span(node), 'pass'), *self.after(holder, code(node))]
            if not self.is_elif(holder) if isinstance(holder, ast.If) else True:
                yield 0.15, 'statement-move', [*self.before(holder, code(node)), (*span(node), 'pass')]
        previous = block[index - 1] if index > 0 else None
        if isinstance(previous, (ast.For, ast.While, ast.If)) and previous.body:
            yield 0.2, 'statement-move', [*self.after(previous.body[-1], code(node)), (*span(node), 'pass')]
        if self.in_loop(node) and not isinstance(node, (ast.Return, ast.Break, ast.Continue)):
            yield 0.22, 'early-exit', self.after(node, 'break')
        fn = function_of(node)
        if fn is None or isinstance(fn, ast.Lambda):
            return
        jumps = isinstance(node, (ast.Return, ast.Break, ast.Continue, ast.Raise))

        def both(text, weight, operator):
            if not jumps:
                yield weight, operator, self.after(node, text)
            yield weight * (1 if jumps else 0.6), operator, self.before(node, text)

        copied = {code(node)}
        for other in self.nearby(node):
            if isinstance(other, (ast.Expr, ast.AugAssign, ast.Assign)) and not isinstance(getattr(other, 'value', None), ast.Constant) and len(copied) < 12:
                text = code(other)
                if text not in copied and '\n' not in text and len(text) < 80:
                    copied.add(text)
                    yield from both(text, 0.14, 'copied-statement')
        names = list(self.visible(node)[0])[:8]
        for name in names:
            kinds = self.kinds.get(name, ())
            if 'number' in kinds:
                for text, weight in ((f'{name} += 1', 0.1), (f'{name} -= 1', 0.06), (f'{name} = 0', 0.06)):
                    yield from both(text, weight, 'new-statement')
            if 'list' in kinds:
                for text in (f'{name} = []', f'{name}.sort()', f'{name}.reverse()', f'{name}.pop()'):
                    yield from both(text, 0.05, 'new-statement')
            for other in names:
                theirs = self.kinds.get(other, ())
                if name == other:
                    continue
                if 'number' in kinds and 'number' in theirs:
                    for sign, weight in (('=', 0.07), ('+=', 0.07), ('-=', 0.05), ('*=', 0.04)):
                        yield from both(f'{name} {sign} {other}', weight, 'new-statement')
                elif 'list' in kinds:
                    yield from both(f'{name}.append({other})', 0.07, 'new-statement')
                elif 'string' in kinds and 'string' in theirs:
                    yield from both(f'{name} += {other}', 0.06, 'new-statement')

