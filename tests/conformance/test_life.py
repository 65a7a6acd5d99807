"""The lives of executions, from their start to their close, by every way in."""

import pytest
from botocore.exceptions import ClientError

from pyswfaws.protocol.decisions import decision
from pyswfaws.protocol.events import attributes


@pytest.fixture(autouse=True)
def _types(way):
    way.settle_in()


def test_an_activity_is_scheduled_done_and_its_result_completes_the_execution(way):
    execution = way.start(input='[[5], {}]', tagList=['blue'])
    way.decide(way.schedule(input='[[5], {}]', control='c'))
    task = way.work('10')
    assert task['activityId'] == 'a'
    assert task['input'] == '[[5], {}]'
    assert task['activityType'] == {'name': 'A', 'version': '1'}
    assert task['workflowExecution'] == execution
    way.decide(decision('CompleteWorkflowExecution', result='10'))
    assert way.types(execution) == [
        'WorkflowExecutionStarted', 'DecisionTaskScheduled', 'DecisionTaskStarted', 'DecisionTaskCompleted',
        'ActivityTaskScheduled', 'ActivityTaskStarted', 'ActivityTaskCompleted', 'DecisionTaskScheduled',
        'DecisionTaskStarted', 'DecisionTaskCompleted', 'WorkflowExecutionCompleted',
    ]
    described = way.client.describe_workflow_execution(domain='d', execution=execution)
    assert described['executionInfo']['closeStatus'] == 'COMPLETED'
    assert described['executionInfo']['tagList'] == ['blue']
    assert described['executionInfo']['startTimestamp'].tzinfo is not None


def test_a_timer_fires(way):
    execution = way.start()
    way.decide(decision('StartTimer', timerId='t', startToFireTimeout='0'))
    task = way.decide(decision('CompleteWorkflowExecution'))
    assert [event['eventType'] for event in task['events']][4:6] == ['TimerStarted', 'TimerFired']
    assert way.types(execution)[-1] == 'WorkflowExecutionCompleted'


def test_a_task_that_is_not_started_in_time_times_out(way):
    execution = way.start()
    way.decide(way.schedule(scheduleToStartTimeout='0'))
    way.decide(decision('CompleteWorkflowExecution'))
    timed_out = way.history(execution)[5]
    assert timed_out['eventType'] == 'ActivityTaskTimedOut'
    assert attributes(timed_out) == {
        'scheduledEventId': 5, 'startedEventId': 0, 'timeoutType': 'SCHEDULE_TO_START'}


def test_a_failed_activity_tells_its_reason(way):
    execution = way.start()
    way.decide(way.schedule())
    token = way.poll_activity()['taskToken']
    way.client.respond_activity_task_failed(taskToken=token, reason='Broken', details='pipe')
    way.decide(decision('FailWorkflowExecution', reason='Broken'))
    assert attributes(way.history(execution)[6]) == {
        'reason': 'Broken', 'details': 'pipe', 'scheduledEventId': 5, 'startedEventId': 6}
    assert way.types(execution)[-1] == 'WorkflowExecutionFailed'


def test_a_heartbeat_tells_that_cancellation_is_wanted(way):
    way.start()
    way.decide(way.schedule())
    token = way.poll_activity()['taskToken']
    assert way.client.record_activity_task_heartbeat(taskToken=token, details='1')['cancelRequested'] is False
    way.client.signal_workflow_execution(domain='d', workflowId='w', signalName='stop')
    way.decide(decision('RequestCancelActivityTask', activityId='a'))
    assert way.client.record_activity_task_heartbeat(taskToken=token)['cancelRequested'] is True
    way.client.respond_activity_task_canceled(taskToken=token, details='stopped')
    way.decide(decision('CancelWorkflowExecution'))


def test_a_child_reports_to_its_parent(way):
    parent = way.start('parent')
    way.decide(decision('StartChildWorkflowExecution', workflowId='child', workflowType={'name': 'W', 'version': '1'}))
    while 'WorkflowExecutionCompleted' not in way.types(parent):
        task = way.poll_decision()
        if task['workflowExecution']['workflowId'] == 'child':
            decisions = [decision('CompleteWorkflowExecution', result='child')]
        elif task['events'][-3]['eventType'] == 'ChildWorkflowExecutionCompleted':
            decisions = [decision('CompleteWorkflowExecution')]
        else:
            decisions = []
        way.client.respond_decision_task_completed(taskToken=task['taskToken'], decisions=decisions)
    of_child = [kind for kind in way.types(parent) if 'Child' in kind]
    assert of_child == [
        'StartChildWorkflowExecutionInitiated', 'ChildWorkflowExecutionStarted', 'ChildWorkflowExecutionCompleted']


def test_a_run_continues_as_a_new_one(way):
    first = way.start(input='1')
    way.decide(decision('ContinueAsNewWorkflowExecution', input='2'))
    task = way.decide(decision('CompleteWorkflowExecution'))
    assert task['workflowExecution']['runId'] != first['runId']
    started = attributes(task['events'][0])
    assert started['input'] == '2'
    assert started['continuedExecutionRunId'] == first['runId']


def test_news_during_a_decision_keep_the_execution_open(way):
    execution = way.start()
    task = way.poll_decision()
    way.client.signal_workflow_execution(domain='d', workflowId='w', signalName='wait', input='news')
    way.client.respond_decision_task_completed(
        taskToken=task['taskToken'], decisions=[decision('CompleteWorkflowExecution')])
    assert attributes(way.history(execution)[-1])['cause'] == 'UNHANDLED_DECISION'
    way.decide(decision('CompleteWorkflowExecution'))
    assert way.types(execution)[-1] == 'WorkflowExecutionCompleted'


def test_a_terminated_execution_takes_its_children_along(way):
    way.start('parent')
    way.decide(decision('StartChildWorkflowExecution', workflowId='child', workflowType={'name': 'W', 'version': '1'}))
    way.client.terminate_workflow_execution(domain='d', workflowId='parent', reason='enough')
    with pytest.raises(ClientError, match='Unknown execution, workflowId = child'):
        way.client.signal_workflow_execution(domain='d', workflowId='child', signalName='hello')


def test_an_operation_without_output_answers_with_metadata_only(way):
    way.start()
    answer = way.client.signal_workflow_execution(domain='d', workflowId='w', signalName='hello')
    assert set(answer) == {'ResponseMetadata'}
    assert answer['ResponseMetadata']['HTTPStatusCode'] == 200
    assert answer['ResponseMetadata']['RetryAttempts'] == 0


def test_what_a_caller_does_to_a_response_or_an_argument_changes_nothing(way):
    execution = way.start(tagList=(tags := ['one']))
    tags.append('two')
    for event in way.history(execution):
        attributes(event).clear()
    assert attributes(way.history(execution)[0])['tagList'] == ['one']
