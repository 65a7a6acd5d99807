"""Serial mode: a decider as a plain program, with the values, failures and attempts of the distributed mode."""

import asyncio
import time

import pytest

from pyswfaws.binding.context import bound
from pyswfaws.binding.retry import RetryPolicy
from pyswfaws.binding.interceptors import Serial
from pyswfaws.datastores import S3DataStore
from pyswfaws.decorators import activity_task, cached, decision_task
from pyswfaws.exceptions import (
    ActivityTaskException,
    ActivityTaskFailed,
    CachedCallFailed,
    ChildWorkflowFailed,
    SerializationError,
)
from pyswfaws.promise import Marker, Promise, Timer


@pytest.fixture(autouse=True)
def in_serial_mode():
    with bound(Serial()):
        yield


def failing(times, error=ValueError, **options):
    """An activity that fails so many times, and the list of its calls."""
    calls = []

    @activity_task(swf_task_type='failing', swf_task_version='3.0', **options)
    def work(value):
        calls.append(value)
        if len(calls) <= times:
            raise error(f'try {len(calls)}')
        return len(calls)

    return work, calls


def test_every_call_answers_with_a_promise_that_is_ready():
    @activity_task
    def double(value):
        return value * 2

    promise = double(4)
    assert isinstance(promise, Promise)
    assert promise.is_ready
    assert (promise.result, promise.exception) == (8, None)


@pytest.mark.parametrize('value', [None, 0, False, '', [], {}])
def test_a_falsy_value_is_itself(value):
    @activity_task
    def give():
        return value

    @cached
    def note():
        return value

    assert give().result == value
    assert note() == value


def test_values_are_what_the_other_side_of_swf_would_see():
    """A tuple arrives as a list, and what the activity does to its argument stays there."""
    @activity_task
    def change(values):
        values.append(type(values).__name__)
        return tuple(values)

    mine = [1]
    assert change(mine).result == [1, 'list']
    assert mine == [1]


def test_attempts_are_counted_like_those_of_the_distributed_mode():
    work, calls = failing(4)
    assert work('x').result == 5
    assert calls == ['x'] * 5


def test_a_failure_has_the_attributes_of_the_distributed_mode():
    work, calls = failing(9, max_attempts=2)
    promise = work('x')
    with pytest.raises(ActivityTaskFailed) as caught:
        promise.result
    error = caught.value
    assert promise.exception is error
    assert (error.task_name, error.task_version, error.task_id) == ('failing', '3.0', 'failing-1.2')
    assert (error.failure_reason, error.failure_status) == ('ValueError: try 2', 'FAILED')
    assert 'raise error' in error.details
    assert isinstance(error.__cause__, ValueError)
    assert str(error) == 'failing 3.0 (failing-1.2) FAILED: ValueError: try 2'
    assert len(calls) == 2


@pytest.mark.parametrize(('policy', 'attempts'), [
    (RetryPolicy(non_retryable=(LookupError,)), 1),
    (RetryPolicy(retry_states=('TIMED_OUT',)), 1),
    (RetryPolicy(max_attempts=3, initial_interval=.001), 3),
])
def test_the_retry_policy_says_when_to_stop(policy, attempts):
    work, calls = failing(9, KeyError, retry=policy)
    assert isinstance(work(1).exception, ActivityTaskFailed)
    assert len(calls) == attempts


@pytest.mark.parametrize('error', [SystemExit, asyncio.CancelledError, GeneratorExit])
def test_whatever_an_activity_raises_is_its_failure(error):
    work, _ = failing(9, error, max_attempts=2)
    assert work(1).exception.failure_reason == f'{error.__name__}: try 2'


def test_an_interrupt_is_nobodys_failure():
    work, _ = failing(9, KeyboardInterrupt)

    @cached
    def note():
        raise KeyboardInterrupt

    for call in (lambda: work(1), note):
        with pytest.raises(KeyboardInterrupt):
            call()


def test_a_result_that_cannot_be_written_fails_once():
    calls = []

    @activity_task
    def gives_a_set():
        calls.append(1)
        return {1}

    assert gives_a_set().exception.failure_reason.startswith('SerializationError: result is {1}')
    assert len(calls) == 1


def test_arguments_that_cannot_be_written_raise_at_the_call():
    work, calls = failing(0)
    with pytest.raises(SerializationError, match=r"failing 3\.0: argument 'value', args\[0\]\['when'\] is"):
        work({'when': {1}})
    with pytest.raises(TypeError, match=r'work\(\): missing a required argument'):
        work()
    assert calls == []


def test_a_child_runs_where_it_is_called_and_its_calls_are_serial_too():
    work, _ = failing(1)

    @decision_task
    def child(value):
        return [work(value).result]

    assert child(1).result == [2]


def test_a_child_that_fails():
    work, _ = failing(9, max_attempts=1)

    @decision_task
    def child():
        return work(1).result

    error = child().exception
    assert isinstance(error, ChildWorkflowFailed)
    assert isinstance(error, ActivityTaskException)
    assert error.failure_reason == 'ActivityTaskFailed: failing 3.0 (failing-1) FAILED: ValueError: try 1'
    assert error.task_id == 'child-1'


def test_a_cached_function_that_fails_says_so_as_it_would_in_a_replay():
    @cached
    def note():
        raise OSError('disk')

    with pytest.raises(CachedCallFailed) as caught:
        note()
    assert caught.value.failure_reason == 'OSError: disk'
    assert caught.value.task_id == 'note-1'


def test_a_timer_is_a_real_wait():
    start = time.monotonic()
    promise = Timer.get(seconds=.05)
    assert not promise.is_ready
    assert promise.result is None
    assert promise.is_ready
    assert time.monotonic() - start >= .05


def test_a_marker_goes_nowhere():
    assert Marker('stage', 'details').result == ('stage', 'details')


def test_async_functions():
    @activity_task
    async def slow(value):
        await asyncio.sleep(0)
        return value * 2

    @decision_task
    async def child(value):
        return await slow(value) + slow(1).result

    @cached
    async def note():
        await asyncio.sleep(0)
        return 5

    async def reads():
        return await note()

    assert slow(2).result == 4
    assert child(2).result == 6
    with pytest.raises(StopIteration) as end:
        reads().send(None)
    assert end.value.value == 5


def test_an_async_activity_called_under_a_running_event_loop():
    @activity_task
    async def slow(value):
        await asyncio.sleep(0)
        if value is None:
            raise ValueError('none')
        return value

    async def main():
        return [slow(1).result, slow(None).exception.failure_reason]

    assert asyncio.run(main()) == [1, 'ValueError: none']


def test_an_async_decider_that_awaits_something_else_is_told():
    @decision_task
    async def child():
        await asyncio.sleep(0)

    assert 'can only await promises' in child().exception.failure_reason


def test_stores_are_left_out():
    @activity_task(input_data_store=S3DataStore('nowhere'), result_data_store=S3DataStore('nowhere'))
    def work(text):
        return text

    @cached(result_data_store=S3DataStore('nowhere'))
    def note():
        return 'y' * 100_000

    assert work('x' * 100_000).result == 'x' * 100_000
    assert note() == 'y' * 100_000


def test_methods_run_on_their_object():
    class Shop:
        factor = 3

        @activity_task
        def times(self, value):
            return value * self.factor

        @classmethod
        @activity_task
        def of_class(cls, value):
            return cls.factor + value

    assert Shop().times(2).result == 6
    assert Shop.times(Shop(), 2).result == 6
    assert Shop.of_class(2).result == 5
