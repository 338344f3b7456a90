"""A Python file as places that an edit may change. Offsets count code points of the text; the AST counts bytes."""

import ast


def link(tree):
    """Gives every node its parent and the field that holds it."""
    for node in ast.walk(tree):
        for field, value in ast.iter_fields(node):
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST):
                    child.parent, child.field = node, field


class Source:
    """The parsed file; raises SyntaxError where it cannot be read."""

    def __init__(self, file, text):
        self.file = file
        self.text = text
        self.tree = ast.parse(text)
        link(self.tree)
        self.lines = text.splitlines(keepends=True) or ['']
        self.starts = [0]
        for line in self.lines:
            self.starts.append(self.starts[-1] + len(line))
        self.statements = [node for node in ast.walk(self.tree) if isinstance(node, ast.stmt)]
        # Number of a statement in coverage tables: its position in this walk, the same in every process.
        self.number = {id(node): i for i, node in enumerate(self.statements)}

    def offset(self, line, column):
        if line > len(self.lines):
            return len(self.text)
        text = self.lines[line - 1]
        return self.starts[line - 1] + (column if text.isascii() else len(text.encode()[:column].decode()))

    def span(self, node):
        return self.offset(node.lineno, node.col_offset), self.offset(node.end_lineno, node.end_col_offset)

    def code(self, node):
        start, end = self.span(node)
        return self.text[start:end]

    def indent(self, node):
        line = self.lines[node.lineno - 1]
        return line[: len(line) - len(line.lstrip())]


def statement_of(node):
    while not isinstance(node, ast.stmt):
        node = node.parent
    return node


def function_of(node):
    node = getattr(node, 'parent', None)
    while node is not None and not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
        node = getattr(node, 'parent', None)
    return node
