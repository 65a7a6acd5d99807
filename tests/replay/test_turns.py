"""Turns: at each point a program sees what it saw when it was first there, on every replay alike."""

import pytest

from pyswfaws.decorators import activity_task, decision_task
from pyswfaws.exceptions import DecisionError
from pyswfaws.promise import Timer
from pyswfaws.protocol.decisions import decision
from pyswfaws.replay.decide import decide
from pyswfaws.replay.history import History
from pyswfaws.replay.outcomes import NOT_KNOWN, Kind
from pyswfaws.replay.replay import Replay


@activity_task
def double(value):
    return value * 2


@activity_task
def other(value):
    return value


@decision_task
def asks_what_is_ready():
    first = double(1)
    Timer.get(seconds=10).result
    return other('ready' if first.is_ready else 'early').result


def folded(world):
    history = History()
    history.fold(world.events)
    return history


def test_what_is_ready_stays_what_it_was(rehearse):
    on = rehearse(asks_what_is_ready)
    on.turn()
    on.done('timer-1')
    assert on.start() == [('ScheduleActivityTask', 'other-1')]
    on.complete()
    on.done('double-1')     # now it is ready; but then, when it was asked, it was not
    assert on.turn() == []
    on.done('other-1', 'early')
    assert on.turn() == [('CompleteWorkflowExecution', '"early"')]


def test_what_comes_while_a_decision_task_runs_is_known_in_the_next(rehearse):
    on = rehearse(asks_what_is_ready)
    on.turn()
    on.done('timer-1')
    on.start()
    on.done('double-1')     # between DecisionTaskStarted and DecisionTaskCompleted
    on.complete()
    history = folded(on.world)
    assert history.outcomes[Kind.ACTIVITY, 'double-1'].known_at is NOT_KNOWN
    on.turn()
    on.done('other-1', 'early')
    on.start()
    assert folded(on.world).outcomes[Kind.ACTIVITY, 'double-1'].known_at[0] == 3
    assert [call['scheduleActivityTaskDecisionAttributes'] for call in on.decisions if 'input' in str(call)] == []


@pytest.mark.parametrize('times', [1, 3])
def test_a_decision_task_that_timed_out_is_no_turn(times, rehearse):
    on = rehearse(asks_what_is_ready)
    on.turn()
    on.done('timer-1')
    for _ in range(times):
        on.start()
        on.world.lose_task()
    on.done('double-1')
    assert on.start() == [('ScheduleActivityTask', 'other-1')]
    history = folded(on.world)
    assert history.turn == 2
    assert history.timed_out_turns == times
    assert history.outcomes[Kind.ACTIVITY, 'double-1'].known_at[0] == 2
    on.complete()
    assert folded(on.world).timed_out_turns == 0
    assert '"ready"' in on.decisions[0]['scheduleActivityTaskDecisionAttributes']['input']


def test_a_decision_task_that_nobody_took_is_no_turn(rehearse):
    on = rehearse(asks_what_is_ready)
    on.turn()
    on.done('timer-1')
    on.world.lose_unstarted_task()
    on.start()
    assert folded(on.world).turn == 2


def test_the_first_decision_task_may_be_lost(rehearse):
    on = rehearse(asks_what_is_ready)
    asked = on.start()
    on.world.lose_task()
    assert on.turn() == asked


def test_now_is_the_start_of_the_turn(new_world):
    seen = []

    def main(replay):
        promise = replay.timer(5, lambda _: None)
        seen.append(replay.now())
        promise.result
        seen.append(replay.now())
        return lambda: decision('CompleteWorkflowExecution')

    world, live = new_world(), Replay(main)
    live.fold(world.start_task())
    started = world.events[-1]['eventTimestamp']
    world.complete_task(decide(live))
    world.end(next(iter(world.open)))
    events = world.start_task()
    cold = Replay(main)
    cold.fold(events)
    decide(cold)
    assert seen == [started, started, events[-1]['eventTimestamp']]
    live.close()


def test_a_program_that_ran_in_a_lost_task_is_not_run_on(new_world):
    """It saw less than the next task shows: whoever kept it has to replay from the start."""
    world = new_world()
    live = Replay(lambda replay: replay.timer(5, lambda _: None).result)
    live.fold(world.start_task())
    decide(live)
    seen = len(world.events)
    world.lose_task()
    live.fold(world.start_task()[seen:])
    with pytest.raises(DecisionError, match='lost'):
        decide(live)
    live.close()


def test_signals_and_cancel_requests_are_known_in_a_turn_too(new_world):
    world = new_world()
    world.event('WorkflowExecutionSignaled', signalName='go')
    world.start_task()
    world.event('WorkflowExecutionCancelRequested')
    history = folded(world)
    assert [arrival.known_at for arrival in history.signals['go']] == [(1, 3)]
    assert [arrival.known_at for arrival in history.cancel_requests] == [NOT_KNOWN]
    world.complete_task([])
    world.start_task()
    assert [arrival.known_at[0] for arrival in folded(world).cancel_requests] == [2]
