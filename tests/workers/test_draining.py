"""A worker that is told to stop: what it has is answered, what it keeps is handed back, and it comes to an end."""

import threading

import pytest

from pyswfaws import DistributedActivityWorker, Signal, activity_task, decision_task
from pyswfaws.protocol.events import attributes


@activity_task
def double(number):
    return number * 2


@decision_task
def waiting(number):
    first = double(number).result
    return [first, Signal.get('go').result, double(number + 1).result]


@pytest.fixture
def held(stage):
    """Begin a worker of an activity, and stop it once that runs: the worker, and what lets the activity end."""
    entered, gate = threading.Event(), threading.Event()

    @activity_task
    def slow():
        entered.set()
        assert gate.wait(timeout=20)

    @decision_task
    def decider():
        return slow().result

    def held(**options):
        stage.deciders(decider)
        worker = stage.activities(slow, **options)
        stage.start(decider)
        assert entered.wait(timeout=20)
        worker.stop()
        return worker, gate.set
    return held


def test_what_comes_for_kept_executions_while_it_drains_is_handed_back(stage, until, types):
    """Nobody else polls its list: a task that came there afterwards would have to wait for its timeout."""
    stage.activities(double)
    worker = stage.deciders(waiting, affinity_timeout=100)
    runs = [stage.start(waiting, number) for number in range(20)]
    until(lambda: all(types(run).count('DecisionTaskCompleted') == 2 for run in runs))
    worker.stop()
    for run in runs:
        run.signal('go', 'on')
    until(lambda: all(types(run).count('DecisionTaskCompleted') >= 3 for run in runs))
    other = stage.deciders(waiting)
    assert [run.result(timeout=20) for run in runs] == [[2 * n, 'on', 2 * n + 2] for n in range(20)]
    assert not any('DecisionTaskTimedOut' in types(run) for run in runs)
    assert other.counts['misses'], 'the first has not decided all of it'
    stage.swf._host._dismiss()
    until(lambda: worker.wait(0.1))


def test_it_ends_when_nothing_comes_any_more(stage, until, types):
    stage.swf._host.poll_timeout = 0.2
    stage.activities(double)
    worker = stage.deciders(waiting)
    run = stage.start(waiting, 1)
    until(lambda: types(run).count('DecisionTaskCompleted') == 2)
    worker.stop()
    until(lambda: worker.wait(0.1))
    stage.deciders(waiting)
    run.signal('go', 'on')
    assert run.result(timeout=20) == [2, 'on', 4]
    lost = [event for event in run.history() if event['eventType'] == 'DecisionTaskTimedOut']
    assert [attributes(event)['timeoutType'] for event in lost] == ['SCHEDULE_TO_START'], 'it waited once'


class Listening(DistributedActivityWorker):
    """Counts the polls that it is told brought no task."""

    empty = 0

    def handle_no_op(self, task):
        self.empty += 1


def test_a_worker_that_has_no_room_asks_no_more(until, held):
    worker, end_activity = held(worker=Listening, concurrency=1)
    end_activity()
    until(lambda: worker.wait(0.1))
    assert (worker.counts['polls'], worker.empty) == (1, 0), 'what was not asked is no answer without a task'


def test_it_does_not_wait_for_ever_for_an_answer_to_be_taken(stage, until, held, caplog):
    worker, end_activity = held(drain_timeout=0.5)
    stage.mishaps('error:RespondActivityTaskCompleted')
    end_activity()
    stage.swf._host._dismiss()
    until(lambda: worker.wait(0.1))
    assert worker.counts['unanswered'] == 1
    (said,) = (message for message in caplog.messages if 'the answer was not taken' in message)
    assert said.startswith('activity slow 1.0 (slow-1 of decider')


def test_an_answer_that_is_being_tried_goes_on_at_once_when_it_is_told_to_stop(stage, until, caplog):
    """A wait of half a minute that a long outage led to is not waited out."""
    caplog.set_level('INFO', 'pyswfaws')
    stage.deciders(waiting)
    worker = stage.activities(double, drain_timeout=0)
    stage.mishaps('throttle:RespondActivityTaskCompleted')
    stage.start(waiting, 1)
    until(lambda: 'Rate exceeded; trying on' in caplog.text)
    worker.stop()
    stage.swf._host._dismiss()
    until(lambda: worker.wait(0.1))
    assert worker.counts['unanswered'] == 1
