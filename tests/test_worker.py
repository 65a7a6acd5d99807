"""`Worker`: both kinds in one process."""

import inspect
import threading

import pytest

from pyswfaws import (
    ConfigurationError,
    DefinitionError,
    DistributedActivityWorker,
    DistributedDecisionWorker,
    Worker,
    WorkflowClient,
    activity_task,
    decision_task,
)
from pyswfaws.swflocal import SwfLocal
from pyswfaws.worker import Options


@activity_task
def double(number):
    return number * 2


@activity_task
def half(number):
    return number // 2


@activity_task(lambda_function='quarter')
def quarter(number):
    """Needs no worker."""


@decision_task
def doubled(number):
    return double(number).result


@pytest.fixture
def swf():
    before = set(threading.enumerate())
    with SwfLocal(poll_timeout=0.2) as swf:
        yield swf
    assert set(threading.enumerate()) <= before, 'a thread is left'


@pytest.fixture
def options(swf):
    return {'client': swf.direct_client(), 'swf_domain': 'd', 'default_task_list': 'l'}


@pytest.fixture
def starter(options):
    return WorkflowClient('d', client=options['client'], task_list='l')


def test_it_registers_and_serves_both_kinds_while_its_block_runs(options, starter):
    with Worker([double, doubled], register=True, **options) as worker:
        assert starter.start(doubled, 4).result(timeout=20) == 8
    assert worker.wait(0)
    with Worker([double, doubled], register=True, **options):
        assert starter.start(doubled, 5).result(timeout=20) == 10


@pytest.mark.parametrize(('without', 'kind'), [
    ('activities', DistributedDecisionWorker), ('deciders', DistributedActivityWorker),
])
def test_one_kind_only(options, without, kind):
    worker = Worker([double, doubled], **{without: False}, **options)
    assert [type(one) for one in worker.workers] == [kind]
    with pytest.raises(ConfigurationError, match='nothing decorated of the kind that was asked for'):
        Worker([double, doubled], activities=False, deciders=False, **options)
    with pytest.raises(ConfigurationError, match='the list of it is empty'):
        Worker([], **options)


def test_start_blocks_until_stop(swf, options, starter):
    worker = Worker([double, doubled], register=True, **options)
    thread = threading.Thread(target=worker.start)
    thread.start()
    while not swf._host._queues:
        thread.join(0.01)
        assert thread.is_alive()
    assert starter.start(doubled, 4).result(timeout=20) == 8
    worker.stop()
    thread.join(20)
    assert not thread.is_alive()


def test_what_is_not_registered_is_said_and_leaves_nothing_behind(options):
    with pytest.raises(ConfigurationError, match="there is no domain 'd' in SWF"), Worker([double, doubled], **options):
        raise AssertionError


def test_a_registered_type_that_differs_is_warned_of(options, caplog):
    @activity_task(swf_task_type='double', heartbeat_timeout=5)
    def changed():
        """Is another double."""

    with Worker(double, register=True, **options):
        assert not caplog.messages
    with Worker(changed, register=True, **options):
        (message,) = caplog.messages
    assert message.startswith('activity double 1.0: differs; defaultTaskHeartbeatTimeout: registered 60, the code ')


def test_activities_that_deciders_know_and_nobody_serves_here_are_named(options, caplog):
    caplog.set_level('INFO', 'pyswfaws')

    def hints(target):
        caplog.clear()
        with Worker(target, register=True, **options):
            return [message.partition('some other has to: ')[2] for message in caplog.messages if 'has to' in message]

    assert hints([doubled, half]) == [f'double 1.0 of {__name__}']
    assert hints([doubled, half, double]) == []
    assert hints(doubled) == [], 'without any activities it is meant so'


def test_its_options_are_those_of_both_kinds():
    """A new option of either has to be named in `Options` too, for type checkers and editors."""
    of_both = {
        name for worker in (DistributedActivityWorker, DistributedDecisionWorker)
        for name in inspect.signature(worker).parameters
    } - {
        'activity_function', 'activity_type', 'activity_version',
        'decision_function', 'workflow_type', 'workflow_version',
    }
    assert set(Options.__annotations__) == of_both


def test_wrong_options_are_said(options):
    with pytest.raises(TypeError, match=r'a worker has no option keep; it has .*kept'):
        Worker(doubled, keep=1, **options)
    with pytest.raises(DefinitionError, match='kept is an int of 0 or more, but it is True'):
        Worker(doubled, kept=True, **options)
    with pytest.raises(DefinitionError, match=r'drain_timeout is seconds from 0 to .*, but it is -1'):
        Worker(doubled, drain_timeout=-1, **options)
    with pytest.raises(DefinitionError, match='fail_after is an int of 0 or more'):
        Worker(doubled, fail_after='often', **options)
