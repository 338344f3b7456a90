"""Runs a project's tests again and again in this process, with a candidate's text in place of a module's. JSON lines in and out; it runs
untrusted code, so whatever it says is confirmed by the real test command."""
import ast
import builtins
import copy
import importlib
import importlib.abc
import importlib.util
import inspect
import io
import json
import os
import resource
import sys
import time
import unittest

from instrument import Meter, OutOfFuel, compiled
from source import Source

MEMORY = 2 * 1024**3
PROBES = 160
# Per test in the first run, when nothing is known of the tests yet.
FIRST_SECONDS = 2.0


class Skip(Exception):
    pass


class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Loads the project's own modules from memory."""

    def __init__(self, root):
        self.root = root
        self.edited = {}
        self.counting = False
        self.cache = {}
        self.loaded = set()

    def find_spec(self, name, path, target=None):
        tail = name.rpartition('.')[2]
        for folder in path if path is not None else sys.path:
            folder = os.path.abspath(folder or '.')
            if folder != self.root and not folder.startswith(self.root + os.sep):
                continue
            package = os.path.join(folder, tail, '__init__.py')
            module = os.path.join(folder, tail + '.py')
            for file, is_package in ((package, True), (module, False)):
                if os.path.isfile(file):
                    return importlib.util.spec_from_file_location(name, file, loader=self, submodule_search_locations=[os.path.dirname(file)] if is_package else None)
        return None

    def create_module(self, spec):
        return None

    def exec_module(self, module):
        path = module.__spec__.origin
        file = os.path.relpath(path, self.root)
        self.loaded.add(file)
        text = self.edited.get(file)
        if text is not None:
            code = compiled(file, path, text, False)
        else:
            key = (file, self.counting)
            if key not in self.cache:
                with open(path, encoding='utf-8') as stream:
                    self.cache[key] = compiled(file, path, stream.read(), self.counting)
            code = self.cache[key]
        exec(code, module.__dict__)

    def forget(self):
        """Drops the project's modules, so that the next import runs them again."""
        for name, module in list(sys.modules.items()):
            if isinstance(getattr(getattr(module, '__spec__', None), 'loader', None), Finder):
                del sys.modules[name]
        importlib.invalidate_caches()


def module_name(root, file):
    """How the test runner would import the file: from the topmost folder above it that is no package, or from the root."""
    parts = file[:-3].split('/')
    folder = root
    for i in range(len(parts) - 1):
        folder = os.path.join(folder, parts[i])
    if os.path.exists(os.path.join(root, parts[0], '__init__.py')) or len(parts) == 1:
        return '.'.join(parts)
    if folder not in sys.path:
        sys.path.insert(0, folder)
    return parts[-1]


class Project:
    def __init__(self, root):
        self.root = root
        self.meter = Meter()
        builtins.__loom_step__ = self.meter.step
        builtins.__loom_count__ = self.meter.count
        self.finder = Finder(root)
        sys.meta_path.insert(0, self.finder)
        for folder in (root, os.path.join(root, 'src')):
            if os.path.isdir(folder):
                sys.path.insert(0, folder)
        self.steps, self.seconds = 1_000_000, FIRST_SECONDS
        self.plan, self.inputs = [], None
        self.examples, self.expected = [], []

    def cases(self, file):
        """(name, run) of each test that a file declares. Raises Skip for what only the real runner can run."""
        module = importlib.import_module(module_name(self.root, file))
        found = []
        for name, value in list(vars(module).items()):
            if isinstance(value, type) and issubclass(value, unittest.TestCase):
                for method in unittest.defaultTestLoader.getTestCaseNames(value):
                    found.append((method, f'{value.__name__}.{method}', lambda value=value, method=method: self.unittest_case(value, method)))
            elif name.startswith('test') and inspect.isfunction(value) and value.__module__ == module.__name__:
                found.extend(self.plain_cases(name, value))
            elif name.startswith('Test') and isinstance(value, type):
                for method, function in list(vars(value).items()):
                    if method.startswith('test') and inspect.isfunction(function):
                        found.extend(self.plain_cases(method, function, value))
        return found

    @staticmethod
    def unittest_case(owner, method):
        result = unittest.TestResult()
        result.failfast = True
        owner(method).run(result)
        problems = result.failures + result.errors
        if problems:
            raise AssertionError(problems[0][1].strip().splitlines()[-1])

    @staticmethod
    def plain_cases(name, function, owner=None):
        """Functions as pytest runs them, as far as they need no fixture: parametrised ones once for each set of arguments."""
        sets = [{}]
        for mark in getattr(function, 'pytestmark', []):
            if mark.name in ('skip', 'skipif', 'xfail'):
                return []
            if mark.name == 'parametrize':
                names = [part.strip() for part in mark.args[0].split(',')] if isinstance(mark.args[0], str) else list(mark.args[0])
                rows = [getattr(row, 'values', row) for row in mark.args[1]]
                sets = [{**known, **dict(zip(names, row if len(names) > 1 or getattr(row, '__class__', None) is tuple and len(names) == len(row) else [row]))} for known in sets for row in rows]
        wanted = [p for p in inspect.signature(function).parameters if p != 'self']
        if any(set(wanted) != set(known) for known in sets):
            raise Skip(f'{name} uses fixtures')

        def run(known):
            if owner is None:
                return function(**known)
            instance = owner()
            getattr(instance, 'setup_method', lambda *_: None)(None)
            return function(instance, **known)

        return [(name, name, lambda known=known: run(known)) for known in sets]

    def run(self, case):
        self.meter.refill(self.steps, self.seconds)
        try:
            case()
            return None if not self.meter.empty else 'out of fuel'
        except (Exception, OutOfFuel, SystemExit) as error:
            return f'{type(error).__name__}: {error}'[:300] or 'error'

    def baseline(self, files, steps):
        self.steps, self.seconds = steps, FIRST_SECONDS
        cases, problems, failing, passing = [], [], {}, {}
        sources = {}
        for file in files:
            self.finder.forget()
            self.finder.loaded, self.finder.counting = set(), True
            self.meter.hits = set()
            self.meter.refill(steps, FIRST_SECONDS)
            try:
                tests = self.cases(file)
            except BaseException as error:
                problems.append({'file': file, 'message': f'{type(error).__name__}: {error}'[:300]})
                for unit in self.meter.hits:
                    failing[unit] = failing.get(unit, 0) + 1
                continue
            loading = self.meter.hits
            for index, (name, full, run) in enumerate(tests):
                self.meter.hits = set(loading)
                started = time.perf_counter()
                problem = self.run(run)
                table = passing if problem is None else failing
                for unit in self.meter.hits:
                    table[unit] = table.get(unit, 0) + 1
                steps_used = self.meter.limit - self.meter.left
                cases.append({'file': file, 'name': name, 'full': full, 'index': index, 'ok': problem is None, 'error': problem or '', 'steps': steps_used, 'ms': 1000 * (time.perf_counter() - started)})
            sources[file] = sorted(self.finder.loaded)
        self.finder.counting = False
        lines = {file: self.lines(file) for file in {file for file, _ in [*failing, *passing]}}
        reach = [[file, number, failing.get((file, number), 0), passing.get((file, number), 0), lines[file][number]] for file, number in sorted(set(failing) | set(passing))]
        kinds = [[file, name, sorted(found)] for (file, name), found in sorted(self.meter.kinds.items())]
        return {'cases': cases, 'problems': problems, 'reach': reach, 'kinds': kinds, 'sources': sources}

    def lines(self, file):
        with open(os.path.join(self.root, file), encoding='utf-8') as stream:
            return [statement.lineno for statement in Source(file, stream.read()).statements]

    def load(self, edits):
        self.finder.forget()
        texts = {}
        for edit in sorted(edits, key=lambda edit: -edit['start']):
            file = edit['file']
            if file not in texts:
                with open(os.path.join(self.root, file), encoding='utf-8') as stream:
                    texts[file] = stream.read()
            texts[file] = texts[file][: edit['start']] + edit['replacement'] + texts[file][edit['end'] :]
        self.finder.edited = texts

    def evaluate(self, edits):
        fixed = 0
        try:
            self.load(edits)
            changed = set(self.finder.edited)
            rest = []
            for entry in self.plan:
                if not entry['failing'] and not changed & set(entry['sources']):
                    continue
                self.meter.refill(self.steps, self.seconds)
                tests = self.cases(entry['file'])
                for index in entry['failing']:
                    if self.run(tests[index][2]) is not None:
                        return {'green': False, 'fixed': fixed}
                    fixed += 1
                rest.append((tests, entry['passing']))
            for tests, indexes in rest:
                for index in indexes:
                    if self.run(tests[index][2]) is not None:
                        return {'green': False, 'fixed': fixed}
        except BaseException:
            # The candidate does not compile, or breaks the tests while they load.
            return {'green': False, 'fixed': fixed}
        return {'green': True, 'fixed': fixed}

    def record(self):
        """The calls that test modules make to functions that they import from the project."""
        calls, seen = [], set()
        self.load([])
        for entry in self.plan:
            if not entry['failing']:
                continue
            self.meter.refill(self.steps, self.seconds)
            tests = self.cases(entry['file'])
            module = sys.modules[module_name(self.root, entry['file'])]
            for name, value in list(vars(module).items()):
                if not inspect.isfunction(value) or value.__module__ == module.__name__ or not isinstance(getattr(sys.modules.get(value.__module__), '__loader__', None), Finder):
                    continue

                def spy(*args, _fn=value, **kwargs):
                    key = (_fn.__module__, _fn.__qualname__, repr(args))
                    if not kwargs and key not in seen and len(calls) < 60:
                        seen.add(key)
                        try:
                            calls.append((_fn.__module__, _fn.__name__, copy.deepcopy(args)))
                        except Exception:
                            pass
                    return _fn(*args, **kwargs)

                setattr(module, name, spy)
            for _, _, run in tests:
                self.run(run)
        return calls

    def probe(self, edits):
        if self.inputs is None:
            calls = self.record()
            documented = []
            for example in self.examples:
                module = next((m for m, name, _ in calls if name == example['name']), None)
                try:
                    args = ast.literal_eval(f"({example['args']},)") if example['args'].strip() else ()
                except (ValueError, SyntaxError):
                    continue
                if module is not None:
                    documented.append((module, example['name'], args))
                    self.expected.append(example['expected'])
            self.inputs = documented + inputs_near(calls)
        self.load(edits)
        out, endless = [], 0
        for module, name, args in self.inputs:
            self.meter.refill(50_000, 0.05)
            if endless > 8:
                out.append('not tried')
                continue
            try:
                out.append(repr(getattr(importlib.import_module(module), name)(*copy.deepcopy(args)))[:2000])
            except OutOfFuel:
                out.append('endless')
                endless += 1
            except BaseException as error:
                out.append(f'raises {type(error).__name__}')
        return out


def near(value):
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, int):
        return [n for n in (value + 1, value - 1, value * 2, value + 10, 0, 1, 2) if value < 0 or n >= 0]
    if isinstance(value, float):
        return [value + 1, value * 2, value / 2]
    if isinstance(value, str):
        return [value[1:], value[:-1], value + value, value[::-1], value.swapcase(), value + ' ' + value, value[:1], '']
    if isinstance(value, (list, tuple)):
        kind = type(value)
        inner = [kind([*value[:i], item, *value[i + 1 :]]) for i in range(min(3, len(value))) for item in near(value[i])[:3]]
        return [value[1:], value[:-1], value[::-1], value + value, *inner, value + value[:1], kind()]
    if isinstance(value, dict):
        return [{k: v for k, v in value.items() if k != key} for key in list(value)[:4]]
    return []


def inputs_near(calls):
    out = list(calls)
    seen = {repr(args) for _, _, args in calls}
    variations = [[(module, name, (*args[:i], changed, *args[i + 1 :])) for i, arg in enumerate(args) for changed in near(arg)] for module, name, args in calls]
    for round_ in range(max((len(v) for v in variations), default=0)):
        for row in variations:
            if round_ < len(row) and len(out) < PROBES and repr(row[round_][2]) not in seen:
                seen.add(repr(row[round_][2]))
                out.append(row[round_])
    return out


def main():
    # The project may well have modules of these names, and a folder first on the path would hide its own.
    for name in ('source', 'instrument'):
        del sys.modules[name]
    sys.path.pop(0)
    replies = os.fdopen(os.dup(1), 'w', buffering=1, encoding='utf-8')
    sys.stdout = sys.stderr = io.StringIO()
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    sys.dont_write_bytecode = True
    sys.setrecursionlimit(2000)
    project = None

    def reply(value):
        replies.write(json.dumps(value) + '\n')

    for line in sys.stdin:
        request = json.loads(line)
        sys.stdout = sys.stderr = io.StringIO()
        if request['type'] == 'baseline':
            project = Project(request['root'])
            reply(project.baseline(request['testFiles'], request['fuel']))
        elif request['type'] == 'prepare':
            project = project or Project(request['root'])
            project.plan, project.steps, project.seconds = request['plan'], request['fuel'], request['seconds']
            project.examples = request['examples']
            reply({})
        else:
            for edits in request['batch']:
                reply(project.evaluate(edits) if request['type'] == 'evaluate' else {'results': project.probe(edits), 'expected': project.expected})


if __name__ == '__main__':
    main()
