"""Heartbeats: when they are sent, and what comes back."""

import threading

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from pyswfaws import activity_task, decision_task
from pyswfaws.binding.attempts import Attempt
from pyswfaws.binding.context import ActivityInfo
from pyswfaws.payload import Payload
from pyswfaws.workers import heartbeats as module
from pyswfaws.workers.heartbeats import Heartbeats

gate = threading.Event()


@activity_task(heartbeat_timeout=1, max_attempts=1)
def wait_at_the_gate():
    gate.wait(timeout=20)
    return 'through'


@decision_task
def decider():
    return wait_at_the_gate().result


class Recorder:
    """Takes heartbeats as SWF does, and may hold some up."""

    def __init__(self):
        self.taken = []
        self.held = {}
        self.faults = {}

    def record_activity_task_heartbeat(self, taskToken, **more):  # noqa: N803
        self.taken.append((taskToken, more.get('details')))
        if taskToken in self.held:
            self.held[taskToken].wait(timeout=20)
        if taskToken in self.faults:
            raise self.faults[taskToken]
        return {'cancelRequested': taskToken == 'unwanted'}


@pytest.fixture
def recorder():
    return Recorder()


@pytest.fixture
def beats(recorder):
    beats = Heartbeats(recorder)
    yield beats
    for event in recorder.held.values():
        event.set()
    beats.close()


def attempt():
    return Attempt(Payload(), ActivityInfo())


def test_a_beat_that_fails_is_followed_by_the_next(stage, until, caplog):
    caplog.set_level('INFO', 'pyswfaws')
    gate.clear()
    stage.activities(wait_at_the_gate)
    stage.deciders(decider)
    stage.mishaps('throttle:RecordActivityTaskHeartbeat')
    run = stage.start(decider)
    until(lambda: 'sending heartbeats fails: ' in caplog.text)
    stage.mishaps()
    threading.Event().wait(1.2)     # longer than the heartbeat timeout, in any case
    gate.set()
    assert run.result(timeout=20) == 'through'
    assert 'sending heartbeats works again' in caplog.text


def test_nobody_beats_for_a_task_that_swf_has_given_up(stage, until, caplog):
    caplog.set_level('INFO', 'pyswfaws')
    gate.clear()
    worker = stage.activities(wait_at_the_gate)
    stage.deciders(decider)
    run = stage.start(decider)
    until(lambda: worker._heartbeats._due)
    run.terminate()
    until(lambda: not worker._heartbeats._due)
    until(lambda: 'is not waited for any more' in caplog.text)
    gate.set()
    stage.end()
    assert worker.counts['lost'] == 1
    assert 'the answer was not taken' not in caplog.text, 'none was sent'


def test_without_a_timeout_there_is_a_beat_only_when_the_activity_says_something(beats, recorder, until):
    before = threading.active_count()
    here = attempt()
    with beats.beating('token', here, None):
        assert threading.active_count() == before
        here.heartbeat({'done': 1})
        until(lambda: recorder.taken == [('token', '{"done":1}')])


def test_what_is_said_is_sent_at_once_and_then_not_too_often(beats, recorder, until, monkeypatch):
    monkeypatch.setattr(module, '_LEAST_PAUSE', 0.2)
    here = attempt()
    with beats.beating('token', here, 2.0):
        for number in range(1_000):
            here.heartbeat(number)
        until(lambda: recorder.taken[-1:] == [('token', '999')])
        assert len(recorder.taken) < 100
        sent = len(recorder.taken)
        here.heartbeat(None)    # says nothing new, and forgets nothing
        until(lambda: len(recorder.taken) > sent)
        assert recorder.taken[-1] == ('token', '999')


def test_a_cancel_request_reaches_the_attempt_whose_it_is(beats, until):
    unwanted, wanted = attempt(), attempt()
    with beats.beating('unwanted', unwanted, 1.0), beats.beating('token', wanted, 1.0):
        until(unwanted.is_cancelled)
        assert not wanted.is_cancelled()


def test_a_beat_that_hangs_holds_up_no_other(beats, recorder, until):
    recorder.held['hangs'] = threading.Event()
    with beats.beating('hangs', attempt(), 0.03), beats.beating('token', attempt(), 0.03):
        until(lambda: [token for token, _ in recorder.taken].count('token') > 5)
        assert [token for token, _ in recorder.taken].count('hangs') == 1


def test_an_outage_is_said_once_for_all_that_beat(beats, recorder, until, caplog):
    away = EndpointConnectionError(endpoint_url='u')
    recorder.faults = {'a': away, 'b': away}
    with beats.beating('a', attempt(), 0.03), beats.beating('b', attempt(), 0.03):
        until(lambda: [token for token, _ in recorder.taken].count('b') > 5)
        assert caplog.messages == [f'sending heartbeats fails: {away}; trying on']
        recorder.faults = {}
        until(lambda: caplog.messages[1:])
    assert [message.partition(', after')[0] for message in caplog.messages[1:]] == ['sending heartbeats works again']


def test_a_task_that_is_over_leaves_the_outage(beats, recorder, until, caplog):
    recorder.faults = {'a': EndpointConnectionError(endpoint_url='u')}
    with beats.beating('a', attempt(), 0.03):
        until(lambda: caplog.messages)
    with beats.beating('b', attempt(), 0.03):
        until(lambda: 'sending heartbeats works again' in caplog.text)


def test_what_can_never_be_taken_is_said_and_not_sent_again(beats, recorder, until, caplog):
    recorder.faults = {'a': ClientError({'Error': {'Code': 'ValidationException'}}, 'RecordActivityTaskHeartbeat')}
    with beats.beating('a', attempt(), 0.03):
        until(lambda: 'a heartbeat was not taken, and no more are sent for this task' in caplog.text)
        until(lambda: not beats._due)


def test_a_beat_after_the_answer_does_not_make_a_task_lost(beats, recorder, until):
    recorder.faults = {'a': ClientError({'Error': {'Code': 'UnknownResourceFault'}}, 'RecordActivityTaskHeartbeat')}
    here = attempt()
    with beats.beating('a', here, 0.03) as pulse:
        beats.answering(pulse)
        until(lambda: not pulse.is_running)
    assert here.ended is None


def test_what_is_over_beats_no_more(beats, recorder, until):
    here = attempt()
    with beats.beating('token', here, 0.03):
        until(lambda: recorder.taken)
    until(lambda: not beats._due)
    here.heartbeat('late')
    assert not beats._due


def test_an_error_that_nobody_foresaw_is_logged(beats, recorder, until, caplog):
    recorder.record_activity_task_heartbeat = lambda **_: 1 / 0
    with beats.beating('token', attempt(), 0.03):
        until(lambda: caplog.text.count('a heartbeat went wrong') > 1)


def test_tasks_that_are_over_do_not_pile_up_until_their_next_beat(beats):
    with beats.beating('long', attempt(), 3600):
        for n in range(1000):
            with beats.beating(f'short-{n}', attempt(), 3600):
                pass
        assert len(beats._due) < 100
        assert 'long' in [pulse.token for _, _, pulse in beats._due]
