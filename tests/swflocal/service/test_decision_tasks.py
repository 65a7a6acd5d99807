"""When a decision task is due, what a poll gives, and what an answer may hold."""

import pytest

from pyswfaws.protocol.decisions import CLOSE_DECISIONS, decision
from pyswfaws.protocol.events import attributes
from pyswfaws.swflocal.service import Fault

COMPLETE = decision('CompleteWorkflowExecution')


def marker(name='m'):
    return decision('RecordMarker', markerName=name)


def schedule(activity_id='a', **options):
    return decision(
        'ScheduleActivityTask', activityType={'name': 'A', 'version': '1'}, activityId=activity_id, **options)


def test_a_start_schedules_a_decision_task_at_the_same_moment(swf):
    swf.now = 5.0
    swf.start()
    assert [(e['eventType'], e['eventTimestamp']) for e in swf.history()] == [
        ('WorkflowExecutionStarted', 5.0), ('DecisionTaskScheduled', 5.0)]
    assert swf.last('DecisionTaskScheduled') == {
        'taskList': {'name': 'decider'}, 'startToCloseTimeout': '100', 'scheduleToStartTimeout': 'NONE'}


def test_an_empty_poll_has_no_token(swf):
    assert swf('PollForDecisionTask', taskList={'name': 'decider'}) == {
        'previousStartedEventId': 0, 'startedEventId': 0}
    assert swf('PollForActivityTask', taskList={'name': 'worker'}) == {'startedEventId': 0}


def test_a_poll_of_an_unknown_domain_is_refused(swf):
    swf.refuses('UnknownResourceFault', 'Unknown domain: no',
                'PollForDecisionTask', domain='no', taskList={'name': 'x'})


def test_a_poll_gives_the_task_with_its_history(swf):
    run_id = swf.start()
    task = swf.poll(identity='me')
    assert task['workflowExecution'] == {'workflowId': 'w', 'runId': run_id}
    assert task['workflowType'] == {'name': 'W', 'version': '1'}
    assert (task['startedEventId'], task['previousStartedEventId']) == (3, 0)
    assert [e['eventId'] for e in task['events']] == [1, 2, 3]
    assert swf.last('DecisionTaskStarted') == {'scheduledEventId': 2, 'identity': 'me'}


def test_an_empty_list_writes_only_the_completion(swf):
    swf.start()
    swf.decide()
    assert swf.types()[2:] == ['DecisionTaskStarted', 'DecisionTaskCompleted']
    assert 'taskToken' not in swf('PollForDecisionTask', taskList={'name': 'decider'})


def test_a_trigger_while_a_task_runs_schedules_at_once_and_once(swf):
    swf.start()
    task = swf.poll()
    swf('SignalWorkflowExecution', workflowId='w', signalName='s')
    swf('SignalWorkflowExecution', workflowId='w', signalName='s')
    assert swf.types()[3:] == ['WorkflowExecutionSignaled', 'DecisionTaskScheduled', 'WorkflowExecutionSignaled']
    assert 'taskToken' not in swf('PollForDecisionTask', taskList={'name': 'decider'})
    swf.answer(task)
    assert swf.poll()['previousStartedEventId'] == 3
    assert swf.types()[-2:] == ['DecisionTaskCompleted', 'DecisionTaskStarted']


def test_unhandled_decision_only_when_a_decision_task_is_pending(swf):
    swf.start()
    task = swf.poll()
    swf('SignalWorkflowExecution', workflowId='w', signalName='s')
    swf.answer(task, marker(), COMPLETE)
    assert swf.types()[5:] == ['DecisionTaskCompleted', 'MarkerRecorded', 'CompleteWorkflowExecutionFailed']
    assert swf.last('CompleteWorkflowExecutionFailed') == {
        'cause': 'UNHANDLED_DECISION', 'decisionTaskCompletedEventId': 6}
    swf.decide(COMPLETE)
    assert swf.types()[-1] == 'WorkflowExecutionCompleted'


@pytest.mark.parametrize('close', sorted(CLOSE_DECISIONS))
def test_each_close_is_refused_while_a_decision_task_is_pending(swf, close):
    swf.start()
    task = swf.poll()
    swf('SignalWorkflowExecution', workflowId='w', signalName='s')
    swf.answer(task, decision(close))
    assert swf.last(f'{close}Failed') == {'cause': 'UNHANDLED_DECISION', 'decisionTaskCompletedEventId': 6}
    assert swf.types()[-1] == f'{close}Failed'


def test_open_work_and_failures_of_the_own_list_do_not_block_a_close(swf):
    swf.start()
    swf.decide(schedule(), decision('StartTimer', timerId='t', startToFireTimeout='9'),
               decision('CancelTimer', timerId='unknown'), COMPLETE)
    assert swf.types()[4:] == [
        'ActivityTaskScheduled', 'TimerStarted', 'CancelTimerFailed', 'WorkflowExecutionCompleted']
    assert swf.describe()['openCounts'] == {
        'openActivityTasks': 1, 'openDecisionTasks': 0, 'openTimers': 1, 'openChildWorkflowExecutions': 0,
        'openLambdaFunctions': 0}


def test_one_decision_task_after_a_list_with_failures(swf):
    swf.start()
    swf.decide(decision('CancelTimer', timerId='x'), decision('CancelTimer', timerId='y'), schedule())
    assert swf.types()[4:] == [
        'CancelTimerFailed', 'CancelTimerFailed', 'ActivityTaskScheduled', 'DecisionTaskScheduled']


def test_a_task_is_answered_once(swf):
    swf.start()
    task = swf.decide()
    swf.refuses('UnknownResourceFault', 'Unknown decision task, scheduledEventId = 2',
                'RespondDecisionTaskCompleted', taskToken=task['taskToken'])
    run_id = swf.start('other')
    task = swf.decide(COMPLETE)
    swf.refuses('UnknownResourceFault',
                f'Unknown execution: WorkflowExecution=[workflowId=other, runId={run_id}]',
                'RespondDecisionTaskCompleted', taskToken=task['taskToken'])


@pytest.mark.parametrize('token', ['x', 'AAAA', 'ä', 'A' * 1024])
def test_a_garbled_token_is_invalid(swf, token):
    swf.refuses('ValidationException', 'Invalid token', 'RespondDecisionTaskCompleted', taskToken=token)
    swf.refuses('ValidationException', 'Invalid token', 'RespondActivityTaskCompleted', taskToken=token)
    swf.refuses('ValidationException', 'Invalid token',
                'PollForDecisionTask', taskList={'name': 'x'}, nextPageToken=token)


def test_a_token_of_another_kind_is_invalid(swf):
    swf.start()
    token = swf.poll()['taskToken']
    swf.refuses('ValidationException', 'Invalid token', 'RespondActivityTaskCompleted', taskToken=token)


def test_a_list_that_breaks_a_rule_leaves_history_and_token_as_they_were(swf):
    swf.start()
    task, before = swf.poll(), swf.history()
    swf.refuses('ValidationException', 'Close must be last decision in list', 'RespondDecisionTaskCompleted',
                taskToken=task['taskToken'], decisions=[COMPLETE, {'decisionType': 'WeDontCare'}])
    with pytest.raises(Fault, match=r'1 validation error detected: Value null at '
                                    r"'decisions\.2\.member\.recordMarkerDecisionAttributes\.markerName'"):
        swf.answer(task, marker(), {'decisionType': 'RecordMarker'})
    assert swf.history() == before
    swf.answer(task, COMPLETE)


def test_execution_context_is_kept_until_the_next_one(swf):
    swf.start()
    task = swf.poll()
    swf('SignalWorkflowExecution', workflowId='w', signalName='s')
    swf.answer(task, executionContext='first')
    assert swf.describe()['latestExecutionContext'] == 'first'
    task = swf.poll()
    swf('SignalWorkflowExecution', workflowId='w', signalName='s')
    swf.answer(task)
    assert swf.describe()['latestExecutionContext'] == 'first'
    swf.decide(executionContext='')
    assert swf.describe()['latestExecutionContext'] == ''


def test_pages_are_a_snapshot_of_at_most_a_hundred_events(swf):
    swf.start()
    swf.decide(*[marker(str(n)) for n in range(247)], decision('CancelTimer', timerId='x'))
    task = swf.poll(maximumPageSize=1000)
    assert len(task['events']) == 100
    swf('SignalWorkflowExecution', workflowId='w', signalName='s')
    pages = [task]
    while 'nextPageToken' in pages[-1]:
        pages.append(swf('PollForDecisionTask', taskList={'name': 'decider'}, nextPageToken=pages[-1]['nextPageToken']))
    events = [event for page in pages for event in page['events']]
    assert [e['eventId'] for e in events] == list(range(1, task['startedEventId'] + 1))
    assert {(p['startedEventId'], p['previousStartedEventId']) for p in pages} == {(254, 3)}
    swf.answer(pages[-1])


def test_reverse_order_starts_from_the_tasks_own_start(swf):
    swf.start()
    swf.decide(*[marker(str(n)) for n in range(8)], decision('CancelTimer', timerId='x'))
    first = swf.poll(maximumPageSize=10, reverseOrder=True)
    second = swf('PollForDecisionTask', taskList={'name': 'decider'}, reverseOrder=True, maximumPageSize=10,
                 nextPageToken=first['nextPageToken'])
    assert [e['eventId'] for e in first['events'] + second['events']] == list(range(15, 0, -1))
    assert 'nextPageToken' not in second


def test_start_at_previous_started_event_is_inclusive(swf):
    swf.start()
    first = swf.poll(startAtPreviousStartedEvent=True)
    assert [e['eventId'] for e in first['events']] == [1, 2, 3]
    swf('SignalWorkflowExecution', workflowId='w', signalName='s')
    swf.answer(first)
    second = swf.poll(startAtPreviousStartedEvent=True)
    assert [e['eventType'] for e in second['events']] == [
        'DecisionTaskStarted', 'WorkflowExecutionSignaled', 'DecisionTaskScheduled', 'DecisionTaskCompleted',
        'DecisionTaskStarted']


def test_decision_task_timeout_is_followed_by_a_new_one(swf):
    swf.start()
    task = swf.poll()
    swf.at(100.0)
    assert swf.types()[3:] == ['DecisionTaskTimedOut', 'DecisionTaskScheduled']
    assert swf.last('DecisionTaskTimedOut') == {
        'timeoutType': 'START_TO_CLOSE', 'scheduledEventId': 2, 'startedEventId': 3}
    swf.refuses('UnknownResourceFault', 'Unknown decision task, scheduledEventId = 2',
                'RespondDecisionTaskCompleted', taskToken=task['taskToken'])
    assert swf.poll()['previousStartedEventId'] == 0


def test_after_a_timeout_a_pending_task_serves(swf):
    swf.start()
    swf.poll()
    swf('SignalWorkflowExecution', workflowId='w', signalName='s')
    swf.at(100.0)
    assert swf.types()[3:] == ['WorkflowExecutionSignaled', 'DecisionTaskScheduled', 'DecisionTaskTimedOut']
    swf.decide(COMPLETE)


def test_priority_before_first_come(swf):
    swf.start('low', taskPriority='-1')
    swf.start('first')
    swf.start('second')
    swf.start('high', taskPriority='7')
    assert [swf.poll()['workflowExecution']['workflowId'] for _ in range(4)] == ['high', 'first', 'second', 'low']
    assert swf.last('DecisionTaskScheduled', 'high')['taskPriority'] == '7'


def test_count_pending_counts_what_waits(swf):
    count = {'taskList': {'name': 'decider'}}
    assert swf('CountPendingDecisionTasks', **count) == {'count': 0, 'truncated': False}
    swf.start('a')
    swf.start('b')
    swf.poll()
    assert swf('CountPendingDecisionTasks', **count)['count'] == 1


def test_affinity_moves_later_tasks_to_the_other_list(swf):
    swf.start()
    swf.decide(taskList={'name': 'mine'}, taskListScheduleToStartTimeout='10')
    assert swf.last('DecisionTaskCompleted')['taskListScheduleToStartTimeout'] == '10'
    swf('SignalWorkflowExecution', workflowId='w', signalName='s')
    assert swf.last('DecisionTaskScheduled') == {
        'taskList': {'name': 'mine'}, 'startToCloseTimeout': '100', 'scheduleToStartTimeout': '10'}
    swf.decide(task_list='mine')
    swf('SignalWorkflowExecution', workflowId='w', signalName='s')
    assert swf.last('DecisionTaskScheduled')['taskList'] == {'name': 'mine'}
    assert swf.describe()['executionConfiguration']['taskList'] == {'name': 'decider'}


def test_affinity_reverts_when_the_task_is_not_started_in_time(swf):
    swf.start()
    swf.decide(taskList={'name': 'mine'}, taskListScheduleToStartTimeout='10')
    swf('SignalWorkflowExecution', workflowId='w', signalName='s')
    swf.at(10.0)
    assert swf.types()[-2:] == ['DecisionTaskTimedOut', 'DecisionTaskScheduled']
    assert swf.last('DecisionTaskTimedOut') == {
        'timeoutType': 'SCHEDULE_TO_START', 'scheduledEventId': 6, 'startedEventId': 0}
    assert swf.last('DecisionTaskScheduled')['taskList'] == {'name': 'decider'}
    swf.decide(COMPLETE)


def test_affinity_reverts_when_the_task_is_not_completed_in_time(swf):
    swf.start()
    swf.decide(taskList={'name': 'mine'})
    swf('SignalWorkflowExecution', workflowId='w', signalName='s')
    assert swf.last('DecisionTaskScheduled')['scheduleToStartTimeout'] == 'NONE'
    swf.poll('mine')
    swf.at(100.0)
    assert swf.last('DecisionTaskScheduled')['taskList'] == {'name': 'decider'}


def test_a_task_pending_when_the_override_is_set_keeps_its_list(swf):
    swf.start()
    task = swf.poll()
    swf('SignalWorkflowExecution', workflowId='w', signalName='s')
    swf.answer(task, taskList={'name': 'mine'})
    swf.decide(decision('CancelTimer', timerId='x'), task_list='decider')
    assert swf.last('DecisionTaskScheduled')['taskList'] == {'name': 'mine'}


def test_all_events_of_a_list_carry_its_moment(swf):
    swf.start()
    task = swf.poll()
    swf.now = 7.0
    swf.answer(task, marker('a'), decision('CancelTimer', timerId='x'), marker('b'))
    assert {e['eventTimestamp'] for e in swf.history()[3:]} == {7.0}
    assert all(attributes(e)['decisionTaskCompletedEventId'] == 4 for e in swf.history()[4:7])


def test_what_the_caller_does_with_its_request_later_changes_nothing(swf):
    swf.start()
    named = {'name': 'A', 'version': '1'}
    swf.decide(decision('ScheduleActivityTask', activityType=named, activityId='a'))
    named['name'] = 'changed'
    assert swf.last('ActivityTaskScheduled')['activityType'] == {'name': 'A', 'version': '1'}
