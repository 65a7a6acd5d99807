"""The service's tables against botocore's service model: a test fails when Amazon SWF gets something new."""

import pytest

from pyswfaws.protocol import decisions, events
from pyswfaws.swflocal.model import service_model
from pyswfaws.swflocal.service import RATES, faults
from pyswfaws.swflocal.service.decisions import _ECHOED, CARRY_OUT, OBSTACLES
from pyswfaws.swflocal.service.execution import FOLD
from pyswfaws.swflocal.service.operations import OPERATIONS
from pyswfaws.swflocal.service.starting import OPTIONAL, REQUIRED
from pyswfaws.swflocal.service.validation import EMPTY_IS_ABSENT, MEMBER_RULES, RULES, Validator


@pytest.fixture(scope='module')
def model():
    return service_model()


def test_every_operation_is_there(model):
    assert set(OPERATIONS) == set(model['operations'])
    assert {name.partition('/')[0] for name in RATES} == set(OPERATIONS) | {
        'RequestCancelExternalWorkflowExecution', 'ScheduleActivityTask', 'SignalExternalWorkflowExecution',
        'StartChildWorkflowExecution', 'StartTimer'}


def test_every_decision_is_there(model):
    assert set(CARRY_OUT) == set(OBSTACLES) == set(model['shapes']['DecisionType']['enum'])


def test_every_event_that_changes_the_state_is_one(model):
    assert set(FOLD) <= set(model['shapes']['EventType']['enum']) == events.EVENT_TYPES


def test_what_a_refusal_repeats_are_members_of_decision_and_event(model):
    for kind, members in _ECHOED.items():
        event = f'{decisions.REFUSALS[kind].event_type}EventAttributes'
        assert set(members) <= set(model['shapes'][f'{kind}DecisionAttributes']['members'])
        assert set(members) <= set(model['shapes'][event]['members'])


def test_every_refusal_has_what_its_event_requires(model):
    for kind, refusal in decisions.REFUSALS.items():
        required = set(model['shapes'][f'{refusal.event_type}EventAttributes']['required'])
        given = {*_ECHOED.get(kind, ()), 'cause', 'decisionTaskCompletedEventId', 'initiatedEventId'}
        assert required <= given


def test_rules_are_for_shapes_and_members_that_exist(model):
    assert set(RULES) | EMPTY_IS_ABSENT <= set(model['shapes'])
    for structure, member in MEMBER_RULES:
        assert member in model['shapes'][structure]['members']


def test_defaults_are_members(model):
    start = model['shapes']['StartWorkflowExecutionInput']['members']
    register = model['shapes']['RegisterWorkflowTypeInput']['members']
    assert set(REQUIRED) | set(OPTIONAL) <= set(start)
    assert {default.member for default in REQUIRED.values()} | set(OPTIONAL.values()) <= set(register)


def test_every_kind_of_shape_in_a_request_has_a_check(model):
    Validator(model)


def test_every_fault_is_known(model):
    modelled = {error['shape'] for operation in model['operations'].values() for error in operation['errors']}
    assert modelled == {
        'UnknownResourceFault', 'OperationNotPermittedFault', 'TypeNotDeprecatedFault', 'DomainDeprecatedFault',
        'TypeDeprecatedFault', 'DefaultUndefinedFault', 'LimitExceededFault', 'TypeAlreadyExistsFault',
        'DomainAlreadyExistsFault', 'TooManyTagsFault', 'WorkflowExecutionAlreadyStartedFault'}
    assert faults.modelled('LimitExceededFault', 'm').type == 'com.amazonaws.swf.base.model#LimitExceededFault'


#: The enumerations whose values the service writes or compares with; one more value is one more rule.
ENUMERATIONS = {
    'ActivityTaskTimeoutType': 4, 'DecisionTaskTimeoutType': 2, 'LambdaFunctionTimeoutType': 1,
    'WorkflowExecutionTimeoutType': 1, 'ChildPolicy': 3, 'CloseStatus': 6, 'ExecutionStatus': 2,
    'RegistrationStatus': 2, 'WorkflowExecutionTerminatedCause': 3, 'WorkflowExecutionCancelRequestedCause': 1,
    'StartLambdaFunctionFailedCause': 1, 'DecisionType': 13, 'EventType': 54,
}


def test_every_enumeration_is_as_it_was(model):
    found = {name: len(shape['enum']) for name, shape in model['shapes'].items() if 'enum' in shape}
    causes = {f'{refusal.event_type}Cause': len(refusal.causes) for refusal in decisions.REFUSALS.values()}
    assert found == {**ENUMERATIONS, **causes}
