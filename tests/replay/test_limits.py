"""SWF's limits: what does not fit into one answer, or is too many at a time, goes out later, unseen by the program."""

import json

import pytest

from pyswfaws.concurrency import gather
from pyswfaws.decorators import activity_task, decision_task
from pyswfaws.promise import Marker, Timer
from pyswfaws.protocol.limits import OPEN_ACTIVITIES, REQUEST

ACTIVITY, TIMER, CHILD, COMPLETE = (
    'ScheduleActivityTask', 'StartTimer', 'StartChildWorkflowExecution', 'CompleteWorkflowExecution')


@activity_task(max_attempts=2)
def work(value=None):
    return value


@decision_task
def child():
    return None


def marking(number, *, ends):
    """A decider that records so many markers, and ends, or waits."""
    @decision_task
    def decider():
        for _ in range(number):
            Marker('m')
        if not ends:
            work().result
        return 'end'

    return decider


@pytest.mark.parametrize(('number', 'turns'), [
    (99, [99 + 1]), (100, [99 + 1, 1 + 1]), (101, [99 + 1, 2 + 1]), (150, [99 + 1, 51 + 1]), (250, [100, 100, 52 + 1]),
])
def test_a_close_goes_with_the_last_of_a_hundred(number, turns, rehearse):
    on = rehearse(marking(number, ends=True))
    for turn, expected in enumerate(turns, 1):
        said = on.turn()
        assert len(said) == expected
        is_last = turn == len(turns)
        assert said[-1] == ((COMPLETE, '"end"') if is_last else (TIMER, f'pyswfaws.more-{turn}'))
        if not is_last:
            on.done(f'pyswfaws.more-{turn}')
    assert sum(event['eventType'] == 'MarkerRecorded' for event in on.world.events) == number


@pytest.mark.parametrize(('number', 'first'), [(98, 99), (99, 100), (100, 100), (149, 100)])
def test_without_a_close_there_is_room_for_one_more(number, first, rehearse):
    """One more decision follows the markers: the activity that is waited for."""
    on = rehearse(marking(number, ends=False))
    said = on.turn()
    assert len(said) == first
    if number + 1 > 100:
        assert said[-1] == (TIMER, 'pyswfaws.more-1')
        on.done('pyswfaws.more-1')
        assert len(on.turn()) == number + 1 - 99
    on.done('work-1')
    assert on.turn() == [(COMPLETE, '"end"')]


def test_the_timer_for_more_may_be_refused_or_lost_in_a_late_task(rehearse):
    on = rehearse(marking(150, ends=True))
    on.turn(lambda _kind, found: 'TIMER_CREATION_RATE_EXCEEDED' if 'timerId' in found else None)
    said = on.start()
    on.world.lose_task()
    assert on.start() == said
    assert len(said) == 52


def test_a_thousand_and_one_activities(rehearse):
    """The last is scheduled when the first of the others has ended, and no earlier."""
    @decision_task
    def decider():
        return len(gather(*[work(number) for number in range(OPEN_ACTIVITIES + 1)]))

    on = rehearse(decider)
    for turn in range(1, 12):
        on.turn()
        if f'pyswfaws.more-{turn}' in {found.get('timerId') for _, found in on.world.open.values()}:
            on.done(f'pyswfaws.more-{turn}')
    assert len(on.world.open) == OPEN_ACTIVITIES
    assert on.turn() == []
    on.done('work-500', 1)
    assert on.turn() == [(ACTIVITY, 'work-1001')]
    for opened in list(on.world.open):
        on.world.work = lambda *_: '1'
        on.world.end(opened)
    assert on.turn() == [(COMPLETE, '1001')]


@pytest.mark.parametrize(('call', 'first', 'last'), [
    (work, 'work-1', (ACTIVITY, 'work-3')),
    (child, 'child-1', (CHILD, '22run_+=.child-3')),
    (lambda: Timer.get(seconds=5), 'timer-1', (TIMER, 'timer-3')),
], ids=['activities', 'children', 'timers'])
def test_each_kind_has_a_window(call, first, last, rehearse, narrow):
    @decision_task
    def decider():
        return len(gather(*[call() for _ in range(3)]))

    on = rehearse(decider, most_open=2)
    assert len(on.turn()) == 2
    assert on.turn() == []
    on.done(first)
    assert on.turn() == [last]


def test_a_window_of_one_kind_holds_no_other_back(rehearse, narrow):
    @decision_task
    def decider():
        [work() for _ in range(3)]
        Timer.get(seconds=5).result

    assert rehearse(decider, most_open=2).turn()[-1] == (TIMER, 'timer-1')


def test_a_further_attempt_has_to_wait_its_turn_too(rehearse, narrow):
    @decision_task
    def decider():
        return gather(*[work() for _ in range(3)])

    on = rehearse(decider, most_open=2)
    on.turn()
    on.failed('work-1', ValueError('a'))
    assert on.turn() == [(ACTIVITY, 'work-3')]      # asked first
    on.done('work-2', 2)
    assert on.turn() == [(ACTIVITY, 'work-1.2')]
    on.done('work-1.2', 1)
    on.done('work-3', 3)
    assert on.turn() == [(COMPLETE, '[1,2,3]')]


def test_what_is_held_back_and_cancelled_never_goes_out(rehearse, narrow):
    @decision_task
    def decider():
        promises = [work() for _ in range(4)]
        promises[0].result
        promises[3].cancel()
        return type(promises[3].exception).__name__

    on = rehearse(decider, most_open=2)
    on.turn()
    on.done('work-1')
    said = on.start()
    assert said == [(ACTIVITY, 'work-3'), (COMPLETE, '"ActivityTaskCanceled"')]
    on.world.signal()
    on.complete()
    assert on.turn() == said[1:]


def test_children_are_started_before_the_end_and_activities_are_not_waited_for(rehearse, narrow):
    """A child goes on without its parent; an activity that nobody waits for would end with it."""
    @decision_task
    def decider():
        [work() for _ in range(3)]
        [child() for _ in range(3)]
        return 'end'

    on = rehearse(decider, most_open=2)
    assert [kind for kind, _ in on.turn()] == [ACTIVITY, ACTIVITY, CHILD, CHILD]
    on.done('child-1')
    assert on.turn() == [(CHILD, '22run_+=.child-3'), (COMPLETE, '"end"')]


def test_a_turn_of_more_than_a_megabyte_is_split(rehearse):
    @decision_task
    def decider():
        promises = [work('é' * 30_000) for _ in range(12)]
        return len(gather(*promises))

    on = rehearse(decider)
    said = []
    while len(said) < 12:
        turn = on.turn()
        assert len(json.dumps(on.decisions)) < REQUEST
        if turn[-1][0] == TIMER:
            on.done(turn.pop()[1])
        said += turn
    assert said == [(ACTIVITY, f'work-{number}') for number in range(1, 13)]
