"""Responses: what a worker reads of SWF's answers, decoded at the speed of C.

botocore walks SWF's model through every answer, which takes some 20 us an event, and makes a `datetime` of every
timestamp. A replay needs few members of an event, and times as numbers. botocore asks its event ``before-parse`` before
it parses: the handler here decodes an answer by a type that names what is read, hands that over, and leaves an empty
body to botocore. Members that the type does not name are passed over without becoming objects.

Only a worker's own calls are read so: what anybody else asks of the same client comes as boto3 has it. And whatever is
not exactly of the type is left to botocore: a fault, a null, an unknown kind of event, a body that is no JSON. So is
everything where the event never comes, as before botocore 1.35.16, or where a client has no events at all.
"""

from collections.abc import Callable, Mapping
from contextvars import ContextVar
from functools import cache, wraps
from typing import Any, Final, Literal, TypedDict

import msgspec

from pyswfaws.protocol.events import ATTRIBUTES_MEMBER, EVENT_TYPES


class _Type(TypedDict, total=False):
    name: str
    version: str


class _TaskList(TypedDict, total=False):
    name: str


class _Execution(TypedDict, total=False):
    workflowId: str
    runId: str


class _Attributes(TypedDict, total=False):
    """What is read of an event's attributes, whatever its type."""

    scheduledEventId: int       # which event it follows
    startedEventId: int
    initiatedEventId: int
    activityId: str             # what it is about
    timerId: str
    markerName: str
    signalName: str
    workflowId: str
    id: str
    control: str
    activityType: _Type
    workflowType: _Type
    workflowExecution: _Execution
    input: str                  # and what became of that
    result: str
    details: str
    reason: str
    cause: str
    timeoutType: str
    executionContext: str


class _Start(TypedDict, total=False):
    """What is read of the attributes of WorkflowExecutionStarted: a run hands most of them on to the next."""

    input: str
    workflowType: _Type
    taskList: _TaskList
    taskPriority: str
    taskStartToCloseTimeout: str
    executionStartToCloseTimeout: str
    childPolicy: str
    tagList: list[str]
    lambdaRole: str
    continuedExecutionRunId: str
    parentWorkflowExecution: _Execution


#: Events of whose attributes nothing is read, though they are a third of a history.
_BARE: Final = frozenset({'DecisionTaskScheduled', 'DecisionTaskStarted'})

_typed_dict: Final[Any] = TypedDict     # by a name that a type checker does not look into: its members are computed
_Event: Final[Any] = _typed_dict('_Event', {
    'eventId': int, 'eventType': Literal[*EVENT_TYPES], 'eventTimestamp': float,     # one text for all of a type
    **{member: _Attributes for event_type, member in ATTRIBUTES_MEMBER.items() if event_type not in _BARE},
    ATTRIBUTES_MEMBER['WorkflowExecutionStarted']: _Start,
}, total=False)


class _History(TypedDict, total=False):
    events: list[_Event]
    nextPageToken: str


class _DecisionTask(_History, total=False):
    taskToken: str
    startedEventId: int
    previousStartedEventId: int
    workflowExecution: _Execution
    workflowType: _Type


class _ActivityTask(TypedDict, total=False):
    taskToken: str
    activityId: str
    startedEventId: int
    workflowExecution: _Execution
    activityType: _Type
    input: str


class _TaskStatus(TypedDict, total=False):
    cancelRequested: bool


#: Operation -> what is read of its answer. The answers of the other calls of a worker are empty, or rare.
TYPES: Final[Mapping[str, type]] = {
    'PollForDecisionTask': _DecisionTask,
    'GetWorkflowExecutionHistory': _History,
    'PollForActivityTask': _ActivityTask,
    'RecordActivityTaskHeartbeat': _TaskStatus,
}

_is_ours: Final[ContextVar[bool]] = ContextVar('a call of a worker is on its way', default=False)


class Reader:
    """A client's methods, for a worker: its own answers are decoded here, and nobody else's.

    `client` is boto3-shaped; of one without events, the methods are what they were.
    """

    def __init__(self, client: Any) -> None:
        self._client = client
        events = getattr(getattr(client, 'meta', None), 'events', None)
        if events is None:
            return
        operations = client.meta.method_to_api_mapping
        for method, operation in operations.items():
            if operation in TYPES:
                events.register(f'before-parse.swf.{operation}', _decode, unique_id=f'pyswfaws-{operation}')
                setattr(self, method, _marked(getattr(client, method)))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)


def _marked(call: Callable[..., Any]) -> Callable[..., Any]:
    """Let `_decode` know the answers of this call."""

    @wraps(call)
    def marked(**arguments: Any) -> Any:
        token = _is_ours.set(True)
        try:
            return call(**arguments)
        finally:
            _is_ours.reset(token)

    return marked


def _decode(
    operation_model: Any, response_dict: dict[str, Any], customized_response_dict: dict[str, Any], **_: Any,
) -> None:
    """Answer botocore's event ``before-parse``; see `botocore.endpoint.Endpoint`."""
    if not _is_ours.get() or response_dict['status_code'] != 200:  # noqa: PLR2004 - the one that SWF knows
        return
    try:
        customized_response_dict.update(_decoder(operation_model.name).decode(response_dict['body']))
    except (msgspec.DecodeError, UnicodeDecodeError):
        return      # botocore's parser says what there is to say
    response_dict['body'] = b''


@cache
def _decoder(operation: str) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(TYPES[operation])
