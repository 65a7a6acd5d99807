import subprocess
import sys
import threading
from pathlib import Path

import pytest

from pyswfaws import ConfigurationError, activity_task, decision_task, embedded

HELLO = Path(__file__).parents[1] / 'examples' / 'hello.py'

entered, gate = threading.Event(), threading.Event()


@activity_task(swf_domain='theirs', swf_task_list='of their own')
def wait_at_the_gate(number):
    entered.set()
    gate.wait(timeout=20)
    return number


@decision_task(swf_domain='theirs')
def waiting(number):
    return wait_at_the_gate(number).result


def output_of(program):
    done = subprocess.run([sys.executable, '-c', program], capture_output=True, text=True, timeout=60, check=True)
    assert done.stderr == ''
    return done.stdout


def test_hello_world_prints_its_result_and_nothing_else():
    assert output_of(HELLO.read_text()) == 'Hello, world!\n'


def test_hello_world_needs_no_session_of_aws():
    check = '\nimport sys; print([name for name in ("boto3", "botocore.session") if name in sys.modules])'
    assert output_of(HELLO.read_text() + check) == 'Hello, world!\n[]\n'


def test_importing_the_package_loads_no_aws_library():
    check = 'import sys, pyswfaws; print([name for name in sys.modules if name.startswith("boto")])'
    assert output_of(check) == '[]\n'


def test_what_runs_at_the_end_of_the_block_is_finished_and_answered(tmp_path):
    path = tmp_path / 'swf.db'
    before = set(threading.enumerate())
    entered.clear()
    gate.clear()
    with embedded([waiting, wait_at_the_gate], path) as client:
        client.start(waiting, 7, workflow_id='w')
        assert entered.wait(timeout=20)
        opener = threading.Timer(0.1, gate.set)
        opener.start()
    opener.join()
    assert set(threading.enumerate()) == before
    with embedded([waiting, wait_at_the_gate], path) as client:
        run = client.get('w', decider=waiting)
        assert run.result(timeout=20) == 7
        assert [event['eventType'] for event in run.history()].count('ActivityTaskScheduled') == 1


def test_the_block_ends_though_it_raises():
    with pytest.raises(LookupError, match='mine'), embedded(waiting):
        raise LookupError('mine')


def test_a_target_without_decorated_functions_is_said(monkeypatch):
    with pytest.raises(ConfigurationError, match="there is no module 'nowhere'"), embedded('nowhere'):
        pass
    with pytest.raises(ConfigurationError, match='nothing in pathlib is decorated'), embedded('pathlib'):
        pass
