"""Outcomes: what history says became of each thing that a decider asked for.

An activity, a timer, a child workflow, a marker, a signal or a cancel request to another execution, a Lambda function:
each is opened by one event and moved on by later ones that refer to it. One class and one table serve all of them, so
the rules of SWF stand in `TRANSITIONS` and nowhere else. A type that moves no outcome has a `Role` instead.
"""

import json
from collections.abc import Mapping
from enum import Enum, StrEnum, auto
from typing import Final, NamedTuple, TypeAlias

from pyswfaws.protocol.events import CLOSE_FAILED, CLOSE_STATUS, Event


class Kind(StrEnum):
    """What a decider can ask for."""

    ACTIVITY = 'activity'
    TIMER = 'timer'
    CHILD_WORKFLOW = 'child workflow'
    MARKER = 'marker'
    SIGNAL = 'external signal'
    CANCEL = 'external cancel request'
    LAMBDA = 'Lambda function'


class State(StrEnum):
    """How far it has come; the values are SWF's words, and the predecessor's `retry_states`."""

    SCHEDULED = 'SCHEDULED'
    STARTED = 'STARTED'
    COMPLETED = 'COMPLETED'
    FAILED = 'FAILED'
    TIMED_OUT = 'TIMED_OUT'
    CANCELED = 'CANCELED'
    TERMINATED = 'TERMINATED'
    REFUSED = 'FAILED_TO_SCHEDULE'


OPEN: Final = frozenset({State.SCHEDULED, State.STARTED})


class Rule(NamedTuple):
    """An event brings an outcome of `kind` to `state`.

    `link` is the attribute that holds the id of the event that opened the outcome. Where there is no link, or it is 0,
    the event opens an outcome itself, named by the attribute `name`. With `is_asked` the event also records that the
    decider asked for the cancel.
    """

    kind: Kind
    state: State
    link: str | None = None
    name: str | None = None
    is_asked: bool = False


class CancelAsked(NamedTuple):
    """An event records that a cancel of `kind` was asked for, taken or refused; `name` is the attribute with its id."""

    kind: Kind
    name: str


class Role(Enum):
    """What an event does that moves no outcome."""

    EXECUTION_STARTED = auto()
    TURN_SCHEDULED = auto()
    TURN_STARTED = auto()
    TURN_COMPLETED = auto()
    TURN_LOST = auto()
    SIGNAL_RECEIVED = auto()
    CANCEL_REQUESTED = auto()
    CLOSE_REFUSED = auto()
    CLOSED = auto()


_A, _T, _C, _M, _S, _X, _L = Kind
_INITIATED = 'initiatedEventId'
_SCHEDULED = 'scheduledEventId'

#: Event type -> what it does. All 54; a test holds the table against botocore's service model.
TRANSITIONS: Final[Mapping[str, Rule | CancelAsked | Role]] = {
    'WorkflowExecutionStarted': Role.EXECUTION_STARTED,
    'WorkflowExecutionSignaled': Role.SIGNAL_RECEIVED,
    'WorkflowExecutionCancelRequested': Role.CANCEL_REQUESTED,
    **dict.fromkeys(CLOSE_FAILED, Role.CLOSE_REFUSED),
    **dict.fromkeys(CLOSE_STATUS, Role.CLOSED),

    'DecisionTaskScheduled': Role.TURN_SCHEDULED,
    'DecisionTaskStarted': Role.TURN_STARTED,
    'DecisionTaskCompleted': Role.TURN_COMPLETED,
    'DecisionTaskTimedOut': Role.TURN_LOST,

    'ActivityTaskScheduled': Rule(_A, State.SCHEDULED, name='activityId'),
    'ScheduleActivityTaskFailed': Rule(_A, State.REFUSED, name='activityId'),
    'ActivityTaskStarted': Rule(_A, State.STARTED, link=_SCHEDULED),
    'ActivityTaskCompleted': Rule(_A, State.COMPLETED, link=_SCHEDULED),
    'ActivityTaskFailed': Rule(_A, State.FAILED, link=_SCHEDULED),
    'ActivityTaskTimedOut': Rule(_A, State.TIMED_OUT, link=_SCHEDULED),
    'ActivityTaskCanceled': Rule(_A, State.CANCELED, link=_SCHEDULED),
    'ActivityTaskCancelRequested': CancelAsked(_A, 'activityId'),
    'RequestCancelActivityTaskFailed': CancelAsked(_A, 'activityId'),

    'TimerStarted': Rule(_T, State.SCHEDULED, name='timerId'),
    'StartTimerFailed': Rule(_T, State.REFUSED, name='timerId'),
    'TimerFired': Rule(_T, State.COMPLETED, link='startedEventId'),
    'TimerCanceled': Rule(_T, State.CANCELED, link='startedEventId', is_asked=True),
    'CancelTimerFailed': CancelAsked(_T, 'timerId'),

    'MarkerRecorded': Rule(_M, State.COMPLETED, name='markerName'),
    'RecordMarkerFailed': Rule(_M, State.REFUSED, name='markerName'),

    'StartChildWorkflowExecutionInitiated': Rule(_C, State.SCHEDULED, name='workflowId'),
    'StartChildWorkflowExecutionFailed': Rule(_C, State.REFUSED, link=_INITIATED, name='workflowId'),
    'ChildWorkflowExecutionStarted': Rule(_C, State.STARTED, link=_INITIATED),
    'ChildWorkflowExecutionCompleted': Rule(_C, State.COMPLETED, link=_INITIATED),
    'ChildWorkflowExecutionFailed': Rule(_C, State.FAILED, link=_INITIATED),
    'ChildWorkflowExecutionTimedOut': Rule(_C, State.TIMED_OUT, link=_INITIATED),
    'ChildWorkflowExecutionCanceled': Rule(_C, State.CANCELED, link=_INITIATED),
    'ChildWorkflowExecutionTerminated': Rule(_C, State.TERMINATED, link=_INITIATED),

    'SignalExternalWorkflowExecutionInitiated': Rule(_S, State.SCHEDULED, name='workflowId'),
    'SignalExternalWorkflowExecutionFailed': Rule(_S, State.REFUSED, link=_INITIATED, name='workflowId'),
    'ExternalWorkflowExecutionSignaled': Rule(_S, State.COMPLETED, link=_INITIATED),

    'RequestCancelExternalWorkflowExecutionInitiated': Rule(_X, State.SCHEDULED, name='workflowId'),
    'RequestCancelExternalWorkflowExecutionFailed': Rule(_X, State.REFUSED, link=_INITIATED, name='workflowId'),
    'ExternalWorkflowExecutionCancelRequested': Rule(_X, State.COMPLETED, link=_INITIATED),

    'LambdaFunctionScheduled': Rule(_L, State.SCHEDULED, name='id'),
    'ScheduleLambdaFunctionFailed': Rule(_L, State.REFUSED, name='id'),
    'LambdaFunctionStarted': Rule(_L, State.STARTED, link=_SCHEDULED),
    'StartLambdaFunctionFailed': Rule(_L, State.REFUSED, link=_SCHEDULED),
    'LambdaFunctionCompleted': Rule(_L, State.COMPLETED, link=_SCHEDULED),
    'LambdaFunctionFailed': Rule(_L, State.FAILED, link=_SCHEDULED),
    'LambdaFunctionTimedOut': Rule(_L, State.TIMED_OUT, link=_SCHEDULED),
}

#: A moment of an execution: the turn in which a thing is known, then the id of the event that made it so.
Moment: TypeAlias = tuple[int, int]

NOT_KNOWN: Final[Moment] = (10**9, 10**9)

#: Markers that the engine records for itself carry their whole id in a name that starts so.
ENGINE_MARKER: Final = 'pyswfaws:'

#: The timer by which the engine asks for another decision task at once: a turn decided more than one answer holds.
MORE_TIMER: Final = 'pyswfaws.more-'

#: How the id of the timer before a further attempt ends; before that stands the attempt's.
BACKOFF: Final = '.backoff'

_CONTROL_VERSION: Final = 1


class Arrival:
    """An event that a program can wait for: a signal, a cancel request, the start of a child."""

    __slots__ = ('event', 'known_at')

    def __init__(self, event: Event) -> None:
        self.event = event
        self.known_at = NOT_KNOWN


class Outcome:
    """One thing that a decider asked for, and what became of it: what can still be asked of its events, not those.

    The times are in seconds since the epoch.
    """

    __slots__ = (
        'begun_at', 'ended_at', 'event_id', 'id', 'input', 'kind', 'known_at', 'opened_at', 'opened_in', 'opening_id',
        'reason', 'started', 'state', 'text', 'type',
    )

    def __init__(self, kind: Kind, outcome_id: str, state: State, opening_id: int = 0, opened_in: int = 0) -> None:
        self.kind = kind
        self.id = outcome_id
        self.state = state
        self.type: Mapping[str, str] | None = None      # of an activity or a child: name and version
        self.opening_id = opening_id            # of the event that opened it
        self.opened_in = opened_in              # the turn whose decisions opened it
        self.opened_at = 0.0
        self.input: str | None = None           # until it is completed: another attempt would have the same
        self.begun_at: float | None = None      # when a worker took it, or the child started
        self.started: Arrival | None = None     # of a child workflow
        self.event_id = opening_id              # of its latest event
        self.known_at = NOT_KNOWN
        self.ended_at = 0.0
        self.text: str | None = None            # its result, or the details of a marker or a failure
        self.reason: str | None = None          # why it did not come to a result

    def __repr__(self) -> str:
        return f'<{self.kind} {self.id} {self.state}, event {self.event_id}>'

    @property
    def is_settled(self) -> bool:
        """Whether nothing more can become of it."""
        return self.state not in OPEN


def control(outcome_id: str) -> str:
    """Give the text for the `control` member of a decision whose events would not carry our id otherwise."""
    return json.dumps({'pyswfaws': _CONTROL_VERSION, 'id': outcome_id}, ensure_ascii=False, separators=(',', ':'))


def id_in_control(text: str | None) -> str | None:
    """Give the id that `control` wrote; None where another client wrote the text."""
    if not text or not text.startswith('{"pyswfaws":'):
        return None
    try:
        found = json.loads(text).get('id')
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, str) else None
