"""Attempts: when a call is tried again, under which id, with which input, and what the record has to say in it."""

import pytest

from pyswfaws.binding.retry import RetryPolicy
from pyswfaws.decorators import activity_task, decision_task
from pyswfaws.exceptions import ActivityTaskFailed, ActivityTaskNotScheduled, ActivityTaskTimedOut
from pyswfaws.promise import Timer

ACTIVITY, TIMER, COMPLETE, FAIL = (
    'ScheduleActivityTask', 'StartTimer', 'CompleteWorkflowExecution', 'FailWorkflowExecution')


def decider_of(policy, name='work'):
    """A decider that calls one activity of that retry policy, and says how it ended."""
    @activity_task(swf_task_type=name, retry=policy)
    def work(value):
        return value

    @decision_task
    def one_call():
        try:
            return work([1]).result
        except ActivityTaskFailed as error:
            return f'failed {error.task_id}: {error.failure_reason}'
        except ActivityTaskTimedOut as error:
            return f'timed out {error.task_id}: {error.failure_reason}'
        except ActivityTaskNotScheduled as error:
            return f'refused {error.task_id}: {error.failure_reason}'

    return one_call


def inputs(world):
    """The inputs of all activities that were scheduled."""
    return [
        event['activityTaskScheduledEventAttributes']['input']
        for event in world.events if event['eventType'] == 'ActivityTaskScheduled'
    ]


def refuse_activities(kind, _found):
    return 'ACTIVITY_TYPE_DOES_NOT_EXIST' if kind == ACTIVITY else None


def test_max_attempts_counts_the_first(rehearse):
    on = rehearse(decider_of(RetryPolicy(max_attempts=3)))
    assert on.turn() == [(ACTIVITY, 'work-1')]
    on.failed('work-1', ValueError('a'))
    assert on.turn() == [(ACTIVITY, 'work-1.2')]
    on.timed_out('work-1.2')
    assert on.turn() == [(ACTIVITY, 'work-1.3')]
    on.failed('work-1.3', ValueError('c'))
    assert on.turn() == [(COMPLETE, '"failed work-1.3: ValueError: c"')]
    assert inputs(on.world) == ['[[[1]],{}]'] * 3


def test_only_the_states_named_are_tried_again(rehearse):
    on = rehearse(decider_of(RetryPolicy(retry_states=('FAILED',))))
    on.turn()
    on.failed('work-1', ValueError('a'))
    on.turn()
    on.timed_out('work-1.2')
    assert on.turn() == [(COMPLETE, '"timed out work-1.2: START_TO_CLOSE"')]


def test_an_exception_that_is_not_retryable_is_final(rehearse):
    on = rehearse(decider_of(RetryPolicy(non_retryable=(LookupError,))))
    on.turn()
    on.failed('work-1', KeyError('k'))      # a LookupError by derivation
    assert on.turn() == [(COMPLETE, '"failed work-1: KeyError: \'k\'"')]


def test_a_refused_first_attempt_is_tried_again_with_its_input(rehearse):
    on = rehearse(decider_of(RetryPolicy(max_attempts=2)))
    on.turn(refuse_activities)
    assert on.turn() == [(ACTIVITY, 'work-1.2')]
    on.done('work-1.2', 5)
    assert on.turn() == [(COMPLETE, '5')]
    assert inputs(on.world) == ['[[[1]],{}]']


def test_refused_to_the_last(rehearse):
    on = rehearse(decider_of(RetryPolicy(max_attempts=2)))
    on.turn(refuse_activities)
    on.turn(refuse_activities)
    assert on.turn() == [(COMPLETE, '"refused work-1.2: ACTIVITY_TYPE_DOES_NOT_EXIST"')]


def test_the_input_is_that_of_the_call_whatever_becomes_of_the_arguments(rehearse):
    @activity_task
    def work(value):
        return value

    @decision_task
    def changes_its_arguments():
        values = [1]
        promise = work(values)
        values.append(2)
        Timer.get(seconds=1).result
        values.append(3)
        return promise.result

    for refuse in (refuse_activities, None):
        on = rehearse(changes_its_arguments)
        on.turn(refuse or (lambda *_: None))
        if refuse is None:
            on.failed('work-1', ValueError('a'))
        on.done('timer-1')
        assert (ACTIVITY, 'work-1.2') in on.turn()
        assert set(inputs(on.world)) == {'[[[1]],{}]'}


def test_an_attempt_has_the_input_that_was_recorded_whatever_the_code_gives_now(rehearse):
    """Also where the attempt in between was refused, and left no input in the history."""
    def decider(value):
        @activity_task
        def work(_value):
            return None

        @decision_task
        def calls():
            return work(value).result

        return calls

    on = rehearse(decider('old'))
    on.turn()
    on.failed('work-1', ValueError('a'))
    on.decider = decider('new')
    assert on.turn(refuse_activities) == [(ACTIVITY, 'work-1.2')]
    assert on.turn() == [(ACTIVITY, 'work-1.3')]
    assert inputs(on.world) == ['[["old"],{}]'] * 2


def test_a_back_off_is_a_timer_before_the_attempt(rehearse):
    on = rehearse(decider_of(RetryPolicy(max_attempts=4, initial_interval=1.5, backoff=10, max_interval=20)))
    on.turn()
    waits = []
    for attempt in (1, 2, 3):
        on.failed('work-1' if attempt == 1 else f'work-1.{attempt}', ValueError('a'))
        assert on.turn() == [(TIMER, f'work-1.{attempt + 1}.backoff')]
        waits.append(on.decisions[0]['startTimerDecisionAttributes']['startToFireTimeout'])
        on.done(f'work-1.{attempt + 1}.backoff')
        assert on.turn() == [(ACTIVITY, f'work-1.{attempt + 1}')]
    assert waits == ['2', '15', '20']


def test_a_refused_back_off_is_no_reason_to_wait_for_ever(rehearse):
    on = rehearse(decider_of(RetryPolicy(initial_interval=60)))
    on.turn()
    on.failed('work-1', ValueError('a'))
    on.turn(lambda kind, _: 'TIMER_CREATION_RATE_EXCEEDED' if kind == TIMER else None)
    assert on.turn() == [(ACTIVITY, 'work-1.2')]


def test_a_promise_is_not_ready_while_another_attempt_is_on_its_way(rehearse):
    @activity_task
    def work():
        return None

    @decision_task
    def asks():
        promise = work()
        Timer.get(seconds=1).result
        early = promise.is_ready
        return [early, promise.result]

    on = rehearse(asks)
    on.turn()
    on.failed('work-1', ValueError('a'))
    on.done('timer-1')
    assert on.turn() == [(ACTIVITY, 'work-1.2')]
    on.done('work-1.2', 7)
    assert on.turn() == [(COMPLETE, '[false,7]')]


def test_attempts_go_on_while_the_program_waits_for_something_else(rehearse):
    @activity_task
    def work():
        return None

    @decision_task
    def waits_for_a_timer():
        work()
        Timer.get(seconds=1).result

    on = rehearse(waits_for_a_timer)
    on.turn()
    on.failed('work-1', ValueError('a'))
    assert on.turn() == [(ACTIVITY, 'work-1.2')]
    on.done('timer-1')
    assert on.turn() == [(COMPLETE, 'null')]


@pytest.mark.parametrize('attempts_now', [1, 9])
def test_what_was_recorded_stands_when_the_policy_is_changed(attempts_now, rehearse):
    """Of old attempts history says whether another followed; today's policy says it of the attempt that ends now."""
    on = rehearse(decider_of(RetryPolicy(max_attempts=2)))
    on.turn()
    on.failed('work-1', ValueError('a'))
    on.turn()
    on.failed('work-1.2', ValueError('b'))
    on.decider = decider_of(RetryPolicy(max_attempts=attempts_now))
    now = on.start()
    assert now == ([(ACTIVITY, 'work-1.3')] if attempts_now == 9 else [(COMPLETE, '"failed work-1.2: ValueError: b"')])


def test_a_final_failure_stays_final_under_a_more_patient_policy(rehearse):
    def decider(attempts):
        @activity_task(max_attempts=attempts)
        def work():
            return None

        @decision_task
        def goes_on():
            error = work().exception
            Timer.get(seconds=1).result
            return error.task_id

        return goes_on

    on = rehearse(decider(1))
    on.turn()
    on.failed('work-1', ValueError('a'))
    assert on.turn() == [(TIMER, 'timer-1')]
    on.done('timer-1')
    on.decider = decider(5)
    assert on.turn() == [(COMPLETE, '"work-1"')]


def test_failure_details_that_are_damaged_are_only_texts(rehearse):
    on = rehearse(decider_of(RetryPolicy(max_attempts=1)))
    on.turn()
    scheduled = next(iter(on.world.open))
    on.world.event('ActivityTaskFailed', scheduledEventId=scheduled, reason='r', details='{"pyswfaws":1,"fail')
    assert on.turn() == [(COMPLETE, '"failed work-1: r"')]
