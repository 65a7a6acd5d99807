import threading

from pyswfaws import activity_task, decision_task
from pyswfaws.workers.heartbeats import Heartbeats

gate = threading.Event()


@activity_task(heartbeat_timeout=1, max_attempts=1)
def wait_at_the_gate():
    gate.wait(timeout=20)
    return 'through'


@decision_task
def decider():
    return wait_at_the_gate().result


def test_a_beat_that_fails_is_followed_by_the_next(stage, until, caplog):
    caplog.set_level('INFO', 'pyswfaws')
    gate.clear()
    stage.activities(wait_at_the_gate)
    stage.deciders(decider)
    stage.mishaps('throttle:RecordActivityTaskHeartbeat')
    run = stage.start(decider)
    until(lambda: 'a heartbeat was not taken' in caplog.text)
    stage.mishaps()
    threading.Event().wait(1.2)     # longer than the heartbeat timeout, in any case
    gate.set()
    assert run.result(timeout=20) == 'through'


def test_nobody_beats_for_a_task_that_swf_has_given_up(stage, until, caplog):
    caplog.set_level('INFO', 'pyswfaws')
    gate.clear()
    worker = stage.activities(wait_at_the_gate)
    stage.deciders(decider)
    run = stage.start(decider)
    until(lambda: worker._heartbeats._running)
    run.terminate()
    until(lambda: not worker._heartbeats._running)
    assert 'a heartbeat was not taken: An error occurred (UnknownResourceFault)' in caplog.text
    gate.set()
    until(lambda: 'the answer was not taken' in caplog.text)


def test_without_a_timeout_there_is_no_thread(stage):
    heartbeats = Heartbeats(stage.client)
    before = threading.active_count()
    with heartbeats.beating('token', None):
        assert threading.active_count() == before
    heartbeats.close()
