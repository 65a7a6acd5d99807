"""What the program may do beside waiting, and what only the library itself can get wrong."""

import gc
import weakref

import pytest

from pyswfaws.concurrency import branch
from pyswfaws.decorators import activity_task, cached, decision_task
from pyswfaws.exceptions import (
    ActivityTaskCanceled,
    ActivityTaskTimedOut,
    ChildWorkflowCanceled,
    ChildWorkflowFailed,
    ChildWorkflowNotStarted,
    ChildWorkflowTerminated,
    ChildWorkflowTimedOut,
    MarkerException,
    TimerException,
)
from pyswfaws.promise import Marker, Timer
from pyswfaws.protocol.limits import FORBIDDEN_IN_NAMES, NAME
from pyswfaws.replay.decide import decide
from pyswfaws.replay.replay import Replay, id_base


@activity_task(max_attempts=1)
def work():
    return None


@decision_task
def child():
    return None


FAILURES = [
    (work, 'ActivityTaskTimedOut', ActivityTaskTimedOut, {'timeoutType': 'HEARTBEAT', 'details': 'd'}, 'HEARTBEAT'),
    (work, 'ActivityTaskCanceled', ActivityTaskCanceled, {'details': 'd'}, None),
    (child, 'ChildWorkflowExecutionFailed', ChildWorkflowFailed, {'reason': 'r', 'details': 'd'}, 'r'),
    (child, 'ChildWorkflowExecutionTimedOut', ChildWorkflowTimedOut, {'timeoutType': 'TIME'}, 'TIME'),
    (child, 'ChildWorkflowExecutionCanceled', ChildWorkflowCanceled, {'details': 'd'}, None),
    (child, 'ChildWorkflowExecutionTerminated', ChildWorkflowTerminated, {}, None),
]


@pytest.mark.parametrize(('called', 'event_type', 'raised', 'members', 'reason'), FAILURES)
def test_each_end_has_its_exception(called, event_type, raised, members, reason, rehearse):
    caught = []

    @decision_task
    def decider():
        promise = called()
        try:
            promise.result
        except raised as error:
            caught.append(error)
        caught.append(promise.exception)

    on = rehearse(decider)
    on.turn()
    opened = next(iter(on.world.open))
    on.world.event(event_type, scheduledEventId=opened, initiatedEventId=opened, **members)
    on.turn()
    error, again = caught
    assert again is error
    assert (error.task_name, error.task_version) == (called.definition.name, '1.0')
    assert error.task_id == f'{called.definition.name}-1'
    assert error.failure_reason == reason
    assert error.failure_status == error.failure_stats
    assert error.details == members.get('details')


def test_what_the_program_lets_go_is_gone_at_once(rehearse):
    """No cycle holds it: a process that decides for many has better to do than to look for garbage."""
    @decision_task
    def decider():
        left = []
        for make in (work, child, lambda: Timer.get(seconds=1), lambda: branch(int)):
            unread, read = make(), make()
            left += [weakref.ref(unread), weakref.ref(read)]
            read.result
        del unread, read
        return sum(one() is not None for one in left)

    on = rehearse(decider)
    for name in ('work-2', 'child-2', 'timer-2'):
        on.turn()
        on.done(name)
    gc.disable()
    try:
        assert on.turn() == [('CompleteWorkflowExecution', '0')]
    finally:
        gc.enable()


@pytest.mark.parametrize('cause', ['WORKFLOW_ALREADY_RUNNING', 'WORKFLOW_TYPE_DEPRECATED'])
def test_a_child_that_was_refused(cause, rehearse):
    @decision_task
    def decider():
        try:
            child().result
        except ChildWorkflowNotStarted as error:
            return [error.failure_reason, error.task_id]

    on = rehearse(decider)
    on.turn(lambda *_: cause)
    assert on.turn() == [('CompleteWorkflowExecution', f'["{cause}","child-1"]')]


def test_a_timer_that_was_refused(rehearse):
    @decision_task
    def decider():
        return isinstance(Timer.get(seconds=1).exception, TimerException)

    on = rehearse(decider)
    on.turn(lambda *_: 'TIMER_ID_ALREADY_IN_USE')
    assert on.turn() == [('CompleteWorkflowExecution', 'true')]


def test_a_recorded_value_that_was_refused_is_no_value(rehearse):
    """The next replay would get another one, so the decider has to know."""
    @cached
    def value():
        return 1

    @decision_task
    def decider():
        try:
            value()
        except MarkerException as error:
            reason = error.failure_reason
        work().result
        return reason

    on = rehearse(decider)
    on.turn(lambda kind, _: 'OPERATION_NOT_PERMITTED' if kind == 'RecordMarker' else None)
    on.done('work-1')
    assert on.turn() == [('CompleteWorkflowExecution', '"OPERATION_NOT_PERMITTED"')]


def test_ids_are_names_and_ordinals(rehearse):
    @activity_task(swf_task_type='Do it.now')
    def other():
        return None

    @decision_task
    def decider():
        promises = [work(), other(), work(), child(), Timer.get(seconds=1), child()]
        assert [promise.id for promise in promises[:3]] == ['work-1', 'Do it_now-1', 'work-2']
        assert 'work-1' in repr(promises[0])
        Marker('stage', {'n': 1})
        Marker('stage')
        promises[0].result

    assert rehearse(decider).start() == [
        ('ScheduleActivityTask', 'work-1'),
        ('ScheduleActivityTask', 'Do it_now-1'),
        ('ScheduleActivityTask', 'work-2'),
        ('StartChildWorkflowExecution', '22run_+=.child-1'),
        ('StartTimer', 'timer-1'),
        ('StartChildWorkflowExecution', '22run_+=.child-2'),
        ('RecordMarker', 'stage'),
        ('RecordMarker', 'stage'),
    ]


@pytest.mark.parametrize('name', ['x' * NAME, 'é' * NAME, 'a:b/c|d\x07', '.', 'arn'])
def test_an_id_fits_and_holds_nothing_that_is_forbidden(name):
    """With a run id of 64 characters before it and the number of an attempt behind."""
    base = id_base(name)
    assert len(f'{"r" * 64}.{base}-1000.200.backoff') <= NAME
    assert not FORBIDDEN_IN_NAMES.search(base)
    assert '.' not in base


def test_long_names_that_differ_at_the_end_have_different_ids():
    assert id_base('x' * 250 + 'a') != id_base('x' * 250 + 'b')


def test_a_child_may_have_a_workflow_id_of_its_own(rehearse):
    @decision_task
    def decider():
        return child.options(workflow_id='order-7')().result

    on = rehearse(decider)
    assert on.turn() == [('StartChildWorkflowExecution', 'order-7')]
    on.done('order-7', 3)
    assert on.turn() == [('CompleteWorkflowExecution', '3')]


def test_a_promise_reads_its_outcome_once(new_world):
    """What was read is what is read: the same object, however often."""
    reads = []

    def main(replay):
        promise = replay.timer(1, lambda outcome: reads.append(outcome) or ['value'])
        same = promise.result is promise.result
        return lambda: same

    replay, world = Replay(main), new_world()
    replay.fold(world.start_task())
    seen = len(world.events)
    world.complete_task(decide(replay))
    world.end(next(iter(world.open)))
    replay.fold(world.start_task()[seen:])
    assert decide(replay) == [True]
    assert len(reads) == 1


def test_what_the_library_itself_raises_comes_out_of_decide(new_world):
    def main(replay):
        raise ZeroDivisionError

    replay = Replay(main)
    replay.fold(new_world().start_task())
    with pytest.raises(ZeroDivisionError):
        decide(replay)


def test_an_interrupt_is_no_failure_of_the_program(rehearse):
    @decision_task
    def interrupted():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rehearse(interrupted).start()


def test_a_program_that_was_never_run_can_be_thrown_away():
    replay = Replay(lambda replay: pytest.fail('it must not run'))
    replay.close()
    assert replay.program.warnings == []
