"""What a decider logs through the root logger's handlers is said once."""

import logging
import threading

import pytest

from pyswfaws import activity_task, decision_task
from pyswfaws.workers.quiet import Quiet

log = logging.getLogger('shop')


class Heard(logging.Handler):
    def __init__(self):
        super().__init__()
        self.messages = []

    def emit(self, record):
        self.messages.append(record.getMessage())


@pytest.fixture
def heard():
    handler = Heard()
    logging.getLogger().addHandler(handler)
    yield handler
    logging.getLogger().removeHandler(handler)


@activity_task
def double(value):
    log.warning('doubling %s', value)
    return value * 2


@decision_task
def flow():
    log.warning('begun')
    first = double(1).result
    log.warning('half way')
    second = double(first).result
    log.warning('done')
    return second


def test_each_line_is_said_once(stage, heard):
    stage.activities(double)
    stage.deciders(flow)
    assert stage.run(flow) == 4
    assert [message for message in heard.messages if not message.startswith('polling')] == [
        'begun', 'doubling 1', 'half way', 'doubling 2', 'done',
    ]


def test_it_ends_with_the_worker(stage, heard):
    worker = stage.deciders(flow)
    assert any(isinstance(one, Quiet) for one in heard.filters)
    worker.stop()
    stage.swf.end_polls()
    worker.wait(30)
    assert heard.filters == []


def test_several_end_in_any_order(heard):
    one, other = Quiet(), Quiet()
    one.install()
    other.install()
    one.remove()
    assert heard.filters == [other]
    one.remove()
    other.remove()
    assert heard.filters == []


def test_filters_of_others_are_left(heard):
    others = logging.Filter('shop')
    heard.addFilter(others)
    quiet = Quiet(lambda: True)
    quiet.install()
    log.warning('not heard')
    quiet.remove()
    log.warning('heard')
    assert (heard.filters, heard.messages) == ([others], ['heard'])


def test_filters_may_come_and_go_while_others_log(heard):
    over = threading.Event()

    def come_and_go():
        while not over.is_set():
            quiet = Quiet(lambda: False)
            quiet.install()
            quiet.remove()

    thread = threading.Thread(target=come_and_go)
    thread.start()
    for _ in range(500):
        log.warning('heard')
    over.set()
    thread.join()
    assert heard.messages == ['heard'] * 500
