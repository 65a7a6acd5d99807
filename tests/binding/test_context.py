"""Context: the interceptor is that of this thread and this program; nothing bleeds into another."""

import threading
from contextvars import ContextVar

import pytest

from pyswfaws.binding.context import bound, current
from pyswfaws.binding.decider import program_of
from pyswfaws.binding.distributed import Distributed
from pyswfaws.binding.interceptors import PASS_THROUGH, Serial
from pyswfaws.decorators import activity_task, decision_task
from pyswfaws.promise import Promise, Timer
from pyswfaws.replay.decide import decide
from pyswfaws.replay.replay import Replay

STARTED = [
    {'eventId': 1, 'eventType': 'WorkflowExecutionStarted'},
    {'eventId': 2, 'eventType': 'DecisionTaskScheduled'},
    {'eventId': 3, 'eventType': 'DecisionTaskStarted'},
]


@activity_task
def work(value):
    return value


@decision_task
def decider():
    promise = work(1)
    assert isinstance(current(PASS_THROUGH), Distributed)
    return promise.result


def replayed():
    replay = Replay(program_of(decider.definition, decider.function_of(None)))
    replay.fold(STARTED)
    return replay


def test_a_context_ends_with_its_block_also_by_an_exception():
    found = []
    with pytest.raises(IndexError), bound(Serial()):
        found[len(found)] = found.append(current(PASS_THROUGH))
    assert isinstance(found[0], Serial)
    assert current(PASS_THROUGH) is PASS_THROUGH


def test_a_serial_and_a_distributed_run_side_by_side():
    """The parked program keeps its own context, the thread around it keeps another."""
    with bound(Serial()):
        replay, other = replayed(), replayed()
        first = decide(replay)
        assert isinstance(work(2), Promise)
        assert work(2).result == 2
        assert decide(other) == first
        assert isinstance(current(PASS_THROUGH), Serial)
        replay.close()
        other.close()
    assert work(2) == 2


def test_the_program_sees_the_context_around_it_and_keeps_its_own_changes():
    seen, note = [], ContextVar('note')

    def main(replay):
        seen.append(note.get())
        note.set('inside')
        replay.timer(1, lambda _: None).result  # the program is left here, and entered once more to end

    replay = Replay(main)
    replay.fold(STARTED)
    note.set('around')
    decide(replay)
    replay.close()
    assert (seen, note.get()) == (['around'], 'around')


def test_a_thread_does_not_inherit_the_context():
    found = []
    with bound(Serial()):
        thread = threading.Thread(target=lambda: found.append(work(3)))
        thread.start()
        thread.join()
    assert found == [3]


def test_many_threads_decide_at_once():
    answers = []

    def run():
        for _ in range(20):
            replay = replayed()
            answers.append(decide(replay))
            replay.close()

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 80
    assert all(answer == answers[0] for answer in answers)


def test_outside_a_decider_a_timer_waits_by_the_clock():
    promise = Timer.get(seconds=0)
    assert promise.is_ready
    assert promise.result is None
    assert not Timer.get(seconds=60).is_ready
