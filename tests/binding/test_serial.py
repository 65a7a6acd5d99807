"""Serial mode: a decider as a plain program, with the values, failures and attempts of the distributed mode."""

import asyncio
import time
from threading import Timer as Later

import pytest

from pyswfaws import workflow
from pyswfaws.binding.context import bound
from pyswfaws.binding.interceptors import PASS_THROUGH, Serial
from pyswfaws.binding.retry import RetryPolicy
from pyswfaws.concurrency import any_of, as_completed, branch, deadline, gather, shield, wait
from pyswfaws.datastores import S3DataStore
from pyswfaws.decisionworker import LocalDecisionWorker
from pyswfaws.decorators import activity_task, cached, decision_task
from pyswfaws.exceptions import (
    ActivityTaskException,
    ActivityTaskFailed,
    BranchCanceled,
    CachedCallFailed,
    ChildWorkflowFailed,
    DeadlineExceeded,
    ExternalWorkflowException,
    SerializationError,
    TimerException,
    WorkflowCancelled,
)
from pyswfaws.promise import Marker, Promise, Signal, Timer


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


# What is more than calls and timers.


@activity_task(max_attempts=1)
def work(value=None):
    if value == 'no':
        raise ValueError(value)
    return value


def test_branches_and_waits_for_several():
    def chain(*values):
        return [work(value).result for value in values]

    one, two = branch(chain, 1, 2), branch(work, 3)
    assert gather(one, two) == [[1, 2], 3]
    assert any_of(one, two) is one
    assert list(as_completed([two, one])) == [two, one]
    assert wait([one, two], timeout=60) == ([one, two], [])
    slow = Timer.get(seconds=60)
    assert wait([one, slow], timeout=.01) == ([one], [slow])
    assert any_of(slow, Timer.get(seconds=.01)) is not slow


def test_a_branch_that_fails_does_so_at_its_promise_or_at_the_end():
    @decision_task
    def decider(reads):
        one = branch(work, 'no')
        return type(one.exception).__name__ if reads else 'end'

    assert LocalDecisionWorker(decider).start(True) == 'ActivityTaskFailed'
    with pytest.raises(ActivityTaskFailed):
        LocalDecisionWorker(decider).start(False)


def test_the_ids_of_calls_in_a_branch_are_those_of_the_distributed_mode():
    def part():
        return work('no').exception.task_id

    assert [branch(part).result, branch(part).result] == ['part-1.work-1', 'part-2.work-1']


def test_an_argument_may_be_a_promise():
    assert work([work(1), {'two': work(2)}]).result == [1, {'two': 2}]
    failed = work('no')
    assert work(failed).exception is failed.exception


def test_a_lambda_function_is_the_decorated_one():
    @activity_task(lambda_function='remote')
    def remote(value):
        return value * 2

    assert remote(4).result == 8


@decision_task
def reads_signals(number):
    first, second = Signal.get('go'), Signal.get('go')
    said = [second.result, first.result, Signal.get('go').is_ready]
    if number:
        workflow.continue_as_new(number - 1)
    return [*said, workflow.info().workflow_id]


def test_signals_come_in_their_order_and_go_along_to_the_next_run():
    worker = LocalDecisionWorker(reads_signals)
    for value in range(1, 5):
        worker.signal('go', value)
    assert worker.start(1) == [4, 3, False, 'serial']


def test_a_signal_may_come_from_another_thread():
    worker = LocalDecisionWorker(reads_signals)
    worker.signal('go', 1)
    later = Later(.02, worker.signal, ('go', 2))
    later.start()
    assert worker.start(0)[:2] == [2, 1]
    later.join()


def test_an_execution_may_signal_itself_but_nobody_else():
    workflow.signal('serial', 'go', 7).result
    assert Signal.get('go').result == 7
    assert isinstance(workflow.signal('other', 'go').exception, ExternalWorkflowException)
    assert isinstance(workflow.cancel('other').exception, ExternalWorkflowException)


@decision_task
def is_cancelled():
    said = []
    with shield():
        workflow.sleep(.01)
    one = branch(lambda: workflow.sleep(60))
    said.append(type(one.exception).__name__)
    try:
        workflow.sleep(60)
    except WorkflowCancelled:
        said.append('cancelled')
    workflow.sleep(.01)     # once is enough
    return said


def test_a_cancel_is_raised_once_in_each_branch():
    worker = LocalDecisionWorker(is_cancelled)
    worker.cancel()
    assert worker.start() == [BranchCanceled.__name__, 'cancelled']


def test_a_deadline_ends_a_wait():
    with pytest.raises(DeadlineExceeded), deadline(seconds=.01):
        workflow.sleep(60)
    with deadline(seconds=.01), shield():
        workflow.sleep(.02)
    with deadline(seconds=60):
        workflow.sleep(.001)


def test_a_timer_that_is_cancelled():
    timer = Timer.get(seconds=60)
    timer.cancel()
    assert isinstance(timer.exception, TimerException)


def test_time_dice_and_identity():
    assert abs(workflow.now().timestamp() - time.time()) < 60
    assert workflow.uuid4() != workflow.uuid4()
    assert workflow.is_replaying() is False
    assert workflow.patched('new') is True
    workflow.deprecate_patch('old')
    assert workflow.info().run_id == 'serial'


def test_what_is_published_can_be_seen():
    @decision_task
    def decider():
        workflow.publish({'stage': 1})

    worker = LocalDecisionWorker(decider)
    worker.start()
    assert worker.published == {'stage': 1}


@pytest.mark.parametrize('call', [
    lambda: Signal.get('go'), lambda: workflow.signal('a', 'b'), lambda: workflow.cancel('a'), workflow.info,
    workflow.continue_as_new,
])
def test_what_has_no_meaning_outside_a_decider_says_so(call):
    with bound(PASS_THROUGH), pytest.raises(RuntimeError, match='only inside a decider'):
        call()
