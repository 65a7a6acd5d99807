"""What the service answers when it refuses a request: Amazon SWF's faults, by type and text.

A rule of the service that refuses raises a `Fault`; the shell turns it into an error response. Source of the texts: the
recordings and measurements behind the service's specification; where a text is not public, the one chosen is marked.
"""

from typing import Final

_MODEL: Final = 'com.amazonaws.swf.base.model#'
_VALIDATE: Final = 'com.amazon.coral.validate#'
_SERVICE: Final = 'com.amazon.coral.service#'


class Fault(Exception):  # noqa: N818 - SWF's own word, and the name of most of its types
    """A request refused.

    `type` is the full ``__type`` (``com.amazonaws.swf.base.model#UnknownResourceFault``), `message` the text, `status`
    the HTTP status.
    """

    def __init__(self, type: str, message: str, status: int = 400) -> None:  # noqa: A002 - the wire's own word
        super().__init__(type, message, status)
        self.type = type
        self.message = message
        self.status = status

    @property
    def name(self) -> str:
        """The type without its name space, as SDKs name it: ``UnknownResourceFault``."""
        return self.type.rpartition('#')[2]

    @property
    def body(self) -> dict[str, str]:
        """The members of the error response; a SerializationException spells its message with a capital."""
        return {'__type': self.type, 'Message' if self.name == 'SerializationException' else 'message': self.message}

    def __str__(self) -> str:
        return f'{self.name}: {self.message}'


def modelled(name: str, message: str) -> Fault:
    """A fault of SWF's service model, such as ``TypeDeprecatedFault``."""
    return Fault(_MODEL + name, message)


def invalid(message: str) -> Fault:
    """A request that breaks a constraint of the service model or of the service."""
    return Fault(_VALIDATE + 'ValidationException', message)


def invalid_token() -> Fault:
    """A task token or page token that this service did not make."""
    return invalid('Invalid token')


def unreadable(message: str) -> Fault:
    """A request in which a member has the wrong JSON type."""
    return Fault(_SERVICE + 'SerializationException', message)


def unknown_operation(operation: str) -> Fault:
    """A request for an operation that SWF does not have."""
    return Fault(_SERVICE + 'UnknownOperationException', f'Unknown operation: {operation}', status=404)


def throttled() -> Fault:
    """A request over the rate that the account may send."""
    return Fault(_SERVICE + 'ThrottlingException', 'Rate exceeded')


def internal_failure() -> Fault:
    """A request that broke the service."""
    return Fault(_SERVICE + 'InternalFailure', 'Internal failure', status=500)


def unknown_domain(name: str) -> Fault:
    """No domain of that name in the region."""
    return modelled('UnknownResourceFault', f'Unknown domain: {name}')


def unknown_type(kind: str, name: str, version: str) -> Fault:
    """No type of that name and version; `kind` is ``ActivityType`` or ``WorkflowType``."""
    return modelled('UnknownResourceFault', f'Unknown type: {type_text(kind, name, version)}')


def unknown_execution(workflow_id: str, run_id: str | None = None) -> Fault:
    """No such execution, or no open one; the text depends on whether the request named a run."""
    if run_id is None:
        return modelled('UnknownResourceFault', f'Unknown execution, workflowId = {workflow_id}')
    return modelled(
        'UnknownResourceFault', f'Unknown execution: WorkflowExecution=[workflowId={workflow_id}, runId={run_id}]')


def unknown_decision_task(scheduled_event_id: int) -> Fault:
    """A decision task that was completed or timed out already."""
    return modelled('UnknownResourceFault', f'Unknown decision task, scheduledEventId = {scheduled_event_id}')


def unknown_activity(scheduled_event_id: int) -> Fault:
    """An activity task that was answered, canceled or timed out already."""
    return modelled('UnknownResourceFault', f'Unknown activity, scheduledEventId = {scheduled_event_id}')


def type_text(kind: str, name: str, version: str) -> str:
    """A type as the service writes it in its messages."""
    return f'{kind}=[name={name}, version={version}]'
