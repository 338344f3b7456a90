"""Values written in the code: numbers one or two off, other words, other empty values."""

import ast

BRACKETS = "()[]{}<>"


def distance(a, b, limit):
    if abs(len(a) - len(b)) > limit:
        return limit + 1
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        row = next_row(row, i, x, b)
    return row[-1]


def next_row(row, i, x, b):
    out = [i]
    for j, y in enumerate(b, 1):
        out.append(min(row[j - 1] + (x != y), row[j] + 1, out[-1] + 1))
    return out


def constants(here, node):
    if not isinstance(node, ast.Constant) or isinstance(node.parent, (ast.Expr, ast.JoinedStr, ast.FormattedValue)):
        return
    value = node.value
    if isinstance(value, bool):
        yield here.put(node, str(not value), 1, 'constant')
        if isinstance(node.parent, ast.Return):
            yield here.put(node, 'None', 0.15, 'constant')
    elif isinstance(value, (int, float)):
        yield from numbers(here, node, value)
    elif isinstance(value, str):
        yield from strings(here, node, value)
    elif value is None:
        for text in ('0', '[]', "''", 'False', '-1', '()'):
            yield here.put(node, text, 0.2, 'constant')


def numbers(here, node, value):
    seen = {value}
    out = []

    def add(n, weight):
        if n not in seen:
            seen.add(n)
            out.append(here.put(node, repr(n), weight, 'constant', n < 0))

    near = 1 if abs(value) <= 12 else 0.55
    whole = isinstance(value, int)
    if whole:
        add(value + 1, near)
        add(value - 1, near if value or node.field != 'slice' else 0.5)
    for n, weight in ((0, 0.45), (1, 0.45), (2, 0.35)):
        add(n if whole else float(n), weight)
    for other in here.nearby(node):
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
            yield here.put(node, text, 0.1, 'constant')


def strings(here, node, value):
    raw = here.source.code(node)
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
            out.append(here.put(node, quoted, weight, 'word'))

    if len(value) > 2:
        limit = max(1, len(value) // 3)
        for word in here.words:
            d = distance(value, word, limit)
            if 0 < d <= limit:
                add(word, 0.7 / d)
    if value == '':
        add(' ', 0.5)
    elif value.isspace():
        add('', 0.6)
    if value.strip() != value:
        add(value.strip(), 0.4)
    for other in ast.walk(here.source.tree):
        if (
            isinstance(other, ast.Constant)
            and isinstance(other.value, str)
            and len(other.value) <= 12
            and not isinstance(other.parent, ast.Expr)
        ):
            add(other.value, 0.25)
    for word in here.words:
        if len(word) <= 12:
            add(word, 0.08)
    for text, weight in (('', 0.15), (value.lower(), 0.2), (value.upper(), 0.2)):
        add(text, weight)
    if len(value) <= 24:
        for i in range(len(value)):
            add(value[:i] + value[i + 1 :], 0.12)
    if value.isalpha() and len(value) > 1:
        for text in (value + value.swapcase(), value + value.upper(), value + value.lower()):
            add(text, 0.2)
    if len(value) == 1:
        for mark in sorted({mark for word in here.words for mark in word if not mark.isalnum()})[:24]:
            add(mark, 0.3 if mark in BRACKETS and value in BRACKETS else 0.15)
    if len(value) <= 2:
        for mark in (' ', ',', ', ', '.', '-', '_', '0', '\n', '/', ':'):
            add(mark, 0.08)
    yield from sorted(out, key=lambda proposal: -proposal[0])[:60]
