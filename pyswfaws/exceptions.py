"""Every exception that pyswfaws raises.

What a decider may catch stands first, then what a caller of the client meets, then what is wrong with a definition, a
set-up or a payload, and last what only the library itself may see.
"""

from typing import Any


class PyswfawsError(Exception):
    """The base of every error of this package."""


# What a decider may catch at `promise.result`.


class RemoteError(PyswfawsError):
    """What was raised where a task ran, as far as text can tell: the `remote` of a `TaskException`.

    In distributed mode it is also the ``__cause__`` of that; in serial mode the exception itself is.

    `types` are the full names of its class and the classes that it derives from, the most special first; `message` is
    its text, `arguments` are its ``args`` as JSON has them, or None where JSON cannot write them, `notes` what
    ``add_note`` added. What it was raised from is its ``__cause__``, what it was raised under its ``__context__``:
    RemoteErrors too. `traceback` is the text that Python prints, cut at its start; those further down the chain have
    none of their own.
    """

    def __init__(
        self,
        types: tuple[str, ...],
        message: str = '',
        arguments: tuple[Any, ...] | None = None,
        notes: tuple[str, ...] = (),
        traceback: str = '',
    ) -> None:
        super().__init__(types, message, arguments, notes, traceback)
        self.types = types
        self.message = message
        self.arguments = arguments
        self.notes = notes
        self.traceback = traceback

    @property
    def type_name(self) -> str:
        """The full name of its class."""
        return self.types[0] if self.types else 'Exception'

    def __str__(self) -> str:
        if self.traceback:
            return f'\n{self.traceback.rstrip()}'
        return f'{self.type_name}: {self.message}' if self.message else self.type_name


class ActivityProcessDied(PyswfawsError):  # noqa: N818 - a family with TaskException
    """The process in which an activity ran has crashed, or was killed; its message says by what.

    A decider finds it as what the activity failed by, where a worker has ``execution='processes'``.
    """


class TaskException(PyswfawsError):  # noqa: N818 - named as the predecessor named ActivityTaskException
    """Something that a decider asked for did not come to a result.

    `task_name` and `task_version` are its type, `task_id` its id in the history, `failure_status` its state in SWF's
    words (``FAILED``, ``TIMED_OUT``, ``CANCELED``, ``TERMINATED``, ``FAILED_TO_SCHEDULE``), `failure_reason` the
    reason, the kind of timeout or the cause of the refusal, and `details` the text that the worker left, if any.
    `remote` says, where an exception of Python was the reason, what is known of it.
    """

    remote: RemoteError | None = None

    def __init__(
        self,
        task_name: str,
        task_version: str | None = None,
        task_id: str | None = None,
        failure_reason: str | None = None,
        failure_status: str | None = None,
        details: str | None = None,
    ) -> None:
        super().__init__(task_name, task_version, task_id, failure_reason, failure_status)
        self.task_name = task_name
        self.task_version = task_version
        self.task_id = task_id
        self.failure_reason = failure_reason
        self.failure_status = failure_status
        self.details = details

    @property
    def failure_stats(self) -> str | None:
        """The predecessor's spelling of `failure_status`."""
        return self.failure_status

    def __str__(self) -> str:
        version = f' {self.task_version}' if self.task_version else ''
        task_id = f' ({self.task_id})' if self.task_id else ''
        reason = f': {self.failure_reason}' if self.failure_reason else ''
        return f'{self.task_name}{version}{task_id} {self.failure_status or "failed"}{reason}'


class ActivityTaskException(TaskException):
    """An activity, or a child workflow, did not come to a result."""


class ActivityTaskFailed(ActivityTaskException):
    """The activity raised an exception; `failure_reason` names it."""


class ActivityTaskTimedOut(ActivityTaskException):
    """The activity did not start, beat or end in time; `failure_reason` is the kind of timeout."""


class ActivityTaskCanceled(ActivityTaskException):
    """The activity was canceled."""


class ActivityTaskNotScheduled(ActivityTaskException):
    """SWF refused to schedule the activity; `failure_reason` is the cause."""


class ChildWorkflowException(ActivityTaskException):
    """A child workflow did not come to a result."""


class ChildWorkflowFailed(ChildWorkflowException):
    """The child's decider raised an exception; `failure_reason` names it."""


class ChildWorkflowTimedOut(ChildWorkflowException):
    """The child did not close in time."""


class ChildWorkflowCanceled(ChildWorkflowException):
    """The child closed as canceled."""


class ChildWorkflowTerminated(ChildWorkflowException):
    """The child was terminated."""


class ChildWorkflowNotStarted(ChildWorkflowException):
    """SWF refused to start the child; `failure_reason` is the cause."""


class BranchCanceled(TaskException):
    """A branch of the decider was cancelled, and let that through."""


class ExternalWorkflowException(TaskException):
    """A signal, or a cancel request, did not reach another execution; `failure_reason` is the cause."""


class DeadlineExceeded(PyswfawsError, TimeoutError):  # noqa: N818 - a family with TaskException
    """The time of a `deadline` is over; raised at the wait that it ended."""


class CachedCallFailed(TaskException):
    """A cached function raised an exception, which history recorded; `failure_reason` names it."""


class TimerException(TaskException):
    """A timer was refused or canceled; `failure_reason` is the cause."""


class MarkerException(TaskException):
    """SWF refused to record a marker; `failure_reason` is the cause."""


# What a caller of the client meets.


class WorkflowException(PyswfawsError):  # noqa: N818 - a family with TaskException
    """An execution closed without a result.

    `workflow_id` and `run_id` name it, `reason` and `details` are what its history has of them. `remote` says, where an
    exception of Python was the reason, what is known of it.
    """

    remote: RemoteError | None = None

    def __init__(self, workflow_id: str, run_id: str, reason: str | None = None, details: str | None = None) -> None:
        super().__init__(workflow_id, run_id, reason)
        self.workflow_id = workflow_id
        self.run_id = run_id
        self.reason = reason
        self.details = details

    def __str__(self) -> str:
        how = type(self).__name__.removeprefix('Workflow')
        reason = f': {self.reason}' if self.reason else ''
        return f'workflow {self.workflow_id!r} (run {self.run_id}) {how}{reason}'


class WorkflowFailed(WorkflowException):
    """The decider raised an exception; `reason` names it."""


class WorkflowTimedOut(WorkflowException):
    """The execution did not close in time."""


class WorkflowCanceled(WorkflowException):
    """The execution closed as canceled."""


class WorkflowTerminated(WorkflowException):
    """The execution was terminated."""


class WorkflowAlreadyStartedError(PyswfawsError):
    """An execution with the same workflow id is open."""


class WorkflowNotFoundError(PyswfawsError):
    """SWF knows no such execution; `domain`, `workflow_id` and `run_id` (None: any) are what it was asked for."""

    def __init__(self, domain: str, workflow_id: str, run_id: str | None = None) -> None:
        super().__init__(domain, workflow_id, run_id)
        self.domain = domain
        self.workflow_id = workflow_id
        self.run_id = run_id

    def __str__(self) -> str:
        run = '' if self.run_id is None else f' and the run id {self.run_id!r}'
        return (
            f'SWF knows no execution with the workflow id {self.workflow_id!r}{run} in the domain {self.domain!r}. It '
            'lists one a few seconds after its start, and forgets it when the retention period of the domain is over'
        )


class WorkflowNotOpenError(PyswfawsError):
    """The execution has closed, and takes nothing any more; `status` is how, such as ``COMPLETED``."""

    def __init__(self, workflow_id: str, run_id: str, status: str) -> None:
        super().__init__(workflow_id, run_id, status)
        self.workflow_id = workflow_id
        self.run_id = run_id
        self.status = status

    def __str__(self) -> str:
        return f'workflow {self.workflow_id!r} (run {self.run_id}) is not open any more: {self.status}'


class ActivityNotOpenError(PyswfawsError):
    """Nobody waits for the answer of an activity any more: it was answered, it timed out, or its workflow closed."""


class ResultTimeoutError(PyswfawsError, TimeoutError):
    """The execution had not closed when the time that the caller gave was over; it goes on."""


# What is wrong with a definition, a set-up or a payload.


class DefinitionError(PyswfawsError, ValueError):
    """An argument of a decorator or of its options is not allowed."""


class RegistrationConflictError(PyswfawsError):
    """Two different objects claim one name and version, or code and SWF differ about a registered type."""


class ConfigurationError(PyswfawsError):
    """A worker, client or command cannot work as it is set up: no domain, no credentials, an unknown target."""


class UnreachableError(ConfigurationError):
    """SWF cannot be worked with from here: no credentials, no region, no answer."""


class PayloadError(PyswfawsError, ValueError):
    """A value cannot be written to, or read from, a field of SWF."""


class SerializationError(PayloadError, TypeError):
    """A value is none that the serializer can write."""


class PayloadTooLargeError(PayloadError):
    """A payload is longer than the field that it goes into."""


class UnreadablePayloadError(PayloadError):
    """What stands in a field is nothing that the serializer can read."""


class DataStoreError(PyswfawsError):
    """A data store could not keep a payload or give it back. It may be able to later."""


class DataLostError(DataStoreError):
    """What a data store was asked for is not there, or is not what was put there; asking again does not help."""


# What only the library itself may see.


class DecisionError(PyswfawsError):
    """No decision can be made now. The task is left unanswered: SWF gives it out again after its timeout."""


class NonDeterminismError(DecisionError):
    """The decider asks for something else than its history recorded."""


class WorkflowCancelled(BaseException):
    """A cancel of the execution, or of a branch of it, was requested; raised once, at a wait.

    Clean up and let it pass: the execution then closes as canceled. It is no `Exception`, because a retry around a
    read must not take it for a failure of what is read.
    """


class ActivityCancelled(BaseException):
    """Nobody waits for the activity any more; raised at `activity.heartbeat`.

    Clean up and let it pass: the activity is then canceled, with the text of this exception as its details. `is_lost`
    says that it was not a cancel request: the attempt timed out, or its workflow closed, and no answer would be taken.
    It is no `Exception`, because the loop that carries on after a failed item must not carry on after this.
    """

    def __init__(self, message: str = '', *, is_lost: bool = False) -> None:
        super().__init__(message)
        self.is_lost = is_lost


class CompletedLater(BaseException):
    """The activity's answer is given by somebody else, and later; raised by `activity.complete_later`.

    It leaves the function, whose worker then sends no answer. It is no `Exception`, because nothing went wrong, and it
    has to get through `except Exception` in a user's code.
    """


class UnfulfilledPromiseException(BaseException):
    """The halt: the decider read something that is not known yet.

    It leaves the program, to be replayed when more is known. It is no `Exception`, because it has to get through
    `except Exception` in a user's code; a program that swallows it all the same is ignored from then on.
    """


def describe_value(value: Any, longest: int = 80) -> str:
    """Give `value` as an error message shows it: its repr, cut to `longest` characters, and its type."""
    try:
        text = repr(value)
    except Exception:  # noqa: BLE001 - user code: a value that cannot show itself is described all the same
        text = 'a value that cannot be shown'
    if len(text) > longest:
        text = f'{text[: longest - 3]}...'
    return f'{text} ({type(value).__name__})'
