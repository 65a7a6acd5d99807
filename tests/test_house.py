"""What the house looks like from outside: small files, small functions, names out of the field."""

import ast
from pathlib import Path

import pytest

import pyswfaws

FILES = sorted(Path(pyswfaws.__path__[0]).rglob('*.py'))


@pytest.mark.parametrize('path', FILES, ids=str)
def test_a_file_is_short_and_so_is_each_function_in_it(path):
    text = path.read_text()
    assert len(text.splitlines()) <= 450
    functions = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    lengths = {node.name: node.end_lineno - node.body[0].lineno + 1 for node in functions}
    assert {name: length for name, length in lengths.items() if length > 60} == {}


def test_no_file_is_named_after_nothing():
    nothing = {'helpers', 'utils', 'util', 'common', 'misc', 'manager'}
    assert [path for path in FILES if nothing & {path.stem, path.parent.name}] == []
