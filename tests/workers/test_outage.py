"""SWF stays away, over HTTP, and comes back; and credentials change while a worker runs."""

import socket
import sys
import threading
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

import boto3
import pytest

from pyswfaws import Worker, WorkflowClient, activity_task, decision_task
from pyswfaws.swflocal import SwfLocal
from pyswfaws.workers.outage import Outage

POLLERS = 8


@activity_task
def double(number):
    return number * 2


@decision_task
def doubled(number):
    return double(number).result


def test_it_starts_with_the_first_and_is_over_with_the_last(caplog):
    outage = Outage('polling')
    outage.passed('a', 9)
    outage.failed('a', OSError('gone'), 10)
    outage.failed('b', OSError('gone too'), 11)
    assert caplog.messages == ['polling fails: gone; trying on']
    outage.passed('a', 15)
    assert len(caplog.messages) == 1, 'the other has had no answer yet'
    outage.passed('b', 80.5)
    assert caplog.messages[1:] == ['polling works again, after 70.5 s']


def test_it_is_not_over_because_nobody_calls_any_more(caplog):
    outage = Outage('polling')
    outage.failed('a', OSError('gone'), 10)
    outage.left('a')
    outage.failed('b', OSError('gone'), 20)
    outage.left('b')
    assert caplog.messages == ['polling fails: gone; trying on']
    outage.passed('c', 30)
    assert caplog.messages[1:] == ['polling works again, after 20.0 s']


class Service:
    """SWF Local over HTTP, on one port, that is there or not."""

    def __init__(self, path):
        self._path = path
        with socket.socket() as free:
            free.bind(('127.0.0.1', 0))
            self._port = free.getsockname()[1]
        self.url = f'http://127.0.0.1:{self._port}'
        self._running = ExitStack()

    def begin(self, token=None):
        swf = self._running.enter_context(SwfLocal(self._path, poll_timeout=0.5))
        self._running.enter_context(swf.serve(port=self._port, token=token))

    def end(self):
        self._running.close()


@pytest.fixture
def service(tmp_path):
    before = set(threading.enumerate())
    service = Service(tmp_path / 'swf.db')
    yield service
    service.end()
    assert set(threading.enumerate()) <= before, 'a thread is left'


@pytest.fixture
def serving():
    """Workers that begin; they end before their service does."""
    with ExitStack() as running:
        yield lambda **options: running.enter_context(Worker(
            [double, doubled], swf_domain='d', default_task_list='l', register=True, **options,
        ))


def test_an_outage_is_survived_with_one_line_at_its_start_and_one_at_its_end(service, serving, until, caplog):
    service.begin()
    worker = serving(endpoint_url=service.url, pollers=POLLERS, drain_timeout=0)
    swf = boto3.client('swf', 'us-east-1', endpoint_url=service.url, aws_access_key_id='k', aws_secret_access_key='s')
    client = WorkflowClient('d', client=swf, task_list='l')
    assert client.start(doubled, 4).result(timeout=20) == 8
    service.end()
    until(lambda: all(len(one._outage._failing) == len(one._threads) for one in worker.workers))
    service.begin()
    until(lambda: not any(one._outage._failing for one in worker.workers))
    assert client.start(doubled, 5).result(timeout=20) == 10
    said = [message for message in caplog.messages if message.startswith('polling')]
    assert len(said) == 4, 'two workers, with eight polls for each of three lists'
    assert all(one.counts['failed polls'] < 20 * POLLERS for one in worker.workers), 'they do not spin'
    swf.close()


def test_credentials_that_expire_are_asked_for_anew(service, serving, until, tmp_path, monkeypatch):
    """By the profile's program, as botocore does it: here the service wants another token after its restart."""
    token = tmp_path / 'token'
    program = tmp_path / 'credentials.py'
    program.write_text(f"""
import json, pathlib
print(json.dumps({{
    'Version': 1, 'AccessKeyId': 'key', 'SecretAccessKey': 'secret',
    'SessionToken': pathlib.Path({str(token)!r}).read_text(),
    'Expiration': {(datetime.now(UTC) + timedelta(minutes=1)).isoformat()!r},
}}))
""")
    config = tmp_path / 'config'
    config.write_text(f'[profile changing]\ncredential_process = {sys.executable} {program}\nregion = us-east-1\n')
    monkeypatch.setenv('AWS_CONFIG_FILE', str(config))
    token.write_text('first')
    service.begin(token='first')
    worker = serving(session=boto3.Session(profile_name='changing'), endpoint_url=service.url, drain_timeout=0)
    client = WorkflowClient('d', client=worker.workers[0].client, task_list='l')
    assert client.start(doubled, 4).result(timeout=20) == 8
    service.end()
    token.write_text('second')
    service.begin(token='second')
    assert client.start(doubled, 5).result(timeout=20) == 10
