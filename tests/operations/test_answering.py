"""Activities that are answered later, by somebody else: the same in serial mode, in distributed mode and in tests."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from pyswfaws import (
    ActivityHandle,
    ActivityNotOpenError,
    ActivityTaskCanceled,
    DefinitionError,
    LocalDecisionWorker,
    RetryPolicy,
    SerializationError,
    activity,
    activity_task,
    any_of,
    decision_task,
    wait,
)
from pyswfaws.datastores import MemoryDataStore
from pyswfaws.testing import WorkflowEnvironment


class CardError(Exception):
    """One that an activity declares."""


STORE = MemoryDataStore()


class Desk:
    """Where those sit who answer: each question by its own rule, some time after it was asked.

    `handle` gives hold of an activity by its token, `later` calls a function after so many seconds.
    """

    def __init__(self):
        self.tokens = []

    def ask(self, task, question):
        info = activity.info()
        self.tokens.append(info.task_token)
        handle = self.handle(info.task_token, task)
        if question == 'at once':
            ANSWERS[question](handle, info)
        else:
            self.later(5 if question == 'slow' else 1, lambda: ANSWERS[question](handle, info))
        activity.complete_later()


DESK = []


@activity_task(
    raises=(CardError,), result_data_store=STORE, heartbeat_timeout='NONE', retry=RetryPolicy(max_attempts=2),
)
def ask(question):
    DESK[-1].ask(ask, question)


@activity_task(heartbeat_timeout='NONE')
async def ask_in_a_coroutine(question):
    await asyncio.sleep(0)
    DESK[-1].ask(ask_in_a_coroutine, question)


def fail_once(handle, info):
    if info.attempt == 1:
        handle.heartbeat({'page': 7})
        handle.fail(ValueError('not now'))
    else:
        handle.complete(info.last_heartbeat)


def beat_until_canceled(handle, info):
    if handle.heartbeat():
        handle.cancel('as asked')
    else:
        DESK[-1].later(1, lambda: beat_until_canceled(handle, info))


def try_a_set(handle, info):
    with pytest.raises(SerializationError):
        handle.complete({1})
    handle.complete('then this')


ANSWERS = {
    'nobody': lambda handle, info: None,
    'until it is canceled': beat_until_canceled,
    'a set, then this': try_a_set,
    'at once': lambda handle, info: handle.complete('here'),
    'by mail': lambda handle, info: handle.complete({'by': ['mail', 'Zoë']}),
    'slow': lambda handle, info: handle.complete('at last'),
    'long': lambda handle, info: handle.complete('x' * 50_000),
    'again': fail_once,
    'never': lambda handle, info: handle.fail(CardError('declined', info.attempt)),
    'canceled': lambda handle, info: handle.cancel('not today'),
}


def told(question):
    return told_of(ask(question))


def told_of(promise):
    try:
        return promise.result
    except CardError as error:
        return [type(error).__name__, list(error.args), error.failure_reason.rpartition('.')[2], error.task_id]
    except ActivityTaskCanceled as error:
        return [error.failure_status, error.details]


@decision_task
def inquiry():
    slow = ask('slow')
    quick = ask_in_a_coroutine('by mail')
    first = any_of(slow, quick)
    return {
        'the first': [first is quick, slow.is_ready, first.result],
        'the last': slow.result,
        **{question: told(question) for question in ('at once', 'again', 'never', 'canceled')},
        'long': len(told('long')),
    }


EXPECTED = {
    'the first': [True, False, {'by': ['mail', 'Zoë']}],
    'the last': 'at last',
    'at once': 'here',
    'long': 50_000,
    'again': {'page': 7},
    'never': ['ActivityTaskFailed', ['declined', 2], "CardError: ('declined', 2)", 'ask-4.2'],
    'canceled': ['CANCELED', 'not today'],
}


@pytest.fixture(params=['serial', 'distributed', 'environment'])
def world(request):
    """Run a decider in one mode, with somebody at the desk."""
    desk = Desk()
    DESK.append(desk)
    with ThreadPoolExecutor() as pool:
        timers = []

        def later(seconds, call):
            timers.append(threading.Timer(seconds / 20, call))
            timers[-1].start()

        desk.later = later
        if request.param == 'serial':
            def run(decider, afterwards=lambda: None):
                worker = LocalDecisionWorker(decider)
                desk.handle = worker.activity
                value = pool.submit(worker.start).result(timeout=30)
                afterwards()
                return value
        elif request.param == 'distributed':
            stage = request.getfixturevalue('stage')

            def run(decider, afterwards=lambda: None):
                stage.activities(ask, ask_in_a_coroutine)
                stage.deciders(decider)
                desk.handle = stage.starter.activity
                value = stage.run(decider)
                afterwards()
                return value
        else:
            def run(decider, afterwards=lambda: None):
                with WorkflowEnvironment() as env:
                    desk.handle, desk.later = env.activity, env.at
                    value = env.run(decider)
                    afterwards()
                    return value
        run.desk = desk
        yield run
        for timer in timers:
            timer.join()
    DESK.pop()


def test_answers_come_to_the_decider_as_results_do(world):
    found = world(inquiry)
    assert found == EXPECTED
    assert len(set(world.desk.tokens)) == len(world.desk.tokens) == 9


@decision_task
def hasty():
    return len(wait([ask('nobody')], timeout=1)[1])


def test_what_has_ended_takes_no_answer(world):
    def afterwards():
        handle = world.desk.handle(world.desk.tokens[0], ask)
        for answer in (lambda: handle.complete(1), handle.heartbeat, handle.cancel, lambda: handle.fail(OSError())):
            with pytest.raises(ActivityNotOpenError):
                answer()

    assert world(hasty, afterwards) == 1


@decision_task
def fickle():
    promise = ask('until it is canceled')
    wait([promise], timeout=1)
    promise.cancel()
    return told_of(promise)


def test_who_answers_hears_of_a_cancel(world):
    assert world(fickle) == ['CANCELED', 'as asked']


def test_a_value_that_cannot_be_written_leaves_the_activity_open(world):
    assert world(picky) == 'then this'


@decision_task
def picky():
    return ask('a set, then this').result


def test_a_handle_shows_nobody_its_token(stage):
    handle = stage.starter.activity('AAAA-secret', ask)
    assert repr(handle) == '<ActivityHandle ask 1.0>'
    assert isinstance(handle, ActivityHandle)


def test_a_wrong_token_or_task_is_said(stage):
    with pytest.raises(ActivityNotOpenError, match=r'this is no token of ask 1\.0, or of any activity of this SWF'):
        stage.starter.activity('AAAA', ask).complete('x')
    with pytest.raises(DefinitionError, match='what is answered is a function with @activity_task above it, but this'):
        stage.starter.activity('AAAA', inquiry)
    with pytest.raises(DefinitionError, match='token is a text of 1 to 1024 characters, but it is None'):
        stage.starter.activity(None, ask)
    with pytest.raises(DefinitionError, match='error is an exception, but it is'):
        stage.starter.activity('AAAA', ask).fail('declined')
