"""The pytest plugin, in pytest runs of its own."""

import os
import re
import subprocess
import sys

import pytest

TESTS = """
import pytest
from pyswfaws import activity_task, decision_task

@activity_task
def double(value):
    return value * 2

@decision_task
def doubled(value):
    return double(value).result

def test_passes(workflow_environment):
    print('seed', workflow_environment.seed)
    assert workflow_environment.run(doubled, 2) == 4

def test_fails(workflow_environment):
    assert workflow_environment.run(doubled, 2) == 5

def test_fails_without():
    raise AssertionError
"""


@pytest.fixture
def pytest_run(tmp_path):
    """Run these tests in a process of their own: their outcomes and what was printed."""
    (tmp_path / 'test_doubled.py').write_text(TESTS)

    def run(*arguments):
        done = subprocess.run(
            [sys.executable, '-m', 'pytest', '-p', 'pyswfaws.testing.plugin', '-rA', *arguments],
            env=os.environ | {'PYTEST_DISABLE_PLUGIN_AUTOLOAD': '1', 'PYTEST_ADDOPTS': '', 'PYTEST_PLUGINS': ''},
            cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False,
        )
        return done.stdout + done.stderr

    return run


def test_the_fixture_is_an_environment(pytest_run):
    assert '1 passed' in pytest_run('-k', 'passes')


def test_a_test_has_a_seed_of_its_own_which_is_shown_where_it_fails(pytest_run):
    first, second = pytest_run(), pytest_run()
    assert '2 failed, 1 passed' in first
    (shown,) = re.findall(r'--pyswfaws-seed=(\d+)', first)
    assert re.findall(r'--pyswfaws-seed=(\d+)', second) == [shown]
    (printed,) = re.findall(r'^seed (\d+)$', first, flags=re.MULTILINE)
    assert printed != shown


def test_a_seed_may_be_given(pytest_run):
    output = pytest_run('--pyswfaws-seed=17')
    assert re.findall(r'^seed (\d+)$', output, flags=re.MULTILINE) == ['17']
    assert 'to run it in the same order: --pyswfaws-seed=17' in output


def test_the_plugin_alone_loads_neither_boto3_nor_botocore():
    check = (
        'import sys, pyswfaws.testing.plugin\n'
        'print([name for name in sys.modules if name in ("boto3", "botocore")])'
    )
    done = subprocess.run([sys.executable, '-c', check], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == '[]\n'
