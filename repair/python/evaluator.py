"""Runs a project's tests again and again in this process, with a candidate's text in place of a module's. JSON lines in
and out; it runs untrusted code, so whatever it says is confirmed by the real test command."""

import builtins
import io
import json
import os
import resource
import sys
import time

from finder import Finder
from instrument import Meter, OutOfFuel
from probing import Prober
from source import Source
from test_cases import cases

# Address space: of the first run, and what a candidate may take beyond what the tests took as the project stands.
FIRST_MEMORY = 4 * 1024**3
MEMORY = 512 * 1024**2
# Per test in the first run, when nothing is known of the tests yet.
FIRST_SECONDS = 1.5
# After so many tests without end the others get a fourth: a bug that makes one test endless often does so to all.
ENDLESS_TESTS = 2
# A patient run may take as many steps more, and all patient runs together this many.
PATIENCE = 40
PATIENT_STEPS = 60_000_000
PATIENT_SECONDS = 1.5


def address_space():
    with open('/proc/self/statm', encoding='ascii') as stream:
        return int(stream.read().split()[0]) * resource.getpagesize()


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
        self.patient_left = PATIENT_STEPS
        self.plan, self.examples, self.prober = [], [], None

    def cases(self, file):
        return cases(self.root, file)

    def refill(self, patient=False):
        if patient:
            self.meter.refill(min(self.steps * PATIENCE, self.patient_left), max(PATIENT_SECONDS, self.seconds * 4))
        else:
            self.meter.refill(self.steps, self.seconds)

    def run(self, case, patient=False):
        """The problem of a test; None when it passes."""
        self.refill(patient)
        try:
            case()
            return 'out of fuel' if self.meter.empty else None
        except (Exception, OutOfFuel, SystemExit) as error:
            return f'{type(error).__name__}: {error}'[:300] or 'error'
        finally:
            self.meter.rest()
            if patient:
                self.patient_left -= min(self.patient_left, self.meter.used)

    def baseline(self, files, steps):
        self.steps = steps
        found, problems, failing, passing, sources, endless = [], [], {}, {}, {}, 0
        for file in files:
            self.finder.forget()
            self.finder.loaded, self.finder.counting = set(), True
            self.meter.hits = set()
            self.refill()
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
                if endless == ENDLESS_TESTS:
                    self.steps, self.seconds = steps // 4, FIRST_SECONDS / 4
                started = time.process_time()
                problem = self.run(run)
                endless += self.meter.empty
                table = passing if problem is None else failing
                for unit in self.meter.hits:
                    table[unit] = table.get(unit, 0) + 1
                ms = 1000 * (time.process_time() - started)
                known = {'file': file, 'name': name, 'full': full, 'index': index}
                found.append({**known, 'ok': problem is None, 'steps': self.meter.used, 'ms': ms})
            sources[file] = sorted(self.finder.loaded)
        self.finder.counting = False
        lines = {file: self.lines(file) for file in {file for file, _ in [*failing, *passing]}}
        reach = [
            [file, number, failing.get((file, number), 0), passing.get((file, number), 0), lines[file][number]]
            for file, number in sorted(set(failing) | set(passing))
        ]
        kinds = [[file, name, sorted(kinds)] for (file, name), kinds in sorted(self.meter.kinds.items())]
        report = {'cases': found, 'problems': problems, 'reach': reach, 'kinds': kinds, 'sources': sources}
        return {**report, 'memory': address_space()}

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

    def evaluate(self, edits, effort):
        """Quick and patient end at the first red test; thorough tells near misses from the rest."""
        patient, thorough = effort == 'patient', effort == 'thorough'
        fixed, wanted, rest = 0, 0, []

        def verdict(green, broke=False):
            return {'green': green, 'fixed': fixed, 'starved': not green and self.meter.empty, 'broke': broke}

        try:
            self.load(edits)
            changed = set(self.finder.edited)
            for entry in self.plan:
                if not entry['failing'] and not changed & set(entry['sources']):
                    continue
                self.refill(patient)
                tests = self.cases(entry['file'])
                for index in entry['failing']:
                    wanted += 1
                    if self.run(tests[index][2], patient) is None:
                        fixed += 1
                    elif not thorough or self.meter.empty:
                        return verdict(False)
                rest.append((tests, entry['passing']))
            if fixed == 0 < wanted:
                return verdict(False)
            for tests, indexes in rest:
                for index in indexes:
                    if self.run(tests[index][2], patient) is not None:
                        return verdict(False, True)
        except BaseException:
            # The candidate does not compile, or breaks the tests while they load.
            return verdict(False, True)
        return verdict(fixed == wanted)

    def probe(self, edits):
        self.prober = self.prober or Prober(self, self.examples)
        return {'results': self.prober.probe(edits), 'expected': self.prober.expected}


def channel():
    """Lines that come in and a stream for answers; code under test finds no input and an output that goes nowhere."""
    requests = os.fdopen(os.dup(0), encoding='utf-8')
    replies = os.fdopen(os.dup(1), 'w', buffering=1, encoding='utf-8')
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 0)
    os.dup2(nowhere, 1)
    return requests, replies


def answers(project, request):
    if request['type'] == 'baseline':
        yield project.baseline(request['testFiles'], request['fuel'])
    elif request['type'] == 'prepare':
        project.plan, project.steps, project.seconds = request['plan'], request['fuel'], request['seconds']
        project.examples = request['examples']
        resource.setrlimit(resource.RLIMIT_AS, (request['memory'] + MEMORY, FIRST_MEMORY))
        yield {}
    for edits in request.get('batch', ()):
        yield project.probe(edits) if request['type'] == 'probe' else project.evaluate(edits, request['effort'])


def main():
    # The project may well have modules of these names, and a folder first on the path would hide its own.
    for name in ('finder', 'instrument', 'probing', 'pytest_cases', 'source', 'test_cases'):
        del sys.modules[name]
    sys.path.pop(0)
    requests, replies = channel()
    resource.setrlimit(resource.RLIMIT_AS, (FIRST_MEMORY, FIRST_MEMORY))
    sys.dont_write_bytecode = True
    sys.setrecursionlimit(2000)
    project = None
    for line in requests:
        request = json.loads(line)
        project = project or Project(request['root'])
        sys.stdin, sys.stdout, sys.stderr = io.StringIO(), io.StringIO(), io.StringIO()
        for answer in answers(project, request):
            project.meter.rest()
            replies.write(json.dumps(answer) + '\n')


if __name__ == '__main__':
    main()
