"""Closing: a close that SWF refuses, because something came in meanwhile, is asked again with the same outcome."""

import asyncio
import itertools

import pytest

from pyswfaws.decorators import activity_task, cached, decision_task
from pyswfaws.promise import Marker, Timer

FAILED = ('FailWorkflowExecution', 'ValueError: no')


@activity_task
def work():
    return None


@cached
def token():
    return next(token.counter)


def completes():
    work()
    return 'the result'


def fails():
    work()
    raise ValueError('no')


CLOSES = {
    'complete': (decision_task(completes), ('CompleteWorkflowExecution', '"the result"')),
    'fail': (decision_task(fails), FAILED),
    'continue': (decision_task(continues_indefinitely=True)(completes), ('ContinueAsNewWorkflowExecution', None)),
}


@pytest.mark.parametrize('how', CLOSES)
@pytest.mark.parametrize('times', [1, 3])
def test_a_refused_close_is_asked_again_with_the_same_outcome(how, times, rehearse):
    decider, close = CLOSES[how]
    on = rehearse(decider)
    assert on.start() == [('ScheduleActivityTask', 'work-1'), close]
    for _ in range(times):
        on.world.signal()
        on.complete()
        assert on.world.closed is None
        assert on.start() == [close]
    on.complete()
    assert on.world.closed is not None


def test_what_comes_after_the_end_changes_nothing(rehearse):
    """An attempt that fails in the turn in which the program ends is not tried again, and still does not look ready."""
    @decision_task
    def ends_in_time():
        promise = work()
        Timer.get(seconds=1).result
        return 'late' if promise.is_ready else 'early'

    on = rehearse(ends_in_time)
    on.turn()
    on.failed('work-1', ValueError('a'))
    on.done('timer-1')
    assert on.start() == [('CompleteWorkflowExecution', '"early"')]
    on.world.signal()
    on.complete()
    assert on.start() == [('CompleteWorkflowExecution', '"early"')]


def test_a_recorded_value_right_before_the_close_is_the_same_after_it(rehearse):
    token.counter = itertools.count()   # the function's own attribute: each run of it would give another value

    @decision_task
    def ends_with_a_cached_value():
        Marker('stage', 'end')
        return token()

    on = rehearse(ends_with_a_cached_value)
    assert on.start()[-1] == ('CompleteWorkflowExecution', '0')
    on.world.signal()
    on.complete()
    assert on.start() == [('CompleteWorkflowExecution', '0')]


def test_a_continued_execution_hands_on_what_it_was_started_with(rehearse):
    on = rehearse(CLOSES['continue'][0], '[[],{}]')
    on.start()
    assert on.decisions[-1]['continueAsNewWorkflowExecutionDecisionAttributes'] == {
        'input': '[[],{}]', 'taskList': {'name': 'deciders'},
    }


@pytest.mark.parametrize('raised', [
    SystemExit(3), RecursionError('deep'), ExceptionGroup('g', [ValueError('a')]), asyncio.CancelledError('c'),
])
def test_whatever_the_program_raises_fails_the_execution(raised, rehearse):
    @decision_task
    def raises():
        raise raised

    (kind, reason), = rehearse(raises).start()
    assert kind == 'FailWorkflowExecution'
    assert reason.startswith(type(raised).__name__)
