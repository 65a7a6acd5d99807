"""Answering: an activity that left its answer to somebody else (`activity.complete_later`), by its task token.

The answer is written as the worker of the activity would write it: by its serializer, through its codecs, into its
store. So it looks the same to the decider, whoever gives it.
"""

from hashlib import sha256
from typing import Any, Generic, ParamSpec, TypeVar

from botocore.exceptions import ClientError

from pyswfaws.binding.attempts import noted_in
from pyswfaws.binding.checks import check_text
from pyswfaws.binding.definitions import ActivityType
from pyswfaws.exceptions import ActivityNotOpenError, DefinitionError, PayloadError, describe_value
from pyswfaws.failures import Failure
from pyswfaws.operations.drivers import Thread
from pyswfaws.operations.steps import Call, Steps, Work, blocking
from pyswfaws.payload import plain_text
from pyswfaws.protocol.limits import LIMITED_DATA, TOKEN
from pyswfaws.serializers.plain import dump
from pyswfaws.workers.clients import fault_of, was_retried

P = ParamSpec('P')
T = TypeVar('T')


class OpenActivity(Generic[T]):
    """An attempt of an activity that waits for its answer; T is the type of its result."""

    def __init__(self, token: str, definition: ActivityType) -> None:
        self.definition = definition
        self.token = check_text(token, 'token', TOKEN)
        #: What was said last of how far it has come, as it stands in SWF's field.
        self.noted: str | None = None

    def __repr__(self) -> str:      # without the token: whoever has it can answer
        return f'<{type(self).__name__} {self.definition.name} {self.definition.version}>'

    @property
    def key(self) -> tuple[str, str]:
        """What names the answer where it is kept in a data store; whose it is, only SWF can tell by the token."""
        return 'answers', sha256(self.token.encode()).hexdigest()


def definition_of(task: Any) -> ActivityType:
    """Give what the decorator of an activity has recorded; raises a DefinitionError for what is none."""
    definition = getattr(task, 'definition', None)
    if isinstance(definition, ActivityType):
        return definition
    raise DefinitionError(
        f'what is answered is a function with @activity_task above it, but this is {describe_value(task)}'
    )


def complete(activity: OpenActivity[T], value: T) -> Steps[None]:
    """Answer the activity with its result.

    Raises an ActivityNotOpenError where nobody waits for it any more; a SerializationError or PayloadTooLargeError for
    a value that cannot be written, and then it still waits. See the SWF API, RespondActivityTaskCompleted.
    """
    text = yield Work(lambda: activity.definition.result.write_result(value, activity.key))
    yield from _respond(activity, 'respond_activity_task_completed', result=text)


def fail(activity: OpenActivity[Any], error: BaseException) -> Steps[None]:
    """Answer that the activity has failed with `error`; whether it is tried again is for its retry policy to say.

    Raises an ActivityNotOpenError where nobody waits for it any more. See the SWF API, RespondActivityTaskFailed.
    """
    if not isinstance(error, BaseException):
        raise DefinitionError(f'error is an exception, but it is {describe_value(error)}')
    definition = activity.definition
    failure = Failure.of(
        error, definition.raises, is_final=isinstance(error, PayloadError), heartbeat=activity.noted,
    )
    texts = yield Work(lambda: failure.written(definition.result, activity.key))
    yield from _respond(activity, 'respond_activity_task_failed', reason=texts.reason, details=texts.details)


def cancel(activity: OpenActivity[Any], details: str = '') -> Steps[None]:
    """Answer that the activity was canceled, as it was asked to be (`heartbeat`); `details` say more.

    Raises an ActivityNotOpenError where nobody waits for it any more, a PayloadTooLargeError for details of more than
    32,768 characters. See the SWF API, RespondActivityTaskCanceled.
    """
    members = {'details': plain_text(details, 'details')} if details else {}
    yield from _respond(activity, 'respond_activity_task_canceled', **members)


def heartbeat(activity: OpenActivity[Any], details: Any = None) -> Steps[bool]:
    """Say that somebody is at it, and how far it has come; whether a cancel of it was requested.

    `details` is as in `activity.heartbeat`; a next attempt finds it as ``info().last_heartbeat``. Raises an
    ActivityNotOpenError where nobody waits for it any more. See the SWF API, RecordActivityTaskHeartbeat.
    """
    if details is not None:
        text = dump(details, 'details')
        kept = noted_in(activity.definition.result)
        activity.noted = yield Work(lambda: kept.put(text, 'heartbeat', activity.key, LIMITED_DATA))
    members = {} if activity.noted is None else {'details': activity.noted}
    answer = yield from _respond(activity, 'record_activity_task_heartbeat', **members)
    return bool(answer.get('cancelRequested'))


def _respond(activity: OpenActivity[Any], method: str, **members: Any) -> Steps[dict[str, Any]]:
    try:
        answer: dict[str, Any] = yield Call(method, {'taskToken': activity.token, **members})
    except ClientError as error:
        what = f'{activity.definition.name} {activity.definition.version}'
        match fault_of(error):
            case 'UnknownResourceFault':
                again = '; an earlier try of this call may have been taken' if was_retried(error) else ''
                raise ActivityNotOpenError(
                    f'{what} waits for no answer any more: it was answered, it timed out, or its workflow has closed'
                    f'{again}'
                ) from error
            case 'ValidationException' if 'token' in str(error):
                raise ActivityNotOpenError(f'this is no token of {what}, or of any activity of this SWF') from error
        raise
    return answer


class ActivityHandle(OpenActivity[T]):
    """An attempt of an activity that waits for its answer; T is the type of its result.

    It is given by `WorkflowClient.activity`, for an activity that has left its answer to somebody else by
    `activity.complete_later`; in serial mode by `LocalDecisionWorker.activity`.
    """

    def __init__(self, driver: Thread, token: str, definition: ActivityType) -> None:
        super().__init__(token, definition)
        self.driver = driver

    complete = blocking(complete)
    fail = blocking(fail)
    cancel = blocking(cancel)
    heartbeat = blocking(heartbeat)
