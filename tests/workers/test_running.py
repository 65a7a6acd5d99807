"""Workers from their start to their end: signals, and one that dies."""

import signal
import threading

import pytest

from pyswfaws import DistributedDecisionWorker, decision_task
from pyswfaws.workers.running import run


@decision_task
def idle():
    """Is never started."""


class Signalled(DistributedDecisionWorker):
    """Is told to stop while it begins."""

    def begin(self):
        signal.raise_signal(signal.SIGTERM)
        super().begin()


class Dying(DistributedDecisionWorker):
    def _poll(self, task_list):
        raise ZeroDivisionError('of a kind that nobody foresaw')


@pytest.fixture
def make(stage):
    stage.register(idle)
    return lambda worker: worker(idle, swf_domain='tests', swf_task_list='tests', client=stage.client)


@pytest.mark.parametrize('number', [signal.SIGTERM, signal.SIGINT])
def test_a_signal_drains_all_workers_and_its_handler_is_put_back(stage, make, until, caplog, number):
    before = signal.getsignal(number)
    workers = [make(DistributedDecisionWorker), make(DistributedDecisionWorker)]

    def interfere():
        until(lambda: len(list(stage.swf._host._queues)) == 8)     # each polls its own list too
        signal.raise_signal(number)
        until(lambda: number.name in caplog.text)
        stage.swf.end_polls()

    other = threading.Thread(target=interfere)
    other.start()
    run(workers)
    other.join()
    assert all(worker._stopping.is_set() for worker in workers)
    assert signal.getsignal(number) is before


def test_a_signal_that_comes_while_workers_begin_is_not_lost(make):
    make(Signalled).start()     # or this would never come back


def test_when_one_dies_the_others_are_ended_and_its_error_is_raised(stage, make):
    stage.swf._host.poll_timeout = 0.1
    workers = [make(Dying), make(DistributedDecisionWorker)]
    with pytest.raises(ZeroDivisionError, match='nobody foresaw'):
        run(workers)
    assert workers[1].wait(0), 'its threads have ended'


def test_when_one_cannot_begin_the_others_are_ended(stage, make):
    stage.swf._host.poll_timeout = 0.1
    stranger = DistributedDecisionWorker(idle, swf_domain='nowhere', swf_task_list='l', client=stage.client)
    workers = [make(DistributedDecisionWorker), stranger]
    with pytest.raises(Exception, match="no domain 'nowhere'"):
        run(workers)
    assert workers[0].wait(0)
