"""The 54 event types of a history, and what each means for the execution that it stands in.

An event is a mapping as SWF answers it: ``eventId``, ``eventType``, ``eventTimestamp`` and one member that holds the
attributes, whose name derives from the type. Source: the SWF API reference, data type HistoryEvent.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, TypeAlias

Event: TypeAlias = Mapping[str, Any]

#: Event types after which a decision task is due (SWF schedules one unless one is pending already).
TRIGGERS: Final = frozenset({
    'WorkflowExecutionStarted',
    'WorkflowExecutionSignaled',
    'WorkflowExecutionCancelRequested',
    'ContinueAsNewWorkflowExecutionFailed',
    'DecisionTaskTimedOut',
    'ScheduleActivityTaskFailed',
    'ActivityTaskCompleted',
    'ActivityTaskFailed',
    'ActivityTaskTimedOut',
    'ActivityTaskCanceled',
    'RequestCancelActivityTaskFailed',
    'RecordMarkerFailed',
    'StartTimerFailed',
    'TimerFired',
    'CancelTimerFailed',
    'StartChildWorkflowExecutionFailed',
    'ChildWorkflowExecutionStarted',
    'ChildWorkflowExecutionCompleted',
    'ChildWorkflowExecutionFailed',
    'ChildWorkflowExecutionTimedOut',
    'ChildWorkflowExecutionCanceled',
    'ChildWorkflowExecutionTerminated',
    'SignalExternalWorkflowExecutionFailed',
    'ExternalWorkflowExecutionSignaled',
    'RequestCancelExternalWorkflowExecutionFailed',
    'ExternalWorkflowExecutionCancelRequested',
    'LambdaFunctionCompleted',
    'LambdaFunctionFailed',
    'LambdaFunctionTimedOut',
    'ScheduleLambdaFunctionFailed',
    'StartLambdaFunctionFailed',
})

#: Event types that close the execution, and the close status that they give it.
CLOSE_STATUS: Final[Mapping[str, str]] = {
    'WorkflowExecutionCompleted': 'COMPLETED',
    'WorkflowExecutionFailed': 'FAILED',
    'WorkflowExecutionCanceled': 'CANCELED',
    'WorkflowExecutionTerminated': 'TERMINATED',
    'WorkflowExecutionContinuedAsNew': 'CONTINUED_AS_NEW',
    'WorkflowExecutionTimedOut': 'TIMED_OUT',
}

#: Event types that record a refused close decision, and the decision that each refuses.
CLOSE_FAILED: Final[Mapping[str, str]] = {
    'CompleteWorkflowExecutionFailed': 'CompleteWorkflowExecution',
    'FailWorkflowExecutionFailed': 'FailWorkflowExecution',
    'CancelWorkflowExecutionFailed': 'CancelWorkflowExecution',
    'ContinueAsNewWorkflowExecutionFailed': 'ContinueAsNewWorkflowExecution',
}

#: The rest: recorded, but neither a reason for a decision task nor the end.
QUIET: Final = frozenset({
    'CompleteWorkflowExecutionFailed',   # UNHANDLED_DECISION: a decision task is pending by definition
    'FailWorkflowExecutionFailed',
    'CancelWorkflowExecutionFailed',
    'DecisionTaskScheduled',
    'DecisionTaskStarted',
    'DecisionTaskCompleted',
    'ActivityTaskScheduled',
    'ActivityTaskStarted',
    'ActivityTaskCancelRequested',
    'MarkerRecorded',
    'TimerStarted',
    'TimerCanceled',
    'StartChildWorkflowExecutionInitiated',
    'SignalExternalWorkflowExecutionInitiated',
    'RequestCancelExternalWorkflowExecutionInitiated',
    'LambdaFunctionScheduled',
    'LambdaFunctionStarted',
})

EVENT_TYPES: Final = TRIGGERS | QUIET | frozenset(CLOSE_STATUS)

#: Event type -> the name of the member that holds its attributes.
ATTRIBUTES_MEMBER: Final[Mapping[str, str]] = {
    event_type: f'{event_type[0].lower()}{event_type[1:]}EventAttributes' for event_type in EVENT_TYPES
}


def attributes(event: Event) -> Mapping[str, Any]:
    """Give the attributes of `event`; empty where the service left the member out."""
    return event.get(ATTRIBUTES_MEMBER[event['eventType']]) or {}


def seconds(timestamp: datetime | float) -> float:
    """Give a timestamp, as boto3 (a datetime) or the wire (a number) has it, in seconds since the epoch."""
    return timestamp.timestamp() if isinstance(timestamp, datetime) else float(timestamp)
