"""Tests that need pytest itself (fixtures, conftest files, plug-ins), through its own entry point: 50 ms a test."""

import importlib
import os

# Plain assertions: rewriting them would pass by the modules kept in memory. Nothing is left behind in the project.
OPTIONS = ['--assert=plain', '--capture=no', '-p', 'no:cacheprovider', '-p', 'no:xdist', '--rootdir']
known = {}


class Listener:
    def __init__(self):
        self.items = []
        self.problem = None
        self.ran = False

    def pytest_itemcollected(self, item):
        self.items.append((item.name, item.nodeid))

    def pytest_runtest_logreport(self, report):
        self.ran = self.ran or report.when == 'call' or report.skipped
        if report.failed and self.problem is None:
            self.problem = report.longreprtext.strip().splitlines()[-1][:300]

    def pytest_collectreport(self, report):
        if report.failed and self.problem is None:
            self.problem = report.longreprtext.strip().splitlines()[-1][:300]


def invoke(root, *arguments):
    listener = Listener()
    importlib.import_module('pytest').main([*OPTIONS, root, *arguments], plugins=[listener])
    return listener


def run(root, test):
    listener = invoke(root, os.path.join(root, test))
    if listener.problem is not None or not listener.ran:
        raise AssertionError(listener.problem or f'{test} was not found')


def pytest_cases(root, file):
    """(name, full name, run) of each test of a file. Raises ImportError where there is no pytest."""
    if file not in known:
        listener = invoke(root, '--collect-only', os.path.join(root, file))
        if listener.problem is not None:
            raise AssertionError(listener.problem)
        known[file] = [
            (name, test.rpartition('.py::')[2], f'{file}::{test.rpartition(".py::")[2]}')
            for name, test in listener.items
        ]
    return [(name, full, lambda test=test: run(root, test)) for name, full, test in known[file]]
