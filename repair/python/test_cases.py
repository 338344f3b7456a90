"""The tests that a file declares, each as a function to call: unittest's, and pytest's that need no fixture."""

import importlib
import inspect
import os
import re
import unittest
from itertools import product

from finder import module_name
from pytest_cases import pytest_cases


class Skip(Exception):
    """Only pytest itself can run this file."""


def cases(root, file):
    """(name, full name, run) of each test. Raises whatever loading the file raises."""
    try:
        if any(re.search('autouse|def pytest_', text) for text in conftests(root, file)):
            raise Skip('a conftest file takes part in every test')
        return own_cases(root, file)
    except Skip:
        return pytest_cases(root, file)


def conftests(root, file):
    """The texts of the conftest files that hold for a test file."""
    parts = file.split('/')[:-1]
    for path in [os.path.join(root, *parts[:i], 'conftest.py') for i in range(len(parts) + 1)]:
        if os.path.isfile(path):
            with open(path, encoding='utf-8') as stream:
                yield stream.read()


def own_cases(root, file):
    module = importlib.import_module(module_name(root, file))
    if any(
        hasattr(module, name) for name in ('setup_module', 'setup_function', 'teardown_module', 'teardown_function')
    ):
        raise Skip('it has set-up functions of its own')
    found = []
    for name, value in list(vars(module).items()):
        if isinstance(value, type) and issubclass(value, unittest.TestCase):
            for method in unittest.defaultTestLoader.getTestCaseNames(value):
                run = lambda value=value, method=method: unittest_case(value, method)
                found.append((method, f'{value.__name__}.{method}', run))
        elif name.startswith('test') and inspect.isfunction(value) and value.__module__ == module.__name__:
            found.extend(plain_cases(name, name, value))
        elif name.startswith('Test') and isinstance(value, type) and value.__module__ == module.__name__:
            for method in dir(value):
                function = getattr(value, method)
                if method.startswith('test') and inspect.isfunction(function):
                    found.extend(plain_cases(method, f'{name}.{method}', function, value))
    return found


class FirstProblem(unittest.TestResult):
    """Keeps the first problem in a line; tracebacks would cost more than most tests."""

    problem = None

    def addFailure(self, test, err):
        self.problem = self.problem or f'{err[0].__name__}: {err[1]}'[:300]

    def addSubTest(self, test, subtest, err):
        if err is not None:
            self.addFailure(test, err)

    def addUnexpectedSuccess(self, test):
        self.problem = self.problem or 'a test that is expected to fail has passed'

    addError = addFailure


def unittest_case(owner, method):
    case = owner(method)
    # Without the functions for single types, which make a diff of what differs, plain equality decides the same.
    case._type_equality_funcs = {}
    result = FirstProblem()
    unittest.TestSuite([case]).run(result)
    if result.problem is not None:
        raise AssertionError(result.problem)


def arguments(mark):
    """Sets of arguments by name, of one `parametrize`."""
    names = mark.args[0] if len(mark.args) > 0 else mark.kwargs['argnames']
    rows = mark.args[1] if len(mark.args) > 1 else mark.kwargs['argvalues']
    if isinstance(names, str):
        names = [part.strip() for part in names.split(',') if part.strip()]
    for row in rows:
        if hasattr(row, 'marks') and hasattr(row, 'values'):
            if row.marks:
                raise Skip('a set of arguments has marks of its own')
            row = row.values
        elif len(names) == 1:
            row = [row]
        yield dict(zip(names, row))


def plain_cases(name, full, function, owner=None):
    """Functions as pytest runs them: parametrised ones once for each set of arguments."""
    marks = [*getattr(owner, 'pytestmark', []), *getattr(function, 'pytestmark', [])]
    kinds = {mark.name for mark in marks}
    if kinds & {'skip', 'skipif', 'xfail'}:
        return []
    if 'usefixtures' in kinds or inspect.iscoroutinefunction(function):
        raise Skip(f'{name} needs its runner')
    sets = [
        {key: value for part in parts for key, value in part.items()}
        for parts in product(*[list(arguments(mark)) for mark in marks if mark.name == 'parametrize'])
    ]
    wanted = {p.name for p in inspect.signature(function).parameters.values() if p.default is p.empty} - {'self'}
    if any(wanted != set(known) for known in sets):
        raise Skip(f'{name} uses fixtures')

    def run(known):
        if owner is None:
            return function(**known)
        instance = owner()
        prepare, tidy = (getattr(instance, step, None) for step in ('setup_method', 'teardown_method'))

        def call(step):
            if step is not None:
                step(*[function] * len(inspect.signature(step).parameters))

        call(prepare)
        try:
            return function(instance, **known)
        finally:
            call(tidy)

    return [(name, full, lambda known=known: run(known)) for known in sets]
