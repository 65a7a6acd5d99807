"""Activity tasks: scheduling, answers, cancellation, and each of their timeouts."""

import pytest

from pyswfaws.protocol.decisions import decision
from pyswfaws.swflocal.service import Quotas

A = {'name': 'A', 'version': '1'}


def schedule(activity_id='a', **options):
    return decision('ScheduleActivityTask', **{'activityType': A, 'activityId': activity_id, **options})


def cancel(activity_id='a'):
    return decision('RequestCancelActivityTask', activityId=activity_id)


def test_scheduled_with_the_types_defaults_resolved(swf):
    swf.start()
    swf.decide(schedule(input='i', control='c', heartbeatTimeout='NONE'))
    assert swf.last('ActivityTaskScheduled') == {
        'activityType': A, 'activityId': 'a', 'input': 'i', 'control': 'c', 'taskList': {'name': 'worker'},
        'scheduleToStartTimeout': '60', 'scheduleToCloseTimeout': '300', 'startToCloseTimeout': '200',
        'heartbeatTimeout': 'NONE', 'decisionTaskCompletedEventId': 4}
    assert swf.types()[-1] == 'ActivityTaskScheduled'


def test_a_worker_gets_the_task_and_completes_it(swf):
    run_id = swf.start()
    swf.decide(schedule(input='i'))
    task = swf('PollForActivityTask', taskList={'name': 'worker'}, identity='me')
    assert {**task, 'taskToken': ''} == {
        'taskToken': '', 'activityId': 'a', 'startedEventId': 6, 'activityType': A, 'input': 'i',
        'workflowExecution': {'workflowId': 'w', 'runId': run_id}}
    swf('RespondActivityTaskCompleted', taskToken=task['taskToken'], result='r')
    assert swf.types()[5:] == ['ActivityTaskStarted', 'ActivityTaskCompleted', 'DecisionTaskScheduled']
    assert swf.last('ActivityTaskStarted') == {'scheduledEventId': 5, 'identity': 'me'}
    assert swf.last('ActivityTaskCompleted') == {'scheduledEventId': 5, 'startedEventId': 6, 'result': 'r'}
    swf.refuses('UnknownResourceFault', 'Unknown activity, scheduledEventId = 5',
                'RespondActivityTaskFailed', taskToken=task['taskToken'])


def test_a_worker_fails_the_task(swf):
    swf.start()
    swf.decide(schedule())
    swf('RespondActivityTaskFailed', taskToken=swf.work()['taskToken'], reason='why', details='more')
    assert swf.last('ActivityTaskFailed') == {
        'scheduledEventId': 5, 'startedEventId': 6, 'reason': 'why', 'details': 'more'}


def test_canceled_is_accepted_without_a_request_to_cancel(swf):
    swf.start()
    swf.decide(schedule())
    swf('RespondActivityTaskCanceled', taskToken=swf.work()['taskToken'], details='d')
    assert swf.last('ActivityTaskCanceled') == {'scheduledEventId': 5, 'startedEventId': 6, 'details': 'd'}


@pytest.mark.parametrize(('options', 'cause'), [
    ({'activityType': {'name': 'no', 'version': '1'}}, 'ACTIVITY_TYPE_DOES_NOT_EXIST'),
    ({'activityType': {'name': 'old', 'version': '1'}}, 'ACTIVITY_TYPE_DEPRECATED'),
    ({'activityId': 'taken'}, 'ACTIVITY_ID_ALREADY_IN_USE'),
    ({'activityType': {'name': 'bare', 'version': '1'}}, 'DEFAULT_TASK_LIST_UNDEFINED'),
    ({'activityType': {'name': 'bare', 'version': '1'}, 'taskList': {'name': 'x'}},
     'DEFAULT_SCHEDULE_TO_START_TIMEOUT_UNDEFINED'),
    ({'activityType': {'name': 'bare', 'version': '1'}, 'taskList': {'name': 'x'}, 'scheduleToStartTimeout': '1'},
     'DEFAULT_SCHEDULE_TO_CLOSE_TIMEOUT_UNDEFINED'),
    ({'activityType': {'name': 'bare', 'version': '1'}, 'taskList': {'name': 'x'}, 'scheduleToStartTimeout': '1',
      'scheduleToCloseTimeout': '1'}, 'DEFAULT_START_TO_CLOSE_TIMEOUT_UNDEFINED'),
    ({'activityType': {'name': 'bare', 'version': '1'}, 'taskList': {'name': 'x'}, 'scheduleToStartTimeout': '1',
      'scheduleToCloseTimeout': '1', 'startToCloseTimeout': '1'}, 'DEFAULT_HEARTBEAT_TIMEOUT_UNDEFINED'),
])
def test_schedule_activity_task_failed(swf, options, cause):
    swf('RegisterActivityType', name='bare', version='1')
    swf('RegisterActivityType', name='old', version='1')
    swf('DeprecateActivityType', activityType={'name': 'old', 'version': '1'})
    swf.start()
    swf.decide(schedule('taken'), schedule(**options))
    failed = swf.last('ScheduleActivityTaskFailed')
    assert failed['cause'] == cause
    assert failed['activityId'] == options.get('activityId', 'a')
    assert failed['activityType'] == options.get('activityType', A)
    assert swf.types()[-1] == 'DecisionTaskScheduled'


def test_an_id_may_be_used_again_after_its_activity_closed(swf):
    swf.start()
    swf.decide(schedule())
    swf('RespondActivityTaskCompleted', taskToken=swf.work()['taskToken'])
    swf.decide(schedule())
    assert swf.types()[-1] == 'ActivityTaskScheduled'


def test_the_limit_of_open_activities_counts_started_ones(make):
    swf = make(quotas=Quotas(open_activities=2))
    swf.register()
    swf.start()
    swf.decide(schedule('a'), schedule('b'), schedule('c'))
    assert swf.last('ScheduleActivityTaskFailed')['cause'] == 'OPEN_ACTIVITIES_LIMIT_EXCEEDED'
    swf.work()
    swf.decide(schedule('d'))
    assert swf.last('ScheduleActivityTaskFailed')['activityId'] == 'd'


def test_cancel_before_the_start_closes_the_activity(swf):
    swf.start()
    swf.decide(schedule(), cancel(), decision('RecordMarker', markerName='m'))
    assert swf.types()[4:] == [
        'ActivityTaskScheduled', 'ActivityTaskCancelRequested', 'MarkerRecorded', 'ActivityTaskCanceled',
        'DecisionTaskScheduled']
    assert swf.last('ActivityTaskCanceled') == {
        'scheduledEventId': 5, 'startedEventId': 0, 'latestCancelRequestedEventId': 6}
    assert 'taskToken' not in swf('PollForActivityTask', taskList={'name': 'worker'})


def test_cancel_before_the_start_is_not_written_when_the_list_closes_the_execution(swf):
    swf.start()
    swf.decide(schedule(), cancel(), decision('CompleteWorkflowExecution'))
    assert swf.types()[4:] == ['ActivityTaskScheduled', 'ActivityTaskCancelRequested', 'WorkflowExecutionCompleted']


def test_cancel_after_the_start_shows_at_the_next_heartbeat(swf):
    swf.start()
    swf.decide(schedule())
    token = swf.work()['taskToken']
    assert swf('RecordActivityTaskHeartbeat', taskToken=token) == {'cancelRequested': False}
    swf('SignalWorkflowExecution', workflowId='w', signalName='s')
    swf.decide(cancel())
    assert swf.types()[-1] == 'ActivityTaskCancelRequested'
    assert swf('RecordActivityTaskHeartbeat', taskToken=token) == {'cancelRequested': True}
    swf('RespondActivityTaskCanceled', taskToken=token)
    assert swf.last('ActivityTaskCanceled')['latestCancelRequestedEventId'] == 11


def test_request_cancel_activity_task_failed(swf):
    swf.start()
    swf.decide(cancel('unknown'))
    assert swf.last('RequestCancelActivityTaskFailed') == {
        'activityId': 'unknown', 'cause': 'ACTIVITY_ID_UNKNOWN', 'decisionTaskCompletedEventId': 4}
    assert swf.types()[-1] == 'DecisionTaskScheduled'


@pytest.mark.parametrize(('timeout', 'started', 'at', 'kind'), [
    ('scheduleToStartTimeout', False, 10.0, 'SCHEDULE_TO_START'),
    ('scheduleToCloseTimeout', False, 10.0, 'SCHEDULE_TO_CLOSE'),
    ('scheduleToCloseTimeout', True, 10.0, 'SCHEDULE_TO_CLOSE'),
    ('startToCloseTimeout', True, 15.0, 'START_TO_CLOSE'),
    ('heartbeatTimeout', True, 15.0, 'HEARTBEAT'),
])
def test_each_timeout_from_its_own_clock(swf, timeout, started, at, kind):
    unlimited = dict.fromkeys(
        ('scheduleToStartTimeout', 'scheduleToCloseTimeout', 'startToCloseTimeout', 'heartbeatTimeout'), 'NONE')
    swf.start()
    swf.decide(schedule(**{**unlimited, timeout: '10'}))
    swf.at(5.0)
    if started:
        swf.work()
    swf.at(at - 0.001)
    assert 'ActivityTaskTimedOut' not in swf.types()
    swf.at(at)
    assert swf.types()[-2:] == ['ActivityTaskTimedOut', 'DecisionTaskScheduled']
    assert swf.last('ActivityTaskTimedOut') == {
        'timeoutType': kind, 'scheduledEventId': 5, 'startedEventId': 6 if started else 0}
    assert 'taskToken' not in swf('PollForActivityTask', taskList={'name': 'worker'})


def test_heartbeats_reset_the_heartbeat_clock_only(swf):
    swf.start()
    swf.decide(schedule(heartbeatTimeout='10', startToCloseTimeout='25'))
    token = swf.work()['taskToken']
    for moment in (8.0, 16.0, 24.0):
        swf.now = moment
        swf('RecordActivityTaskHeartbeat', taskToken=token, details=f'at {moment}')
    swf('RecordActivityTaskHeartbeat', taskToken=token)
    swf.at(25.0)
    assert swf.last('ActivityTaskTimedOut') == {
        'timeoutType': 'START_TO_CLOSE', 'scheduledEventId': 5, 'startedEventId': 6, 'details': 'at 24.0'}
    swf.refuses('UnknownResourceFault', 'Unknown activity, scheduledEventId = 5',
                'RecordActivityTaskHeartbeat', taskToken=token)


def test_of_timeouts_at_one_moment_schedule_to_start_comes_first(swf):
    swf.start()
    swf.decide(schedule(scheduleToStartTimeout='10', scheduleToCloseTimeout='10'))
    swf.at(50.0)
    assert swf.last('ActivityTaskTimedOut')['timeoutType'] == 'SCHEDULE_TO_START'


def test_a_timeout_of_zero_strikes_at_once(swf):
    swf.start()
    swf.decide(schedule(scheduleToStartTimeout='0'))
    swf.at(0.0)
    assert swf.last('ActivityTaskTimedOut')['timeoutType'] == 'SCHEDULE_TO_START'


def test_a_worker_of_a_closed_execution_is_told(swf):
    run_id = swf.start()
    swf.decide(schedule())
    token = swf.work()['taskToken']
    swf('TerminateWorkflowExecution', workflowId='w')
    swf.refuses('UnknownResourceFault', f'Unknown execution: WorkflowExecution=[workflowId=w, runId={run_id}]',
                'RespondActivityTaskCompleted', taskToken=token)


def test_priorities_of_activities_come_from_decision_or_type(swf):
    swf('RegisterActivityType', name='P', version='1', defaultTaskPriority='3')
    swf.start()
    unlimited = dict.fromkeys(
        ('scheduleToStartTimeout', 'scheduleToCloseTimeout', 'startToCloseTimeout', 'heartbeatTimeout'), 'NONE')
    swf.decide(schedule('none'), schedule('given', taskPriority='9'), schedule(
        'type', activityType={'name': 'P', 'version': '1'}, taskList={'name': 'worker'}, **unlimited))
    assert [swf.work()['activityId'] for _ in range(3)] == ['given', 'type', 'none']


def test_latest_activity_timestamp_is_that_of_the_latest_activity_event(swf):
    swf.start()
    assert 'latestActivityTaskTimestamp' not in swf.describe()
    swf.decide(schedule())
    swf.now = 3.0
    token = swf.work()['taskToken']
    assert swf.describe()['latestActivityTaskTimestamp'] == 3.0
    swf.now = 4.0
    swf('RespondActivityTaskCompleted', taskToken=token)
    assert swf.describe()['latestActivityTaskTimestamp'] == 4.0


def test_pending_activity_tasks_are_those_not_started(swf):
    swf.start()
    swf.decide(schedule('a'), schedule('b'))
    swf.work()
    assert swf('CountPendingActivityTasks', taskList={'name': 'worker'}) == {'count': 1, 'truncated': False}
