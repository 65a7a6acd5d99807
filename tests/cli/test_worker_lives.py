"""The lives of `pyswfaws worker`: it starts again in its place, and leaves no process behind, however it ends."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pyswfaws import WorkflowClient, activity_task, decision_task

TARGETS = Path(__file__).parent / 'targets'
PATIENCE = 30


@activity_task
def where():
    """Stands for that of the target."""


@decision_task
def look():
    return where().result


@decision_task
def dinner(path):
    """Stands for that of the target."""


@pytest.fixture
def swf(call, url, domain):
    """A client for what is registered of the oven."""
    assert call('register', 'oven').exit_code == 0
    client = WorkflowClient(domain, endpoint_url=url, task_list='bakery')
    yield client
    client.client.close()


@pytest.fixture
def begin(environment):
    """Begin workers in a process group of their own; what is left of them is killed."""
    begun = []

    def begin(*arguments, folder=TARGETS):
        command = [sys.executable, '-m', 'pyswfaws.cli.main', 'worker', *arguments]
        begun.append(subprocess.Popen(command, cwd=folder, env=environment, start_new_session=True,
                                      stderr=subprocess.PIPE, text=True))
        return begun[-1]

    yield begin
    for process in begun:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def until(condition):
    deadline = time.monotonic() + PATIENCE
    while not (found := condition()):
        assert time.monotonic() < deadline, 'waited in vain'
        time.sleep(0.02)
    return found


def text_of(path):
    return path.exists() and path.read_text()


def is_alive(process):
    try:
        return Path(f'/proc/{process}/stat').read_text().rpartition(')')[2].split()[0] not in 'ZX'
    except FileNotFoundError:
        return False


def test_after_so_many_tasks_it_starts_again_with_the_same_process_id(swf, begin):
    worker = begin('oven', '--max-tasks', '1', '--concurrency', '1')
    first, second = (swf.start(look).result(timeout=PATIENCE) for _ in range(2))
    assert first[0] == second[0] == worker.pid
    assert first[2] != second[2]
    worker.terminate()
    _, log = worker.communicate(timeout=PATIENCE)
    assert worker.returncode == 0
    first_life = log.split(' serves the activities ')[1]
    assert first_life.count('ends, to be replaced: it has run 1 tasks') == 1


def test_a_signal_that_comes_while_it_makes_room_for_a_new_one_ends_it_for_good(swf, begin, tmp_path):
    worker = begin('oven', '--max-tasks', '1', '--concurrency', '1')
    run = swf.start(dinner, str(tmp_path / 'a'))
    until(lambda: text_of(tmp_path / 'a'))
    swf.start(dinner, str(tmp_path / 'b'))
    (tmp_path / 'a.done').touch()
    assert run.result(timeout=PATIENCE) == 'roasted'
    (tmp_path / 'b.done').touch()
    worker.terminate()      # it has run one task, or is its own successor already
    assert worker.wait(timeout=PATIENCE) in (0, -signal.SIGTERM)


@pytest.mark.parametrize('execution', ['threads', 'processes'])
def test_a_source_that_changes_restarts_it_and_one_that_is_broken_is_waited_for(swf, begin, tmp_path, execution):
    source = tmp_path / 'oven.py'
    text = (TARGETS / 'oven.py').read_text()
    source.write_text(text)
    worker = begin('oven', '--reload', '--execution', execution, folder=tmp_path)
    assert swf.start(look).result(timeout=PATIENCE)[2] != 'new'
    source.write_text(f'{text}\nLIFE = = "broken"\n')
    for line in worker.stderr:      # it says so
        if 'waiting for a change' in line:
            break
    source.write_text(f'{text}\nLIFE = "new"\n')
    found = swf.start(look).result(timeout=PATIENCE)
    assert found[2] == 'new'
    assert worker.pid == found[execution == 'processes']


def test_a_process_whose_worker_was_killed_ends_by_itself(swf, begin, tmp_path):
    worker = begin('oven', '--execution', 'processes')
    swf.start(dinner, str(tmp_path / 'begun'))
    process = int(until(lambda: text_of(tmp_path / 'begun')))
    assert process != worker.pid
    worker.kill()
    until(lambda: not is_alive(process))


@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM])
def test_a_signal_to_all_its_processes_lets_it_finish_what_runs(swf, begin, tmp_path, number):
    worker = begin('oven', '--execution', 'processes')
    run = swf.start(dinner, str(tmp_path / 'begun'))
    process = int(until(lambda: text_of(tmp_path / 'begun')))
    for each in (worker.pid, process):      # as systemd and terminals do
        os.kill(each, number)
    (tmp_path / 'begun.done').touch()
    assert worker.wait(timeout=PATIENCE) == 0
    assert 'ActivityTaskCompleted' in [event['eventType'] for event in run.history()]
    assert not is_alive(process)
