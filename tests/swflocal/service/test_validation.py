"""Requests that the service refuses before it looks at anything: the words, and the order of the checks."""

import math

import pytest

from pyswfaws.protocol.decisions import decision
from pyswfaws.swflocal.service import Fault

START = {'workflowId': 'w', 'workflowType': {'name': 'W', 'version': '1'}}


def refusal(swf, operation, **request):
    with pytest.raises(Fault) as refused:
        swf(operation, **request)
    return refused.value


def broken(value, path, constraint, count='1 validation error'):
    return f"{count} detected: Value {value} at '{path}' failed to satisfy constraint: {constraint}"


@pytest.mark.parametrize(('operation', 'request_', 'message'), [
    ('StartWorkflowExecution', {**START, 'childPolicy': 'NO'}, broken(
        "'NO'", 'childPolicy', 'Member must satisfy enum value set: [TERMINATE, REQUEST_CANCEL, ABANDON]')),
    ('StartWorkflowExecution', {'workflowType': START['workflowType']}, broken(
        'null', 'workflowId', 'Member must not be null')),
    ('StartWorkflowExecution', {'workflowId': None, 'workflowType': START['workflowType']}, broken(
        'null', 'workflowId', 'Member must not be null')),
    ('StartWorkflowExecution', {**START, 'workflowId': ''}, broken(
        "''", 'workflowId', 'Member must have length greater than or equal to 1')),
    ('StartWorkflowExecution', {**START, 'workflowId': 'a' * 257}, broken(
        f"'{'a' * 257}'", 'workflowId', 'Member must have length less than or equal to 256')),
    ('StartWorkflowExecution', {**START, 'tagList': list('abcdef')}, broken(
        "'[a, b, c, d, e, f]'", 'tagList', 'Member must have length less than or equal to 5')),
    ('StartWorkflowExecution', {**START, 'executionStartToCloseTimeout': 'NONE'}, broken(
        "'NONE'", 'executionStartToCloseTimeout', 'Member must be a number')),
    ('StartWorkflowExecution', {**START, 'executionStartToCloseTimeout': '31536001'}, broken(
        "'31536001'", 'executionStartToCloseTimeout', 'Member must have value less than or equal to 31536000')),
    ('StartWorkflowExecution', {**START, 'taskPriority': '2147483648'}, broken(
        "'2147483648'", 'taskPriority', 'Member must be an integer of 32 bits')),
    ('ListDomains', {'registrationStatus': 'REGISTERED', 'maximumPageSize': 1001}, broken(
        "'1001'", 'maximumPageSize', 'Member must have value less than or equal to 1000')),
    ('ListDomains', {'registrationStatus': 'REGISTERED', 'maximumPageSize': -1}, broken(
        "'-1'", 'maximumPageSize', 'Member must have value greater than or equal to 0')),
    ('ListDomains', {'registrationStatus': 'OLD'}, broken(
        "'OLD'", 'registrationStatus', 'Member must satisfy enum value set: [REGISTERED, DEPRECATED]')),
    ('RegisterDomain', {'name': 'd', 'workflowExecutionRetentionPeriodInDays': '91'}, broken(
        "'91'", 'workflowExecutionRetentionPeriodInDays', 'Member must have value less than or equal to 90')),
    ('RespondActivityTaskCompleted', {'taskToken': 't', 'result': 'r' * 32769}, broken(
        f"'{'r' * 32769}'", 'result', 'Member must have length less than or equal to 32768')),
    ('RespondDecisionTaskCompleted', {'taskToken': 't', 'decisions': [None]}, broken(
        'null', 'decisions.1.member', 'Member must not be null')),
    ('TagResource', {'resourceArn': 'a', 'tags': [{'key': '!'}]}, broken(
        "'!'", 'tags.1.member.key',
        r'Member must satisfy regular expression pattern: ^([\p{L}\p{Z}\p{N}_.:/=+\-@]*)$')),
    ('RecordActivityTaskHeartbeat', {'taskToken': 't', 'details': 'r' * 2049}, broken(
        f"'{'r' * 2049}'", 'details', 'Member must have length less than or equal to 2048')),
])
def test_constraints_in_the_services_words(swf, operation, request_, message):
    fault = refusal(swf, operation, **request_)
    assert fault.type == 'com.amazon.coral.validate#ValidationException'
    assert (fault.message, fault.status) == (message, 400)


def test_all_violations_are_reported_at_once(swf):
    fault = refusal(swf, 'RespondDecisionTaskCompleted', taskToken='t', decisions=[{'decisionType': 'StartTimer'}])
    null = ("Value null at 'decisions.1.member.startTimerDecisionAttributes.{}' "
            'failed to satisfy constraint: Member must not be null')
    assert fault.message == (
        f'2 validation errors detected: {null.format("timerId")}; {null.format("startToFireTimeout")}')


def test_attributes_that_do_not_match_the_decision_type_are_checked_too(swf):
    fault = refusal(swf, 'RespondDecisionTaskCompleted', taskToken='t', decisions=[
        {**decision('CompleteWorkflowExecution'), 'startTimerDecisionAttributes': {'timerId': 'x'}}])
    assert "'decisions.1.member.startTimerDecisionAttributes.startToFireTimeout'" in fault.message


def test_the_decision_types_in_the_services_order(swf):
    fault = refusal(swf, 'RespondDecisionTaskCompleted', taskToken='t', decisions=[{'decisionType': 'No'}])
    assert fault.message.endswith(
        'enum value set: [CompleteWorkflowExecution, StartTimer, RequestCancelExternalWorkflowExecution, '
        'SignalExternalWorkflowExecution, CancelTimer, RecordMarker, ScheduleActivityTask, '
        'ContinueAsNewWorkflowExecution, ScheduleLambdaFunction, FailWorkflowExecution, RequestCancelActivityTask, '
        'StartChildWorkflowExecution, CancelWorkflowExecution]')


@pytest.mark.parametrize('name', ['a:b', 'a/b', 'a|b', 'a\x00b', 'a\x7fb', 'a\x9fb', 'arn', ' a', 'a '])
def test_names_that_are_not_allowed(bare, name):
    fault = refusal(bare, 'RegisterDomain', name=name, workflowExecutionRetentionPeriodInDays='1')
    assert fault.message.startswith(f"1 validation error detected: Value '{name}' at 'name'")


@pytest.mark.parametrize('name', ['a b', 'größe', 'barn', 'a.b-c_d', '日本語'])
def test_names_that_are_allowed(bare, name):
    bare('RegisterDomain', name=name, workflowExecutionRetentionPeriodInDays='1')
    assert bare('DescribeDomain', name=name)['domainInfo']['name'] == name


@pytest.mark.parametrize(('value', 'message'), [
    (3, 'class java.lang.Short can not be converted to an String'),
    (True, 'class java.lang.Boolean can not be converted to an String'),
    ({}, 'Start of structure or map found where not expected.'),
    ([], 'Start of list found where not expected'),
])
def test_a_wrong_type_comes_before_everything_else(bare, value, message):
    fault = refusal(bare, 'RegisterDomain', name='', workflowExecutionRetentionPeriodInDays=value)
    assert fault.body == {'__type': 'com.amazon.coral.service#SerializationException', 'Message': message}


@pytest.mark.parametrize('request_', [None, [], 'x', 3])
def test_a_request_that_is_no_structure(bare, request_):
    with pytest.raises(Fault):
        bare.service.apply(0.0, 'ListDomains', request_)


@pytest.mark.parametrize(('member', 'value', 'message'), [
    ('maximumPageSize', '1', 'class java.lang.String can not be converted to an Integer'),
    ('maximumPageSize', 1.5, 'class java.lang.Double can not be converted to an Integer'),
    ('reverseOrder', 'true', 'class java.lang.String can not be converted to a Boolean'),
    ('startTimeFilter', {'oldestDate': math.nan}, 'class java.lang.Double can not be converted to a Date'),
    ('startTimeFilter', 'now', 'Unexpected field type: a structure was expected'),
])
def test_wrong_types_of_other_members(swf, member, value, message):
    fault = refusal(swf, 'ListOpenWorkflowExecutions', **{'startTimeFilter': {'oldestDate': 0}, member: value})
    assert fault.message == message


def test_half_a_surrogate_pair_is_no_string(bare):
    assert refusal(bare, 'DescribeDomain', name='\ud800').name == 'SerializationException'


def test_an_unknown_operation(bare):
    fault = refusal(bare, 'FlyToTheMoon')
    assert (fault.name, fault.status) == ('UnknownOperationException', 404)


def test_null_and_unknown_members_are_ignored(swf):
    swf('StartWorkflowExecution', **START, input=None, fancy=[1], tagList=['a', None])
    assert swf.last('WorkflowExecutionStarted')['tagList'] == ['a', None]
    assert 'input' not in swf.last('WorkflowExecutionStarted')


def test_model_constraints_come_before_existence(swf):
    assert refusal(swf, 'DescribeDomain', name='a' * 257).name == 'ValidationException'


def test_a_long_arn_may_name_a_function(swf):
    swf.start(lambdaRole='r')
    swf.decide(decision('ScheduleLambdaFunction', id='l', name='arn:aws:lambda:us-east-1:1:function:' + 'f' * 64))
    assert swf.types()[-1] == 'LambdaFunctionScheduled'
