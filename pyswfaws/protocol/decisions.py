"""The 13 decisions: what a decider may ask of SWF, and how each may be refused.

A decision is a mapping as RespondDecisionTaskCompleted takes it: ``decisionType`` and one member that holds the
attributes. Source: the SWF API reference, data type Decision.
"""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple, TypeAlias

Decision: TypeAlias = dict[str, Any]


class Refusal(NamedTuple):
    """The event that records a refused decision, and the causes that it may name."""

    event_type: str
    causes: tuple[str, ...]


_DEFAULTS_OF_A_WORKFLOW = (
    'DEFAULT_EXECUTION_START_TO_CLOSE_TIMEOUT_UNDEFINED',
    'DEFAULT_TASK_LIST_UNDEFINED',
    'DEFAULT_TASK_START_TO_CLOSE_TIMEOUT_UNDEFINED',
    'DEFAULT_CHILD_POLICY_UNDEFINED',
)
_CLOSE = ('UNHANDLED_DECISION', 'OPERATION_NOT_PERMITTED')
_EXTERNAL = ('UNKNOWN_EXTERNAL_WORKFLOW_EXECUTION', 'OPERATION_NOT_PERMITTED')

#: Decision type -> how SWF records that it was refused. In the order in which the service names the types.
REFUSALS: Final[Mapping[str, Refusal]] = {
    'CompleteWorkflowExecution': Refusal('CompleteWorkflowExecutionFailed', _CLOSE),
    'StartTimer': Refusal('StartTimerFailed', (
        'TIMER_ID_ALREADY_IN_USE',
        'OPEN_TIMERS_LIMIT_EXCEEDED',
        'TIMER_CREATION_RATE_EXCEEDED',
        'OPERATION_NOT_PERMITTED',
    )),
    'RequestCancelExternalWorkflowExecution': Refusal('RequestCancelExternalWorkflowExecutionFailed', (
        *_EXTERNAL,
        'REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION_RATE_EXCEEDED',
    )),
    'SignalExternalWorkflowExecution': Refusal('SignalExternalWorkflowExecutionFailed', (
        *_EXTERNAL,
        'SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_RATE_EXCEEDED',
    )),
    'CancelTimer': Refusal('CancelTimerFailed', ('TIMER_ID_UNKNOWN', 'OPERATION_NOT_PERMITTED')),
    'RecordMarker': Refusal('RecordMarkerFailed', ('OPERATION_NOT_PERMITTED',)),
    'ScheduleActivityTask': Refusal('ScheduleActivityTaskFailed', (
        'ACTIVITY_TYPE_DEPRECATED',
        'ACTIVITY_TYPE_DOES_NOT_EXIST',
        'ACTIVITY_ID_ALREADY_IN_USE',
        'OPEN_ACTIVITIES_LIMIT_EXCEEDED',
        'ACTIVITY_CREATION_RATE_EXCEEDED',
        'DEFAULT_SCHEDULE_TO_CLOSE_TIMEOUT_UNDEFINED',
        'DEFAULT_TASK_LIST_UNDEFINED',
        'DEFAULT_SCHEDULE_TO_START_TIMEOUT_UNDEFINED',
        'DEFAULT_START_TO_CLOSE_TIMEOUT_UNDEFINED',
        'DEFAULT_HEARTBEAT_TIMEOUT_UNDEFINED',
        'OPERATION_NOT_PERMITTED',
    )),
    'ContinueAsNewWorkflowExecution': Refusal('ContinueAsNewWorkflowExecutionFailed', (
        *_CLOSE,
        'WORKFLOW_TYPE_DEPRECATED',
        'WORKFLOW_TYPE_DOES_NOT_EXIST',
        *_DEFAULTS_OF_A_WORKFLOW,
        'CONTINUE_AS_NEW_WORKFLOW_EXECUTION_RATE_EXCEEDED',
    )),
    'ScheduleLambdaFunction': Refusal('ScheduleLambdaFunctionFailed', (
        'ID_ALREADY_IN_USE',
        'OPEN_LAMBDA_FUNCTIONS_LIMIT_EXCEEDED',
        'LAMBDA_FUNCTION_CREATION_RATE_EXCEEDED',
        'LAMBDA_SERVICE_NOT_AVAILABLE_IN_REGION',
    )),
    'FailWorkflowExecution': Refusal('FailWorkflowExecutionFailed', _CLOSE),
    'RequestCancelActivityTask': Refusal('RequestCancelActivityTaskFailed', (
        'ACTIVITY_ID_UNKNOWN',
        'OPERATION_NOT_PERMITTED',
    )),
    'StartChildWorkflowExecution': Refusal('StartChildWorkflowExecutionFailed', (
        'WORKFLOW_TYPE_DOES_NOT_EXIST',
        'WORKFLOW_TYPE_DEPRECATED',
        'OPEN_CHILDREN_LIMIT_EXCEEDED',
        'OPEN_WORKFLOWS_LIMIT_EXCEEDED',
        'CHILD_CREATION_RATE_EXCEEDED',
        'WORKFLOW_ALREADY_RUNNING',
        *_DEFAULTS_OF_A_WORKFLOW,
        'OPERATION_NOT_PERMITTED',
    )),
    'CancelWorkflowExecution': Refusal('CancelWorkflowExecutionFailed', _CLOSE),
}

DECISION_TYPES: Final = tuple(REFUSALS)

#: The decisions that close the execution, and the close status of each: at most one in a response, and the last of it.
CLOSE_DECISIONS: Final[Mapping[str, str]] = {
    'CompleteWorkflowExecution': 'COMPLETED',
    'FailWorkflowExecution': 'FAILED',
    'CancelWorkflowExecution': 'CANCELED',
    'ContinueAsNewWorkflowExecution': 'CONTINUED_AS_NEW',
}

#: Decision type -> the name of the member that holds its attributes.
ATTRIBUTES_MEMBER: Final[Mapping[str, str]] = {
    decision_type: f'{decision_type[0].lower()}{decision_type[1:]}DecisionAttributes'
    for decision_type in DECISION_TYPES
}


def decision(decision_type: str, **attributes: Any) -> Decision:
    """Make a decision; an attribute that is None is left out.

    >>> decision('StartTimer', timerId='timer-1', startToFireTimeout='10', control=None)
    {'decisionType': 'StartTimer', 'startTimerDecisionAttributes': {'timerId': 'timer-1', 'startToFireTimeout': '10'}}
    """
    return {
        'decisionType': decision_type,
        ATTRIBUTES_MEMBER[decision_type]: {name: value for name, value in attributes.items() if value is not None},
    }
