"""The short version of the chaos suite; ``tox -e chaos`` is the long one."""

import importlib.util
import sys
from pathlib import Path

import pytest

PROGRAM = Path(__file__).parent / 'chaos.py'


@pytest.fixture(name='chaos')
def chaos_():
    path, modules = list(sys.path), set(sys.modules)
    spec = importlib.util.spec_from_file_location('chaos', PROGRAM)
    chaos = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(chaos)
    yield chaos
    sys.path[:] = path
    for name in {'tour', 'wire'} - modules:
        del sys.modules[name]


def test_every_workflow_comes_out_right_whatever_goes_wrong(chaos, tmp_path):
    figures = chaos.run(tmp_path, workflows=40, seconds=12, seed=1)
    assert figures['kills of activities'] + figures['kills of deciders'] > 2
    assert figures['activity runs'] >= 40 * chaos.tour.STEPS
