"""The halt: a program that catches it, on purpose or not, completes nothing and decides nothing.

Each decider below waits for an activity that has not ended, and does its worst when it is left. The decisions must be
those made before the wait; the warning must name the line of the wait.
"""

import asyncio
import contextlib
import threading
from pathlib import Path

import pytest

from pyswfaws.decorators import activity_task, cached, decision_task
from pyswfaws.exceptions import DecisionError, UnfulfilledPromiseException
from pyswfaws.promise import Marker, Promise, Timer
from pyswfaws.replay.program import PATIENCE

ASKED = [('ScheduleActivityTask', 'work-1')]


@activity_task
def work():
    return None


@cached
def noted():
    raise AssertionError('a program that was left must not compute')


def bare_except():
    try:
        return work().result    # the wait
    except:  # noqa: E722
        return 'swallowed'


def base_exception():
    try:
        work().result           # the wait
    except BaseException:  # noqa: BLE001
        raise ValueError('something else') from None


def goes_on_calling():
    with contextlib.suppress(BaseException):
        work().result
    work()          # raises the halt once more, and that one passes
    noted()
    Timer.get(seconds=1)
    Marker('stage')
    return 'more'


def returns_in_finally():
    try:
        work().result           # the wait
    finally:
        return 'finally'  # noqa: B012


def suppresses():
    with contextlib.suppress(BaseException):
        work().result           # the wait
    return 'suppressed'


def exits():
    try:
        work().result           # the wait
    except BaseException:  # noqa: BLE001
        raise SystemExit from None


def raises_what_is_no_exception():
    try:
        work().result           # the wait
    except BaseException:  # noqa: BLE001
        raise asyncio.CancelledError from None


class Swallower:
    def __enter__(self):
        return self

    def __exit__(self, *_):
        work()
        return True


def context_manager():
    promise = work()
    with contextlib.suppress(BaseException), Swallower():
        promise.result          # the wait
    return 'gone on'


def loops():
    promise = work()
    while True:
        try:
            return promise.result   # the wait
        except BaseException:  # noqa: BLE001
            continue


def loops_in_a_handler():
    promise = work()
    try:
        promise.result          # the wait
    except BaseException:  # noqa: BLE001
        while True:
            with contextlib.suppress(BaseException):
                return promise.result


def loops_over_is_ready():
    promise = work()
    with contextlib.suppress(BaseException):
        promise.result          # the wait
    while True:
        with contextlib.suppress(BaseException):
            if promise.is_ready:
                return 'never'


SWALLOWING = (bare_except, base_exception, returns_in_finally, suppresses, exits, raises_what_is_no_exception,
              context_manager)
FOR_EVER = (loops, loops_in_a_handler, loops_over_is_ready)


def calls_in_finally():
    try:
        return work().result
    finally:
        work()
        noted()


def in_a_generator():
    def results():
        for promise in [work()]:
            try:
                yield promise.result
            finally:
                work()

    return list(results())


def recursive(depth=50):
    if depth:
        try:
            return recursive(depth - 1)
        finally:
            work()
    return work().result


def with_exception_handling():
    try:
        return work().result
    except Exception:  # noqa: BLE001
        return 'swallowed'


async def awaits():
    try:
        return await work()
    finally:
        await work()


LETTING_PASS = (goes_on_calling, calls_in_finally, in_a_generator, recursive, with_exception_handling, awaits)


def line_of_the_wait(function):
    first = function.__code__.co_firstlineno
    lines = Path(__file__).read_text(encoding='utf-8').splitlines()
    return next(number for number in range(first, first + 20) if 'the wait' in lines[number - 1])


@pytest.mark.parametrize('program', SWALLOWING + FOR_EVER, ids=lambda program: program.__name__)
def test_a_program_that_swallows_the_halt_does_nothing_by_it(program, rehearse):
    on = rehearse(decision_task(program))
    assert on.start() == ASKED
    warning, = on.warnings
    assert f'{__file__}:{line_of_the_wait(program)}' in warning
    assert (f'{PATIENCE} times' in warning) == (program in FOR_EVER)


@pytest.mark.parametrize('program', LETTING_PASS, ids=lambda program: program.__name__)
def test_a_program_that_lets_the_halt_pass_is_not_warned_of(program, rehearse):
    on = rehearse(decision_task(program))
    assert on.start() == ASKED
    assert on.warnings == []


@pytest.mark.parametrize('program', [bare_except, suppresses, loops, with_exception_handling, recursive, awaits],
                         ids=lambda program: program.__name__)
def test_it_goes_on_as_if_nothing_had_been_when_the_result_is_there(program, rehearse):
    on = rehearse(decision_task(program))
    on.turn()
    on.done('work-1', 5)
    said = on.turn()
    if program in (recursive, awaits):      # the calls in their finally come now
        assert said[0] == ('ScheduleActivityTask', 'work-2')
    else:
        assert said == [('CompleteWorkflowExecution', '"suppressed"' if program is suppresses else '5')]


def test_a_halt_from_a_promise_made_by_hand_makes_no_decision(rehearse):
    @decision_task
    def reads_a_promise_of_nobody():
        return Promise().result

    with pytest.raises(DecisionError, match='made by hand'):
        rehearse(reads_a_promise_of_nobody).start()


def test_a_read_in_another_thread_says_so(rehearse):
    found = []

    def read(promise):
        try:
            promise.result
        except RuntimeError as error:
            found.append(str(error))

    @decision_task
    def starts_a_thread():
        thread = threading.Thread(target=read, args=(work(),))
        thread.start()
        thread.join()
        return 'done'

    rehearse(starts_a_thread).start()
    assert 'outside the decider' in found[0]


def test_the_halt_is_no_exception():
    assert not issubclass(UnfulfilledPromiseException, Exception)
