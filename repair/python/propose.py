"""Candidates of the suspicious statements in falling order of weight, a batch per request: JSON lines in and out. Runs nothing of the project."""
import ast
import heapq
import json
import os
import sys

from edit_operators import Operators
from source import Source, statement_of


def candidates(root, suspects, kinds, words):
    """Lazy: a statement's operators are listed only when its suspicion could give the next candidate."""
    heap, order, seen = [], 0, set()
    for file, scores in suspects.items():
        with open(os.path.join(root, file), encoding='utf-8') as stream:
            source = Source(file, stream.read())
        names = {name: found for owner, name, found in kinds if owner == file}
        operators = Operators(source, names, words)
        nodes = {}
        for node in ast.walk(source.tree):
            if isinstance(node, (ast.expr, ast.stmt)):
                nodes.setdefault(source.number[id(statement_of(node))], []).append(node)
        for number, score in scores:
            if number in nodes:
                order += 1
                heapq.heappush(heap, (-score, order, 'statement', (source, operators, nodes[number], score)))
    while heap:
        weight, _, kind, value = heapq.heappop(heap)
        if kind == 'candidate':
            yield value
            continue
        source, operators, nodes, score = value
        for node in nodes:
            for prior, operator, changes in operators.all(node):
                ordered = sorted(changes)
                if any(a[1] > b[0] for a, b in zip(ordered, ordered[1:])):
                    continue
                key = (source.file, tuple(ordered))
                if key in seen or all(source.text[start:end] == text for start, end, text in ordered):
                    continue
                seen.add(key)
                order += 1
                edits = [{'file': source.file, 'start': start, 'end': end, 'replacement': text} for start, end, text in ordered]
                line = source.text.count('\n', 0, ordered[0][0]) + 1
                heapq.heappush(heap, (-prior * score, order, 'candidate', {'edits': edits, 'operator': operator, 'weight': prior * score, 'line': line}))


def main():
    stream = iter(())
    for line in sys.stdin:
        request = json.loads(line)
        if request['type'] == 'open':
            stream = candidates(request['root'], request['suspects'], request['kinds'], request['words'])
            print(json.dumps({}), flush=True)
        else:
            print(json.dumps([candidate for _, candidate in zip(range(request['count']), stream)]), flush=True)


if __name__ == '__main__':
    main()
