"""Cancels: of each kind of thing, before and after it is sent, and racing with its end.

The rules are those of AWS Flow's state machines, except that what is cancelled in the turn that asked for it is sent
and cancelled in one answer: SWF hands it to nobody, and every replay finds both in the history.
"""

import pytest

from pyswfaws import workflow
from pyswfaws.binding.retry import RetryPolicy
from pyswfaws.concurrency import any_of, branch, deadline, shield
from pyswfaws.decorators import activity_task, decision_task
from pyswfaws.exceptions import (
    ActivityTaskCanceled,
    BranchCanceled,
    ChildWorkflowCanceled,
    DeadlineExceeded,
    TaskException,
    TimerException,
    WorkflowCancelled,
)
from pyswfaws.promise import Signal, Timer

ACTIVITY, CANCEL, CHILD, TIMER, CANCEL_TIMER, MARKER = (
    'ScheduleActivityTask', 'RequestCancelActivityTask', 'StartChildWorkflowExecution', 'StartTimer', 'CancelTimer',
    'RecordMarker')
CANCEL_CHILD, COMPLETE, CANCELED, FAIL = (
    'RequestCancelExternalWorkflowExecution', 'CompleteWorkflowExecution', 'CancelWorkflowExecution',
    'FailWorkflowExecution')


@activity_task(max_attempts=1)
def work(value=None):
    return value


@activity_task
def persistent():
    return None


@activity_task(retry=RetryPolicy(initial_interval=10))
def patient():
    return None


@activity_task(lambda_function='remote')
def remote():
    return None


@decision_task
def child():
    return None


def how(promise):
    """Say how a promise ends."""
    try:
        return promise.result
    except TaskException as error:
        return type(error).__name__


@pytest.fixture
def cancelling(rehearse):
    """A decider that makes a call, waits for the signal 'now', cancels the call, and says how it ended."""
    def cancelling(call):
        @decision_task
        def decider():
            promise = call()
            Signal.get('now').result
            promise.cancel()
            promise.cancel()    # twice is once
            return how(promise)

        return rehearse(decider)

    return cancelling


def test_an_activity_that_nobody_has_begun_ends_at_once(cancelling):
    on = cancelling(work)
    on.turn()
    on.world.signal('now')
    assert on.turn() == [(CANCEL, 'work-1')]
    assert on.turn() == [(COMPLETE, '"ActivityTaskCanceled"')]


@pytest.mark.parametrize(('fate', 'said'), [
    ('done', '7'), ('canceled', '"ActivityTaskCanceled"'), ('lost', '"ActivityTaskTimedOut"'),
])
def test_an_activity_that_runs_is_waited_for_however_it_ends(fate, said, cancelling):
    on = cancelling(work)
    on.turn()
    on.world.begin(on.at('work-1'))
    on.world.signal('now')
    assert on.turn() == [(CANCEL, 'work-1')]
    on._end('work-1', lambda *_: '7', fate)
    assert on.turn() == [(COMPLETE, said)]


def test_a_completion_that_came_before_the_cancel_was_sent_stands(cancelling):
    """The cancel then fails, and that is nobody's failure."""
    on = cancelling(work)
    on.turn()
    on.world.signal('now')
    on.start()
    on.done('work-1', 7)
    on.complete()
    assert on.world.events[-1]['eventType'] == 'RequestCancelActivityTaskFailed'
    assert on.turn() == [(COMPLETE, '7')]


def test_a_cancel_of_what_has_ended_asks_for_nothing(cancelling):
    on = cancelling(work)
    on.turn()
    on.done('work-1', 7)
    on.world.signal('now')
    assert on.turn() == [(COMPLETE, '7')]


def test_what_is_cancelled_in_the_turn_that_asked_for_it_is_sent_and_cancelled(rehearse):
    @decision_task
    def decider():
        promises = [work(), Timer.get(seconds=5)]
        for promise in promises:
            promise.cancel()
        return [how(promise) for promise in promises]

    on = rehearse(decider)
    assert on.turn() == [(ACTIVITY, 'work-1'), (TIMER, 'timer-1'), (CANCEL, 'work-1'), (CANCEL_TIMER, 'timer-1')]
    assert on.turn() == [(COMPLETE, '["ActivityTaskCanceled","TimerException"]')]


def test_a_failure_after_a_cancel_is_not_tried_again(cancelling):
    on = cancelling(persistent)
    on.turn()
    on.world.begin(on.at('persistent-1'))
    on.world.signal('now')
    on.turn()
    on.failed('persistent-1', ValueError('a'))
    assert on.turn() == [(COMPLETE, '"ActivityTaskFailed"')]


def test_a_cancel_between_two_attempts_is_recorded(cancelling):
    on = cancelling(persistent)
    on.turn()
    on.failed('persistent-1', ValueError('a'))
    on.world.signal('now')
    said = on.start()
    assert said == [(MARKER, 'pyswfaws:canceled:persistent-1'), (COMPLETE, '"ActivityTaskCanceled"')]
    on.world.signal()
    on.complete()
    assert on.start() == said[1:]


def test_a_cancel_ends_the_wait_before_an_attempt(cancelling):
    on = cancelling(patient)
    on.turn()
    on.failed('patient-1', ValueError('a'))
    on.turn()
    on.world.signal('now')
    assert on.turn() == [(CANCEL_TIMER, 'patient-1.2.backoff'), (COMPLETE, '"ActivityTaskCanceled"')]


def test_a_cancel_in_the_turn_in_which_the_wait_is_over(cancelling):
    on = cancelling(patient)
    on.turn()
    on.failed('patient-1', ValueError('a'))
    on.turn()
    on.done('patient-1.2.backoff')
    on.world.signal('now')
    assert on.turn() == [(MARKER, 'pyswfaws:canceled:patient-1'), (COMPLETE, '"ActivityTaskCanceled"')]


def test_a_cancel_of_a_refused_attempt_takes_its_cause(cancelling):
    on = cancelling(work)
    on.world.signal('now')
    on.turn(lambda kind, _: 'ACTIVITY_TYPE_DEPRECATED' if kind == ACTIVITY else None)
    assert on.turn() == [(COMPLETE, '"ActivityTaskNotScheduled"')]


@pytest.mark.parametrize('is_fired', [False, True])
def test_a_timer_ends_at_once_also_when_it_fires_meanwhile(is_fired, rehearse):
    @decision_task
    def decider():
        timer = Timer.get(seconds=5)
        Signal.get('now').result
        timer.cancel()
        said = how(timer)
        work().result
        return said

    on = rehearse(decider)
    on.turn()
    on.world.signal('now')
    assert on.start() == [(CANCEL_TIMER, 'timer-1'), (ACTIVITY, 'work-1')]
    if is_fired:
        on.done('timer-1')
    on.complete()
    assert ('CancelTimerFailed' in [event['eventType'] for event in on.world.events]) == is_fired
    assert not is_fired or on.turn() == []
    on.done('work-1')
    assert on.turn() == [(COMPLETE, '"TimerException"')]


def test_a_child_is_asked_when_it_has_started(cancelling):
    on = cancelling(child)
    on.turn()
    on.world.signal('now')
    assert on.turn() == []
    on.world.begin(on.at('child-1'))
    assert on.start() == [(CANCEL_CHILD, '22run_+=.child-1')]
    asked = on.decisions[0]['requestCancelExternalWorkflowExecutionDecisionAttributes']
    assert asked['runId'].startswith('run-')
    on.complete()
    on.done('child-1.cancel')
    assert on.turn() == []
    on.ended('child-1', 'canceled')
    assert on.turn() == [(COMPLETE, '"ChildWorkflowCanceled"')]


@pytest.mark.parametrize('fate', ['done', 'lost'])
def test_a_child_that_runs_is_asked_at_once_and_whether_that_arrives_does_not_matter(fate, cancelling):
    on = cancelling(child)
    on.turn()
    on.world.begin(on.at('child-1'))
    on.turn()
    on.world.signal('now')
    assert on.turn() == [(CANCEL_CHILD, '22run_+=.child-1')]
    on.ended('child-1.cancel', fate)
    assert on.turn() == []
    on.done('child-1', 7)
    assert on.turn() == [(COMPLETE, '7')]


def test_a_child_that_never_starts_need_not_be_asked(cancelling):
    on = cancelling(child)
    on.world.signal('now')
    on.turn(lambda kind, _: 'WORKFLOW_TYPE_DEPRECATED' if kind == CHILD else None)
    assert on.turn() == [(COMPLETE, '"ChildWorkflowNotStarted"')]


def test_a_child_canceled_by_others_is_that(rehearse):
    @decision_task
    def decider():
        try:
            return child().result
        except ChildWorkflowCanceled:
            return 'canceled'

    on = rehearse(decider)
    on.turn()
    on.ended('child-1', 'canceled')
    assert on.turn() == [(COMPLETE, '"canceled"')]


def test_an_activity_canceled_by_its_worker_is_that(rehearse):
    @decision_task
    def decider():
        return isinstance(work().exception, ActivityTaskCanceled)

    on = rehearse(decider)
    on.turn()
    on.ended('work-1', 'canceled')
    assert on.turn() == [(COMPLETE, 'true')]


def test_a_lambda_function_cannot_be_cancelled_only_not_tried_again(cancelling):
    on = cancelling(remote)
    on.turn()
    on.world.signal('now')
    assert on.turn() == []
    on.failed('remote-1', ValueError('a'))
    assert on.turn() == [(COMPLETE, '"ActivityTaskFailed"')]


@pytest.mark.parametrize('send', [lambda: workflow.signal('other', 'go'), lambda: workflow.cancel('other')])
def test_a_message_cannot_be_called_back_but_need_not_be_waited_for(send, cancelling):
    on = cancelling(send)
    on.turn()
    on.world.signal('now')
    assert on.turn() == [(COMPLETE, '"ExternalWorkflowException"')]


def test_a_cancel_wakes_another_branch_that_waits_for_the_same(rehearse):
    """In the turn of the cancel, live and in every replay."""
    @decision_task
    def decider():
        timer = Timer.get(seconds=5)
        waiting = branch(how, timer)
        Signal.get('now').result
        timer.cancel()
        said = waiting.result
        work().result
        return said

    on = rehearse(decider)
    on.turn()
    on.world.signal('now')
    assert on.turn() == [(CANCEL_TIMER, 'timer-1'), (ACTIVITY, 'work-1')]
    on.done('work-1')
    assert on.turn() == [(COMPLETE, '"TimerException"')]


def test_a_call_with_a_promise_is_cancelled_before_and_after_that_is_known(rehearse):
    @decision_task
    def decider():
        argument = work(1)
        early, late = work(argument), work([argument])
        early.cancel()
        argument.result
        Signal.get('now').result
        late.cancel()
        return [how(early), how(late), early.exception.task_id, late.exception.task_id]

    on = rehearse(decider)
    assert on.turn() == [(ACTIVITY, 'work-1')]
    on.done('work-1', 1)
    assert on.turn() == [(ACTIVITY, 'work-3')]
    on.world.signal('now')
    assert on.turn() == [(CANCEL, 'work-3')]
    assert on.turn() == [(COMPLETE, '["ActivityTaskCanceled","ActivityTaskCanceled","work-2","work-3"]')]


# Branches.


def cleans_up():
    try:
        work('for ever').result
    except WorkflowCancelled:
        work('clean-up').result
        raise


def test_a_branch_is_cancelled_at_its_wait_and_may_clean_up(rehearse):
    @decision_task
    def decider():
        one = branch(cleans_up)
        Signal.get('now').result
        one.cancel()
        try:
            one.result
        except BranchCanceled as error:
            return error.task_id

    on = rehearse(decider)
    assert on.turn() == [(ACTIVITY, 'cleans_up-1.work-1')]
    on.world.signal('now')
    assert on.turn() == [(ACTIVITY, 'cleans_up-1.work-2')]
    on.done('cleans_up-1.work-2')
    assert on.turn() == [(COMPLETE, '"cleans_up-1"')]


def test_a_branch_that_has_not_begun_never_does(rehearse):
    @decision_task
    def decider():
        one = branch(cleans_up)
        one.cancel()
        return how(one)

    assert rehearse(decider).turn() == [(COMPLETE, '"BranchCanceled"')]


def test_a_cancelled_branch_that_nobody_reads_fails_nothing(rehearse):
    @decision_task
    def decider():
        branch(work('x').cancel)
        branch(cleans_up).cancel()
        return 'fine'

    assert rehearse(decider).start()[-1] == (COMPLETE, '"fine"')


def test_the_slower_of_two_branches_is_cancelled(rehearse):
    def one(value):
        return work(value).result

    @decision_task
    def decider():
        both = branch(one, 1), branch(one, 2)
        first = any_of(*both)
        for other in both:
            other.cancel()
        return first.result

    on = rehearse(decider)
    on.turn()
    on.done('one-2.work-1', 'second')
    assert on.turn() == [(COMPLETE, '"second"')]


# From outside.


def test_a_cancel_request_is_raised_once_at_the_next_wait(rehearse):
    @decision_task
    def decider():
        said = []
        for _ in range(2):
            try:
                said.append(work().result)
            except WorkflowCancelled:
                said.append('cancelled')
        return said

    on = rehearse(decider)
    on.turn()
    on.world.request_cancel()
    on.world.request_cancel()
    assert on.turn() == [(ACTIVITY, 'work-2')]
    on.world.request_cancel()
    assert on.turn() == []
    on.done('work-2', 2)
    assert on.turn() == [(COMPLETE, '["cancelled",2]')]


def test_a_cancel_request_before_the_first_decision(rehearse):
    @decision_task
    def decider():
        work().result

    on = rehearse(decider)
    on.world.request_cancel()
    assert on.turn() == [(ACTIVITY, 'work-1'), (CANCELED, None)]
    assert on.world.closed[1]['details'] == 'a cancel of this execution was requested'


def test_a_cancel_request_while_a_decision_task_runs_belongs_to_the_next(rehearse):
    @decision_task
    def decider():
        work().result

    on = rehearse(decider)
    on.start()
    on.world.request_cancel()
    on.complete()
    assert on.turn() == [(CANCELED, None)]


def test_a_cancel_request_after_the_end_changes_nothing(rehearse):
    @decision_task
    def decider():
        return 'done'

    on = rehearse(decider)
    on.start()
    on.world.request_cancel()
    on.complete()
    assert on.turn() == [(COMPLETE, '"done"')]


def test_a_program_that_ends_without_a_wait_never_hears_of_it(rehearse):
    @decision_task
    def decider():
        return 'done'

    on = rehearse(decider)
    on.world.request_cancel()
    assert on.turn() == [(COMPLETE, '"done"')]


def test_the_execution_closes_as_canceled_when_its_branches_have_cleaned_up(rehearse):
    @decision_task
    def decider():
        branch(cleans_up)
        work('main').result

    on = rehearse(decider)
    on.turn()
    on.world.request_cancel()
    assert on.turn() == [(ACTIVITY, 'cleans_up-1.work-2')]
    on.done('cleans_up-1.work-2')
    assert on.turn() == [(CANCELED, None)]


def test_what_a_clean_up_raises_fails_the_execution(rehearse):
    @decision_task
    def decider():
        try:
            work().result
        except WorkflowCancelled:
            raise ValueError('no') from None

    on = rehearse(decider)
    on.turn()
    on.world.request_cancel()
    assert on.turn() == [(FAIL, 'ValueError: no')]


def test_a_shield_holds_a_cancel_back_until_it_ends(rehearse):
    @decision_task
    def decider():
        with shield():
            work().result
        Timer.get(seconds=5).result

    on = rehearse(decider)
    on.turn()
    on.world.request_cancel()
    assert on.turn() == []
    on.done('work-1')
    assert on.turn() == [(TIMER, 'timer-1'), (CANCELED, None)]


def test_a_known_result_goes_before_a_later_cancel(rehearse):
    @decision_task
    def decider():
        first = work().result
        return [first, work().result]

    on = rehearse(decider)
    on.turn()
    on.done('work-1', 1)
    on.world.request_cancel()
    assert on.turn() == [(ACTIVITY, 'work-2'), (CANCELED, None)]


# Deadlines.


def test_a_deadline_cancels_what_was_started_inside(rehearse):
    @decision_task
    def decider():
        outside = work('outside')
        try:
            with deadline(seconds=30):
                work('inside'), Timer.get(seconds=99), child()
                outside.result
        except DeadlineExceeded as error:
            said = str(error)
        return [outside.result, said]

    on = rehearse(decider)
    assert on.turn() == [
        (ACTIVITY, 'work-1'), (TIMER, 'timer-1'), (ACTIVITY, 'work-2'), (TIMER, 'timer-2'), (CHILD, '22run_+=.child-1'),
    ]
    on.done('timer-1')
    assert on.turn() == [(CANCEL, 'work-2'), (CANCEL_TIMER, 'timer-2')]
    on.done('work-1', 1)
    assert on.turn() == [(COMPLETE, '[1,"the 30 seconds of a deadline are over"]')]


def test_a_deadline_that_is_kept_ends_its_timer(rehearse):
    @decision_task
    def decider():
        with deadline(seconds=30):
            return work().result

    on = rehearse(decider)
    on.turn()
    on.done('work-1', 1)
    assert on.turn() == [(CANCEL_TIMER, 'timer-1'), (COMPLETE, '1')]


def test_the_outer_of_two_deadlines_strikes_through_the_inner(rehearse):
    @decision_task
    def decider():
        with deadline(seconds=10), deadline(seconds=20):
            work().result

    on = rehearse(decider)
    on.turn()
    on.done('timer-1')
    kinds = on.turn()
    assert kinds[:2] == [(CANCEL_TIMER, 'timer-2'), (CANCEL, 'work-1')]
    assert kinds[2][0] == FAIL
    assert 'DeadlineExceeded' in kinds[2][1]


def test_a_shield_inside_a_deadline_is_not_interrupted(rehearse):
    @decision_task
    def decider():
        with deadline(seconds=10), shield():
            return work().result

    on = rehearse(decider)
    on.turn()
    on.done('timer-1')
    assert on.turn() == []
    on.done('work-1', 1)
    assert on.turn() == [(COMPLETE, '1')]


def test_a_timer_can_be_cancelled_by_hand(rehearse):
    @decision_task
    def decider():
        timer = Timer.get(seconds=1)
        timer.cancel()
        return isinstance(timer.exception, TimerException) and timer.is_ready

    assert rehearse(decider).turn()[-1] == (COMPLETE, 'true')


def test_a_further_attempt_of_a_child_is_cancelled(rehearse):
    @decision_task
    def decider():
        promise = child.options(retry=RetryPolicy(max_attempts=3))()
        Signal.get('now').result
        promise.cancel()
        return how(promise)

    on = rehearse(decider)
    on.turn()
    on.failed('child-1', ValueError('a'))
    assert on.turn() == [(CHILD, '22run_+=.child-1.2')]
    on.world.begin(next(iter(on.world.open)))
    on.world.signal('now')
    assert on.turn() == [(CANCEL_CHILD, '22run_+=.child-1.2')]
    assert on.turn() == []
    on.world.end(min(on.world.open), 'canceled')
    assert on.turn() == [(COMPLETE, '"ChildWorkflowCanceled"')]
