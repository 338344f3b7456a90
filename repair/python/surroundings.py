"""What surrounds a place, and how a change of it is written. Operators are functions of this and a node that yield
(weight, operator, changes); weights share the scale of the JavaScript operators."""

import ast

from source import function_of
from syntax import LOOSE

KNOWN = {
    'len': 'number',
    'sum': 'number',
    'abs': 'number',
    'int': 'number',
    'float': 'number',
    'round': 'number',
    'ord': 'number',
    'str': 'string',
    'chr': 'string',
    'bin': 'string',
    'hex': 'string',
    'list': 'list',
    'sorted': 'list',
    'set': 'set',
    'dict': 'dict',
    'bool': 'boolean',
    'isinstance': 'boolean',
    'any': 'boolean',
    'all': 'boolean',
    'range': 'range',
    'tuple': 'list',
    'enumerate': 'iterator',
    'zip': 'iterator',
    'reversed': 'iterator',
    'map': 'iterator',
    'filter': 'iterator',
}
METHOD_KINDS = {
    'split': 'list',
    'join': 'string',
    'upper': 'string',
    'lower': 'string',
    'strip': 'string',
    'replace': 'string',
    'count': 'number',
    'find': 'number',
    'index': 'number',
    'keys': 'iterator',
    'items': 'iterator',
    'values': 'iterator',
    'startswith': 'boolean',
    'endswith': 'boolean',
    'isdigit': 'boolean',
    'isupper': 'boolean',
    'islower': 'boolean',
    'isalpha': 'boolean',
    'swapcase': 'string',
    'floor': 'number',
    'ceil': 'number',
    'sqrt': 'number',
    'pow': 'number',
}


class Surroundings:

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
            return (
                'boolean'
                if isinstance(value, bool)
                else (
                    'number'
                    if isinstance(value, (int, float))
                    else 'string' if isinstance(value, str) else 'none' if value is None else None
                )
            )
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

    def put(self, node, text, weight, operator, loose=False):
        start, end = self.source.span(node)
        parent = node.parent
        free = (
            isinstance(
                parent,
                (
                    ast.Return,
                    ast.Assign,
                    ast.AugAssign,
                    ast.If,
                    ast.While,
                    ast.Call,
                    ast.List,
                    ast.Tuple,
                    ast.Expr,
                    ast.For,
                    ast.Dict,
                    ast.keyword,
                ),
            )
            and getattr(node, 'field', '') not in ('func',)
            or isinstance(parent, (ast.Subscript, ast.Slice))
            and node.field != 'value'
        )
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

    def is_value(self, node):
        if not isinstance(node, ast.expr) or isinstance(node, (ast.Starred, ast.Slice)):
            return False
        if isinstance(getattr(node, 'ctx', None), (ast.Store, ast.Del)) or isinstance(
            node.parent, (ast.JoinedStr, ast.FormattedValue, ast.Expr, ast.arg)
        ):
            return False
        return node.field not in ('func', 'annotation', 'returns', 'decorator_list', 'bases') and not (
            isinstance(node.parent, ast.Attribute)
        )

    def in_loop(self, node):
        fn = function_of(node)
        while node is not fn and node is not None:
            node = getattr(node, 'parent', None)
            if isinstance(node, (ast.For, ast.While)):
                return True
        return False

    def is_elif(self, node):
        return self.source.text.startswith('elif', self.source.span(node)[0])

    def is_docstring(self, node):
        return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)

    def is_line(self, node):
        """Whether the statement lies on one line, so that it can be written elsewhere as it is."""
        return '\n' not in self.source.code(node)

    def renamed(self, node, names):
        """The code of a node with other text for some of its names."""
        text, start = self.source.code(node), self.source.span(node)[0]
        found = [child for child in ast.walk(node) if isinstance(child, ast.Name) and child.id in names]
        for child in sorted(found, key=lambda child: -self.source.span(child)[0]):
            at = self.source.span(child)[0] - start
            text = text[:at] + names[child.id] + text[at + len(child.id) :]
        return text
