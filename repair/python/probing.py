"""What candidates compute where the tests do not look: the calls that the tests make, and calls with values nearby."""

import ast
import copy
import importlib
import inspect
import sys

from finder import Finder, module_name
from instrument import OutOfFuel

PROBES = 160
CALLS = 60
STEPS, SECONDS = 50_000, 0.05
MAX_ENDLESS = 8


def spy_on(module, calls):
    """Replaces the project's functions that a test module has imported, so that their arguments are kept."""
    seen = set()
    for name, value in list(vars(module).items()):
        owner = sys.modules.get(getattr(value, '__module__', None))
        if (
            not inspect.isfunction(value)
            or owner is module
            or not isinstance(getattr(owner, '__loader__', None), Finder)
        ):
            continue

        def spy(*args, _fn=value, **kwargs):
            key = (_fn.__module__, _fn.__qualname__, repr(args))
            if not kwargs and key not in seen and len(calls) < CALLS:
                seen.add(key)
                try:
                    calls.append((_fn.__module__, _fn.__name__, copy.deepcopy(args)))
                except Exception:
                    pass  # What cannot be copied cannot be given to another candidate.
            return _fn(*args, **kwargs)

        setattr(module, name, spy)


class Prober:
    def __init__(self, project, examples):
        self.project = project
        calls = []
        project.load([])
        for entry in project.plan:
            if entry['failing']:
                project.refill()
                tests = project.cases(entry['file'])
                spy_on(importlib.import_module(module_name(project.root, entry['file'])), calls)
                for _, _, run in tests:
                    project.run(run)
        documented, self.expected = [], []
        for example in examples:
            module = next((module for module, name, _ in calls if name == example['name']), None)
            try:
                args = ast.literal_eval(f"({example['args']},)") if example['args'].strip() else ()
            except (ValueError, SyntaxError):
                continue
            if module is not None:
                documented.append((module, example['name'], args))
                self.expected.append(example['expected'])
        self.inputs = documented + inputs_near(calls)

    def probe(self, edits):
        self.project.load(edits)
        out, endless = [], 0
        for module, name, args in self.inputs:
            self.project.meter.refill(STEPS, SECONDS)
            if endless > MAX_ENDLESS:
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
        half = [value[1:], value[:-1], value[:1], '']
        return [*half[:2], value + value, value[::-1], value.swapcase(), value + ' ' + value, *half[2:]]
    if isinstance(value, (list, tuple)):
        kind = type(value)
        heads = range(min(3, len(value)))
        inner = [kind([*value[:i], item, *value[i + 1 :]]) for i in heads for item in near(value[i])[:3]]
        return [value[1:], value[:-1], value[::-1], value + value, *inner, value + value[:1], kind()]
    if isinstance(value, dict):
        return [{k: v for k, v in value.items() if k != key} for key in list(value)[:4]]
    return []


def inputs_near(calls):
    out = list(calls)
    seen = {repr(args) for _, _, args in calls}
    variations = [
        [(module, name, (*args[:i], changed, *args[i + 1 :])) for i, arg in enumerate(args) for changed in near(arg)]
        for module, name, args in calls
    ]
    for round_ in range(max((len(v) for v in variations), default=0)):
        for row in variations:
            if round_ < len(row) and len(out) < PROBES and repr(row[round_][2]) not in seen:
                seen.add(repr(row[round_][2]))
                out.append(row[round_])
    return out
