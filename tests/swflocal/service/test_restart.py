"""A service opened again on its file: nothing that was acknowledged is lost, and everything goes on."""

import pytest

from pyswfaws.protocol.decisions import decision
from pyswfaws.swflocal.stores import SqliteStore

from .conftest import Caller, verify

SCHEDULE = decision('ScheduleActivityTask', activityType={'name': 'A', 'version': '1'}, activityId='a')


@pytest.fixture
def reopen(tmp_path, model):
    """Makes callers of one file, each in the place of the one before, of which only the file is left."""
    stores = []

    def make():
        if stores:
            stores[-1].close()
        stores.append(SqliteStore(tmp_path / 'swf.db'))
        return Caller(stores[-1], model)

    yield make
    verify(make().service)
    stores[-1].close()


def test_tokens_polls_and_timers_go_on(reopen):
    swf = reopen()
    swf.register()
    swf.start()
    decision_token = swf.poll()['taskToken']
    swf = reopen()
    swf('RespondDecisionTaskCompleted', taskToken=decision_token, decisions=[
        SCHEDULE, decision('StartTimer', timerId='t', startToFireTimeout='10')])
    swf = reopen()
    activity_token = swf.work()['taskToken']
    swf = reopen()
    assert swf('RecordActivityTaskHeartbeat', taskToken=activity_token) == {'cancelRequested': False}
    swf('RespondActivityTaskCompleted', taskToken=activity_token, result='r')
    swf = reopen()
    swf.at(10.0)
    assert swf.types()[-4:] == ['ActivityTaskStarted', 'ActivityTaskCompleted', 'DecisionTaskScheduled', 'TimerFired']
    swf.decide(decision('CompleteWorkflowExecution'))
    swf = reopen()
    assert swf.describe()['executionInfo']['closeStatus'] == 'COMPLETED'


def test_what_fell_due_meanwhile_strikes_at_the_return_in_the_order_of_the_deadlines(reopen):
    swf = reopen()
    swf.register()
    swf.start()
    swf.decide(decision('StartTimer', timerId='late', startToFireTimeout='40'), SCHEDULE,
               decision('StartTimer', timerId='early', startToFireTimeout='5'))
    swf = reopen()
    swf.at(50.0)
    assert [e['eventTimestamp'] for e in swf.history()[7:]] == [50.0, 50.0, 50.0]
    assert swf.types()[7:] == ['TimerFired', 'DecisionTaskScheduled', 'TimerFired']


def test_the_last_heartbeat_is_remembered(reopen):
    swf = reopen()
    swf.register()
    swf.start()
    swf.decide(SCHEDULE)
    token = swf.work()['taskToken']
    swf.now = 25.0
    swf('RecordActivityTaskHeartbeat', taskToken=token, details='half way')
    swf = reopen()
    swf.at(54.9)
    assert swf.types()[-1] == 'ActivityTaskStarted'
    swf.at(55.0)
    assert swf.last('ActivityTaskTimedOut') == {
        'timeoutType': 'HEARTBEAT', 'scheduledEventId': 5, 'startedEventId': 6, 'details': 'half way'}


def test_a_page_of_a_task_can_still_be_read(reopen):
    swf = reopen()
    swf.register()
    swf.start()
    swf.decide(*[decision('RecordMarker', markerName='m')] * 120, decision('CancelTimer', timerId='x'))
    task = swf.poll()
    swf = reopen()
    page = swf('PollForDecisionTask', taskList={'name': 'decider'}, nextPageToken=task['nextPageToken'])
    assert [e['eventId'] for e in page['events']] == list(range(101, task['startedEventId'] + 1))


def test_a_clock_that_was_set_back_does_not_turn_a_history_around(reopen):
    swf = reopen()
    swf.register()
    swf.now = 100.0
    swf.start()
    swf = reopen()
    swf.now = 90.0
    swf.decide()
    assert {e['eventTimestamp'] for e in swf.history()} == {100.0}


def test_executions_beyond_what_memory_holds(reopen, monkeypatch):
    monkeypatch.setattr('pyswfaws.swflocal.service.world.EVENTS_IN_MEMORY', 10)
    swf = reopen()
    swf.register()
    for n in range(6):
        swf.start(f'w{n}')
    for _ in range(6):
        swf.decide(SCHEDULE)
    assert len(swf.service._world._executions) == 2
    assert swf.service._world._events == 10
    for _ in range(6):
        swf('RespondActivityTaskCompleted', taskToken=swf.work()['taskToken'])
    for _ in range(6):
        swf.decide(decision('CompleteWorkflowExecution'))
    assert swf('CountClosedWorkflowExecutions', startTimeFilter={'oldestDate': 0.0})['count'] == 6
    assert swf.service._world._events == 0
