"""The guard finds what a decider may not do, by whatever name it does it, and nothing else."""

import asyncio
import logging
import os
import pathlib
import random
import secrets
import socket
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from contextlib import suppress
from datetime import UTC, date, datetime

import pytest

from pyswfaws import DistributedDecisionWorker, branch, cached, decision_task, workflow
from pyswfaws.exceptions import DecisionError, DefinitionError
from pyswfaws.testing import WorkflowEnvironment
from pyswfaws.workers.guard import Guard

here = time.time    # by another name


def found_in(function):
    """What is found while a decider runs `function`."""
    @decision_task
    def flow():
        with suppress(OSError):
            function()

    with WorkflowEnvironment(guard='raise') as env:
        try:
            env.run(flow)
        except DecisionError as error:
            return str(error)
    return ''


def starts_a_thread():
    thread = threading.Thread(target=int)
    thread.start()
    thread.join()


def connects():
    with socket.socket() as connection:
        connection.connect(('127.0.0.1', 1))


def writes_a_file():
    with tempfile.TemporaryFile():
        pass


@pytest.mark.parametrize(('function', 'says'), [
    (time.time, 'reads the clock: use workflow.now()'),
    (here, 'reads the clock'),
    (time.monotonic, 'reads the clock'),
    (time.perf_counter, 'reads the clock'),
    (lambda: datetime.now(UTC), 'reads the clock'),
    (datetime.today, 'reads the clock'),
    (date.today, 'reads the clock'),
    (lambda: time.sleep(0), 'sleeps in its worker'),
    (random.random, 'draws what no replay draws again: use workflow.random()'),
    (lambda: random.randint(1, 6), 'draws what'),
    (lambda: random.shuffle([1, 2, 3]), 'draws what'),
    (lambda: random.SystemRandom().random(), 'draws what'),
    (uuid.uuid4, 'use workflow.random() or workflow.uuid4()'),
    (uuid.uuid1, 'draws what'),
    (lambda: os.urandom(4), 'draws what'),
    (secrets.token_hex, 'draws what'),
    (lambda: open(__file__).close(), 'uses files'),  # noqa: PTH123 - what people write
    (lambda: pathlib.Path(__file__).read_text(), 'uses files'),
    (lambda: os.close(os.open(__file__, os.O_RDONLY)), 'uses files'),
    (lambda: os.listdir('.'), 'uses files'),  # noqa: PTH208
    (writes_a_file, 'uses files'),
    (connects, 'uses the network'),
    (lambda: socket.getaddrinfo('127.0.0.1', 1), 'uses the network'),
    (starts_a_thread, 'starts a thread: use branch()'),
    (lambda: subprocess.run([sys.executable, '--version'], check=True, stdout=subprocess.DEVNULL), 'starts a process'),
    (lambda: branch(time.time).result, 'reads the clock'),
    (lambda: [time.time() for _ in range(3)], 'reads the clock'),
    (lambda: sorted([1], key=lambda _: time.time()), 'reads the clock'),
])
def test_it_is_found(function, says):
    assert says in found_in(function)


@cached
def free():
    """May do what it likes."""
    time.sleep(0)
    return [time.time(), random.random(), str(uuid.uuid4()), pathlib.Path(__file__).exists(), starts_a_thread()]


@cached
async def free_too():
    await asyncio.sleep(0)
    return time.time()


def logs():
    logging.getLogger('shop').warning('at a time that the record has')


def fails_and_is_shown():
    try:
        {}['nothing']
    except LookupError:
        logging.getLogger('shop').exception('with the lines of this file')


def imports():
    import this_does_not_exist  # noqa: F401, PLC0415


@pytest.mark.parametrize('function', [
    free, lambda: free_too().result, logs, fails_and_is_shown,
    lambda: suppress(ImportError).__enter__() or imports,
    workflow.now, workflow.random, workflow.uuid4, lambda: workflow.random().randint(1, 6),
    lambda: random.Random(5).random(), lambda: workflow.sleep(5), lambda: 'replaced'.replace('re', ''),
    lambda: datetime(2026, 1, 1, tzinfo=UTC).replace(year=2027), lambda: datetime.fromtimestamp(0, UTC),
])
def test_it_is_nobodys_business(function):
    assert found_in(function) == ''


def test_the_line_is_that_of_the_decider():
    def here():
        pathlib.Path(__file__).read_text()

    line = here.__code__.co_firstlineno + 1
    assert found_in(here).endswith(f'; {__file__}:{line}')


def test_in_an_async_decider_too():
    @decision_task
    async def flow():
        return time.time()

    with WorkflowEnvironment(guard='raise') as env, pytest.raises(DecisionError, match='reads the clock'):
        env.run(flow)


def test_it_warns_once_for_each_line(stage, caplog):
    @decision_task
    def flow():
        time.time()
        workflow.sleep(0)
        return time.time() and None

    stage.deciders(flow, guard='warn')
    stage.run(flow)
    stage.run(flow)
    assert sum('reads the clock' in record.message for record in caplog.records) == 2


def test_it_leaves_the_decision_unanswered(stage, caplog):
    readings = [time.time, lambda: 0.0]

    @decision_task(task_start_to_close_timeout=1)
    def flow():
        return readings.pop(0)() * 0

    stage.deciders(flow, guard='raise')
    assert stage.run(flow) == 0     # the second time
    assert any('no decision, the task is left to its timeout: the decider reads the clock' in record.message
               for record in caplog.records)


def test_it_stands_aside_for_a_profiler():
    said = []
    profiler = lambda *_: None  # noqa: E731
    sys.setprofile(profiler)
    try:
        with Guard('raise', said.append).watching():
            assert sys.getprofile() is profiler
    finally:
        sys.setprofile(None)


def test_it_leaves_no_trace_when_the_decider_fails():
    with pytest.raises(LookupError), Guard('raise', print).watching():
        raise LookupError
    assert sys.getprofile() is None


def test_a_mode_that_is_none_is_refused(stage):
    @decision_task
    def flow():
        """Is never run."""

    stage.register(flow)
    with pytest.raises(DefinitionError, match="guard is one of off, warn, raise, but it is 'loud'"):
        DistributedDecisionWorker(flow, client=stage.client, swf_domain='tests', swf_task_list='tests', guard='loud')
