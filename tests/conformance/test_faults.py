"""Faults: their types and texts, as every client of SWF sees them."""

import re

import pytest
from botocore.exceptions import ClientError, ParamValidationError

from pyswfaws.protocol.decisions import decision


@pytest.fixture(autouse=True)
def _types(way):
    way.settle_in()


def start(client, **changes):
    client.start_workflow_execution(
        **{'domain': 'd', 'workflowId': 'w', 'workflowType': {'name': 'W', 'version': '1'}, **changes})


REFUSED = {
    'unknown domain': (
        lambda client: client.describe_domain(name='nowhere'), 'UnknownResourceFault', 'Unknown domain: nowhere'),
    'a poll in an unknown domain, at once': (
        lambda client: client.poll_for_decision_task(domain='nowhere', taskList={'name': 'l'}),
        'UnknownResourceFault', 'Unknown domain: nowhere'),
    'unknown type': (
        lambda client: client.describe_activity_type(domain='d', activityType={'name': 'X', 'version': '1'}),
        'UnknownResourceFault', 'Unknown type: ActivityType=[name=X, version=1]'),
    'start of an unknown type': (
        lambda client: start(client, workflowType={'name': 'X', 'version': '1'}),
        'UnknownResourceFault', 'Unknown type: WorkflowType=[name=X, version=1]'),
    'unknown execution': (
        lambda client: client.signal_workflow_execution(domain='d', workflowId='x', signalName='s'),
        'UnknownResourceFault', 'Unknown execution, workflowId = x'),
    'unknown run': (
        lambda client: client.terminate_workflow_execution(domain='d', workflowId='x', runId='r'),
        'UnknownResourceFault', 'Unknown execution: WorkflowExecution=[workflowId=x, runId=r]'),
    'domain exists': (
        lambda client: client.register_domain(name='d', workflowExecutionRetentionPeriodInDays='1'),
        'DomainAlreadyExistsFault', 'd'),
    'type exists': (
        lambda client: client.register_workflow_type(domain='d', name='W', version='1'),
        'TypeAlreadyExistsFault', 'WorkflowType=[name=W, version=1]'),
    'garbled token': (
        lambda client: client.respond_activity_task_completed(taskToken='garbled'),
        'ValidationException', 'Invalid token'),
    'too long': (
        lambda client: start(client, input='x' * 32769), 'ValidationException',
        r"1 validation error detected: Value 'x+' at 'input' failed to satisfy constraint: .* or equal to 32768"),
    'not in the enumeration': (
        lambda client: client.list_domains(registrationStatus='GONE'), 'ValidationException',
        r"1 validation error .* 'registrationStatus' .*: Member must satisfy enum value set: \[REGISTERED, DEPREC.*\]"),
}


@pytest.mark.parametrize('name', REFUSED)
def test_a_refusal_has_its_type_and_text(way, name):
    call, code, text = REFUSED[name]
    with pytest.raises(ClientError) as refused:
        call(way.client)
    error = refused.value.response['Error']
    assert error['Code'] == code
    assert error['Message'] == text or re.fullmatch(text, error['Message'])
    assert refused.value.response['ResponseMetadata']['HTTPStatusCode'] == 400


def test_a_fault_is_of_its_own_class_with_the_members_of_its_model(way):
    with pytest.raises(way.client.exceptions.UnknownResourceFault) as refused:
        way.client.describe_domain(name='nowhere')
    assert refused.value.operation_name == 'DescribeDomain'
    assert refused.value.response['message'] == 'Unknown domain: nowhere'
    assert 'An error occurred (UnknownResourceFault) when calling the DescribeDomain operation' in str(refused.value)


def test_an_open_workflow_id_cannot_be_started_twice(way):
    start(way.client)
    with pytest.raises(way.client.exceptions.WorkflowExecutionAlreadyStartedFault, match='Already Started'):
        start(way.client)


def test_a_missing_default_is_named(way):
    way.client.register_workflow_type(domain='d', name='bare', version='1')
    with pytest.raises(way.client.exceptions.DefaultUndefinedFault, match='executionStartToCloseTimeout'):
        start(way.client, workflowType={'name': 'bare', 'version': '1'})


def test_a_decision_list_with_a_violation_is_refused_whole_and_the_token_stays_good(way):
    execution = way.start()
    token = way.poll_decision()['taskToken']
    before = way.types(execution)
    close = decision('CompleteWorkflowExecution')
    with pytest.raises(ClientError, match='Close must be last decision in list'):
        way.client.respond_decision_task_completed(taskToken=token, decisions=[close, close])
    with pytest.raises(ClientError, match=r"at 'decisions\.1\.member\.decisionType' failed to satisfy constraint"):
        way.client.respond_decision_task_completed(taskToken=token, decisions=[{'decisionType': 'WeDontCare'}])
    assert way.types(execution) == before
    way.client.respond_decision_task_completed(taskToken=token, decisions=[close])


def test_a_task_is_answered_once(way):
    way.start()
    task = way.decide(way.schedule())
    with pytest.raises(ClientError, match='Unknown decision task, scheduledEventId = 2'):
        way.client.respond_decision_task_completed(taskToken=task['taskToken'])
    token = way.work()['taskToken']
    with pytest.raises(ClientError, match='Unknown activity, scheduledEventId = 5'):
        way.client.respond_activity_task_completed(taskToken=token)


@pytest.mark.parametrize(('arguments', 'text'), [
    ({}, 'Missing required parameter in input: "name"'),
    ({'name': None}, 'Invalid type for parameter name, value: None'),
    ({'name': 5}, 'Invalid type for parameter name, value: 5'),
    ({'name': ''}, 'Invalid length for parameter name, value: 0, valid min length: 1'),
    ({'name': 'd', 'extra': 1}, 'Unknown parameter in input: "extra"'),
])
def test_boto3_refuses_an_argument_before_it_is_sent(way, arguments, text):
    with pytest.raises(ParamValidationError, match=re.escape(text)):
        way.client.describe_domain(**arguments)


def test_methods_take_keyword_arguments_only(way):
    with pytest.raises(TypeError, match='only accepts keyword arguments'):
        way.client.describe_domain('d')
