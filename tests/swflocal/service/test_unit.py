"""A request as one unit of work: kept whole or not at all, in the store and in memory; and what the shell is told."""

import pytest

from pyswfaws.protocol.decisions import decision
from pyswfaws.swflocal.service import TaskListKey

SCHEDULE = decision('ScheduleActivityTask', activityType={'name': 'A', 'version': '1'}, activityId='a')


def test_a_request_that_breaks_in_the_middle_changes_nothing(swf, monkeypatch):
    swf.start()
    task, before = swf.poll(), swf.history()

    def fail(*_):
        raise OSError('no space left on device')

    with monkeypatch.context() as broken:
        broken.setattr(swf.store, 'add_task', fail)
        with pytest.raises(OSError, match='no space left'):
            swf.answer(task, SCHEDULE)
    assert swf.history() == before
    swf.answer(task, SCHEDULE)
    assert swf.work()['activityId'] == 'a'


def test_a_start_that_breaks_in_the_middle_leaves_no_execution(swf, monkeypatch):
    def fail(*_):
        raise OSError('no space left on device')

    with monkeypatch.context() as broken:
        broken.setattr(swf.store, 'append_events', fail)
        with pytest.raises(OSError, match='no space left'):
            swf.start()
    assert swf('CountOpenWorkflowExecutions', startTimeFilter={'oldestDate': 0.0})['count'] == 0
    assert swf.service.next_deadline() is None
    swf.start()


def test_lists_that_got_a_task_are_told_once(swf):
    swf.start()
    assert swf.service.take_ready() == {TaskListKey('us-east-1', 'd', 'decision', 'decider')}
    swf.decide(SCHEDULE)
    assert swf.service.take_ready() == {TaskListKey('us-east-1', 'd', 'activity', 'worker')}
    assert swf.service.take_ready() == set()


def test_a_token_of_another_region_is_invalid(swf):
    swf.start()
    token = swf.poll()['taskToken']
    swf.refuses('ValidationException', 'Invalid token',
                'RespondDecisionTaskCompleted', taskToken=token, region='eu-west-1')


def test_a_token_of_an_execution_that_retention_has_taken_is_invalid(swf):
    swf.start()
    token = swf.poll()['taskToken']
    swf('TerminateWorkflowExecution', workflowId='w')
    swf.at(8 * 86_400.0)
    swf.refuses('ValidationException', 'Invalid token', 'RespondDecisionTaskCompleted', taskToken=token)


def test_the_next_deadline_is_the_earliest_of_all_regions(swf):
    assert swf.service.next_deadline() is None
    swf.start()
    assert swf.service.next_deadline() == 1000.0
    swf.poll()
    assert swf.service.next_deadline() == 100.0
    swf('TerminateWorkflowExecution', workflowId='w')
    assert swf.service.next_deadline() is None


def test_many_deadlines_strike_a_thousand_at_a_time(swf):
    swf.start()
    timers = [decision('StartTimer', timerId=str(n), startToFireTimeout='1') for n in range(900)]
    swf.decide(*timers)
    swf.start('other')
    swf.decide(*timers)
    swf.at(1.0)
    assert swf.service.next_deadline() == 1.0
    swf.at(1.0)
    assert sum(swf.types(w).count('TimerFired') for w in ('w', 'other')) == 1800
    assert swf.service.next_deadline() > 1.0
