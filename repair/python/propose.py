"""Candidates of the suspicious statements in falling order of weight, a batch per request: JSON lines in and out.
Runs nothing of the project."""

import ast
import heapq
import json
import os
import sys
from itertools import chain

from operators.arithmetic import arithmetic
from operators.branches import branches
from operators.calls import calls
from operators.comparisons import comparisons, logic
from operators.conditions import conditions
from operators.constants import constants
from operators.expressions import expressions
from operators.fence_posts import fence_posts
from operators.operands import operands
from operators.removal import removal
from operators.slices import slices
from operators.statements import statements
from operators.variables import variables
from operators.wrapping import wrapping
from source import Source, statement_of
from surroundings import Surroundings

FAMILIES = (
    constants,
    comparisons,
    logic,
    arithmetic,
    removal,
    variables,
    calls,
    wrapping,
    slices,
    expressions,
    conditions,
    statements,
    branches,
    fence_posts,
    operands,
)


def read(root, file):
    with open(os.path.join(root, file), encoding='utf-8') as stream:
        return Source(file, stream.read())


def by_line(source, scores):
    """Scores of lines as scores of the statements that begin there."""
    known = dict(scores)
    return [(number, known[s.lineno]) for number, s in enumerate(source.statements) if s.lineno in known]


def parses(sources, candidate):
    """Whether the file that is changed is still Python; all edits of one candidate are in one file."""
    source = sources[candidate['edits'][0]['file']]
    text = source.text
    for edit in reversed(candidate['edits']):
        text = text[: edit['start']] + edit['replacement'] + text[edit['end'] :]
    try:
        ast.parse(text)
    except SyntaxError:
        return False
    return True


def candidates(sources, suspects, kinds, words):
    """Lazy: a statement's operators are listed only when its suspicion could give the next candidate."""
    heap, order, seen = [], 0, set()
    for file, scores in suspects.items():
        source = sources[file]
        names = {name: found for owner, name, found in kinds if owner == file}
        here = Surroundings(source, names, words)
        nodes = {}
        for node in ast.walk(source.tree):
            if isinstance(node, (ast.expr, ast.stmt)):
                nodes.setdefault(source.number[id(statement_of(node))], []).append(node)
        for number, score in scores:
            if number in nodes:
                order += 1
                heapq.heappush(heap, (-score, order, 'statement', (here, nodes[number], score)))
    while heap:
        weight, _, kind, value = heapq.heappop(heap)
        if kind == 'candidate':
            yield value
            continue
        here, nodes, score = value
        source = here.source
        for node in nodes:
            for prior, operator, changes in chain.from_iterable(family(here, node) for family in FAMILIES):
                ordered = sorted(changes)
                if any(a[1] > b[0] for a, b in zip(ordered, ordered[1:])):
                    continue
                key = (source.file, tuple(ordered))
                if key in seen or all(source.text[start:end] == text for start, end, text in ordered):
                    continue
                seen.add(key)
                order += 1
                edits = [
                    {'file': source.file, 'start': start, 'end': end, 'replacement': text}
                    for start, end, text in ordered
                ]
                line = source.text.count('\n', 0, ordered[0][0]) + 1
                heapq.heappush(
                    heap,
                    (
                        -prior * score,
                        order,
                        'candidate',
                        {'edits': edits, 'operator': operator, 'weight': prior * score, 'line': line},
                    ),
                )


def main():
    stream = iter(())
    for line in sys.stdin:
        request = json.loads(line)
        if request['type'] == 'open':
            root = request['root']
            sources = {file: read(root, file) for file in request['suspects']}
            suspects = request['suspects']
            if request.get('lines'):
                suspects = {file: by_line(sources[file], scores) for file, scores in suspects.items()}
            stream = candidates(sources, suspects, request['kinds'], request['words'])
            if request.get('parsed'):
                stream = (candidate for candidate in stream if parses(sources, candidate))
            print(json.dumps({}), flush=True)
        else:
            print(json.dumps([candidate for _, candidate in zip(range(request['count']), stream)]), flush=True)


if __name__ == '__main__':
    main()
