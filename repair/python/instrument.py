"""Fuel at every iteration and call, and in the first run counters for localisation; works on the tree, not the text."""

import ast
import signal

from source import Source


class OutOfFuel(BaseException):
    """Not an Exception, so that code which catches everything does not swallow it."""


class Meter:
    """Steps and processor time, which is no more when others have the processor."""

    SAMPLES = 20
    # Seconds beyond the limit after which the process ends: a built-in function that does not return hears no signal.
    GRACE = 1.0

    def __init__(self):
        self.limit = self.left = 0
        self.hits = set()
        self.kinds = {}
        self.samples = {}
        signal.signal(signal.SIGPROF, self.late)

    def refill(self, steps, seconds):
        self.limit = self.left = steps
        signal.setitimer(signal.ITIMER_PROF, seconds)
        signal.setitimer(signal.ITIMER_VIRTUAL, seconds + self.GRACE)

    def rest(self):
        """Nothing of the project runs until the next refill."""
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)

    @property
    def empty(self):
        return self.left < 0

    @property
    def used(self):
        return self.limit - max(0, self.left)

    def late(self, *_):
        self.left = -1
        raise OutOfFuel('the code ran for too long')

    def step(self):
        self.left -= 1
        if self.left < 0:
            self.left = -1
            raise OutOfFuel('the code ran for too many steps: probably an endless loop')
        return True

    def count(self, file, number, values):
        self.hits.add((file, number))
        taken = self.samples.get((file, number), 0)
        if taken < self.SAMPLES:
            self.samples[file, number] = taken + 1
            for name, value in values.items():
                if not name.startswith('__'):
                    self.kinds.setdefault((file, name), set()).add(kind_of(value))


def kind_of(value):
    if isinstance(value, bool):
        return 'boolean'
    if isinstance(value, (int, float, complex)):
        return 'number'
    for kind, types in (
        ('string', str),
        ('list', (list, tuple)),
        ('dict', dict),
        ('set', (set, frozenset)),
        ('none', type(None)),
    ):
        if isinstance(value, types):
            return kind
    return 'function' if callable(value) else 'object'


def call(name, *args):
    return ast.Expr(ast.Call(ast.Name(name, ast.Load()), list(args), []))


class _Fuel(ast.NodeTransformer):
    def _body(self, node):
        self.generic_visit(node)
        documented = ast.get_docstring(node, clean=False) is not None
        node.body.insert(1 if documented else 0, call('__loom_step__'))
        return node

    def _loop(self, node):
        self.generic_visit(node)
        node.body.insert(0, call('__loom_step__'))
        return node

    def visit_comprehension(self, node):
        self.generic_visit(node)
        node.ifs.insert(0, call('__loom_step__').value)
        return node

    def visit_Lambda(self, node):
        self.generic_visit(node)
        node.body = ast.BoolOp(ast.And(), [call('__loom_step__').value, node.body])
        return node

    visit_FunctionDef = visit_AsyncFunctionDef = _body
    visit_For = visit_While = visit_AsyncFor = _loop


def _count(source):
    for node in list(ast.walk(source.tree)):
        for field in ('body', 'orelse', 'finalbody'):
            block = getattr(node, field, None)
            if not isinstance(block, list) or not block or not isinstance(block[0], ast.stmt):
                continue
            counted = []
            for statement in block:
                future = isinstance(statement, ast.ImportFrom) and statement.module == '__future__'
                docstring = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
                if not future and not docstring:
                    number = source.number[id(statement)]
                    counted.append(
                        call(
                            '__loom_count__',
                            ast.Constant(source.file),
                            ast.Constant(number),
                            ast.Call(ast.Name('locals', ast.Load()), [], []),
                        )
                    )
                counted.append(statement)
            block[:] = counted


def compiled(file, path, text, counting):
    """Code object of a module. Raises SyntaxError."""
    if counting:
        source = Source(file, text)
        _count(source)
    tree = _Fuel().visit(source.tree if counting else ast.parse(text))
    ast.fix_missing_locations(tree)
    return compile(tree, path, 'exec', dont_inherit=True)
