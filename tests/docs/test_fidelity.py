"""The map of fidelity is complete, and each of its tests exists."""

import ast
import re
from pathlib import Path

import pytest

from pyswfaws.swflocal.model import service_model

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / 'docs' / 'fidelity.rst').read_text()
SHAPES = service_model()['shapes']
MAPPED = {
    'Operations': service_model()['operations'],
    'Decisions': SHAPES['DecisionType']['enum'],
    'Events': SHAPES['EventType']['enum'],
    'Faults': [name for name, shape in SHAPES.items() if shape.get('exception')],
}
TESTS = {
    f'{path.stem}::{node.name}'
    for part in ('swflocal', 'conformance', 'model')
    for path in (ROOT / 'tests' / part).rglob('test_*.py')
    for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.FunctionDef)
}


def rows(title):
    """The rows of a section's table, each a list of its cells."""
    _, bar, _, _, body = re.split(r'^(=+ =+ =+)$', PAGE.split(f'\n{title}\n---')[1], maxsplit=2, flags=re.MULTILINE)
    ends = [len(column) for column in bar.split(' ')]
    starts = [0, ends[0] + 1, ends[0] + ends[1] + 2]
    table = body.split('\n=')[0].strip().splitlines()
    return [[line[starts[0]:starts[1]].strip(), line[starts[1]:starts[2]].strip(), line[starts[2]:]] for line in table]


@pytest.mark.parametrize('title', MAPPED)
def test_it_has_all_that_the_model_has(title):
    mapped = {re.match(r'`*(\w+)', first)[1] for first, _, _ in rows(title)}
    assert set(MAPPED[title]) - mapped == set()


@pytest.mark.parametrize('title', ['Rules', *MAPPED, 'Quotas and rates'])
def test_every_row_has_its_evidence_and_a_test_that_exists(title):
    for first, evidence, test in rows(title):
        marks = re.findall(r'\b(?:L26|[A-Z])\b', evidence)
        assert set(marks) <= {'R', 'A', 'L26', 'M', 'B', 'F', 'E', 'I'}, first
        assert marks or first == '``OperationNotPermittedFault``'
        assert test.strip('`') in TESTS, first


def test_every_test_that_the_text_names_exists():
    assert set(re.findall(r'``(test_\w+::test_\w+)``', PAGE)) <= TESTS
