"""Definitions: what a decorator records. Frozen, printable, and checked where it is declared."""

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cache
from typing import Any, Final, Literal, TypeAlias, TypeVar

from pyswfaws.exceptions import DefinitionError, describe_value
from pyswfaws.payload import Failure, Payload, full_name
from pyswfaws.protocol.limits import FORBIDDEN_IN_NAMES, NAME, TAGS, VERSION, YEAR

#: A duration: seconds, a timedelta, or 'NONE' for no limit (which SWF still cuts off after a year).
Duration: TypeAlias = 'float | timedelta | Literal["NONE"]'

RETRY_STATES: Final = ('FAILED_TO_SCHEDULE', 'FAILED', 'TIMED_OUT', 'CANCELED')
STEEPEST: Final = 100       # of a backoff, so that its powers stay numbers
CHILD_POLICIES: Final = ('TERMINATE', 'REQUEST_CANCEL', 'ABANDON')


@dataclass(frozen=True, kw_only=True)
class RetryPolicy:
    """When, and after how long, an activity that did not come to a result is tried again.

    `max_attempts` counts the first attempt too. `retry_states` are the states after which it is tried again:
    ``FAILED_TO_SCHEDULE``, ``FAILED``, ``TIMED_OUT``, ``CANCELED``. Before the second attempt `initial_interval`
    seconds pass, and `backoff` times as many before each further one, at the most `max_interval`; they pass as a timer
    of the workflow. An exception that is one of `non_retryable` is final.
    """

    max_attempts: int = 5
    retry_states: Sequence[str] = ('FAILED_TO_SCHEDULE', 'FAILED', 'TIMED_OUT')
    initial_interval: float = 0
    backoff: float = 2
    max_interval: float = 3600
    non_retryable: tuple[type[BaseException], ...] = ()

    def __post_init__(self) -> None:
        _check(_is_whole(self.max_attempts) and self.max_attempts >= 1, self, 'max_attempts', 'an int of 1 or more')
        object.__setattr__(self, 'retry_states', _tuple(self.retry_states, 'retry_states', 'a tuple of states'))
        _check(
            all(state in RETRY_STATES for state in self.retry_states),
            self, 'retry_states', f'of {", ".join(RETRY_STATES)}',
        )
        for name in ('initial_interval', 'max_interval'):
            value = getattr(self, name)
            _check(_is_number(value) and 0 <= value <= YEAR, self, name, f'seconds from 0 to {YEAR:,} (a year)')
        _check(_is_number(self.backoff) and 1 <= self.backoff <= STEEPEST, self, 'backoff', 'a number from 1 to 100')
        _check(
            isinstance(self.non_retryable, tuple)
            and all(isinstance(cls, type) and issubclass(cls, BaseException) for cls in self.non_retryable),
            self, 'non_retryable', 'a tuple of exception classes',
        )

    def delay(self, attempt: int, state: str, failure: Failure) -> float | None:
        """Give the seconds before the attempt after `attempt`, which ended in `state`; None where it was the last."""
        final = failure.is_final or any(full_name(cls) in failure.types for cls in self.non_retryable)
        if final or attempt >= self.max_attempts or state not in self.retry_states:
            return None
        return min(self.initial_interval * self.backoff ** min(attempt - 1, 64), self.max_interval)


@dataclass(frozen=True, kw_only=True)
class _Definition:
    """What every decorated function has. `function` is the plain one, `source` its file and line."""

    function: Callable[..., Any] = field(repr=False)
    source: str = field(repr=False, compare=False)
    is_method: bool = field(default=False, repr=False)
    result: Payload = field(default_factory=Payload, repr=False)

    @property
    def has_receiver(self) -> bool:
        """Whether the function's first parameter is the object that it is called on."""
        return self.is_method and next(iter(signature_of(self.function).parameters), None) in ('self', 'cls')


@dataclass(frozen=True, kw_only=True)
class CachedCall(_Definition):
    """A function whose result a decider records once and reads ever after."""

    name: str


@dataclass(frozen=True, kw_only=True)
class _TaskType(_Definition):
    name: str
    version: str = '1.0'
    domain: str | None = None
    task_list: str | None = None
    task_priority: int | None = None
    input: Payload = field(default_factory=Payload, repr=False)

    def __post_init__(self) -> None:
        for name, longest in (('name', NAME), ('version', VERSION), ('domain', NAME), ('task_list', NAME)):
            value = getattr(self, name)
            if value is not None or name in ('name', 'version'):
                check_name(value, self._called(name), longest)
        priority = self.task_priority
        _check(
            priority is None or (_is_whole(priority) and -2**31 <= priority < 2**31),
            self, 'task_priority', 'an int of 32 bits',
        )

    @classmethod
    def _called(cls, name: str) -> str:
        """Give the name of the decorator's parameter that fills the field `name`."""
        return {'domain': 'swf_domain', 'task_list': 'swf_task_list'}.get(name, name)

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names of the function's parameters, without `self`."""
        return tuple(signature_of(self.function).parameters)[1 if self.has_receiver else 0:]

    @property
    def key(self) -> tuple[str, str]:
        """Name and version, by which SWF knows the type."""
        return (self.name, self.version)

    def _with_durations(self, *names: str) -> None:
        for name in names:
            object.__setattr__(self, name, duration(getattr(self, name), name))


@dataclass(frozen=True, kw_only=True)
class ActivityType(_TaskType):
    """What `@activity_task` records. The timeouts are texts, as SWF has them: seconds, or ``NONE``."""

    retry: RetryPolicy = field(default_factory=RetryPolicy)
    schedule_to_start_timeout: Duration = 'NONE'
    schedule_to_close_timeout: Duration = 'NONE'
    start_to_close_timeout: Duration = 'NONE'
    heartbeat_timeout: Duration = 60

    #: What `.options()` may change for one call. The worker beats by the type's heartbeat_timeout, so that stays.
    OPTIONS = (
        'task_list', 'task_priority', 'retry', 'schedule_to_start_timeout', 'schedule_to_close_timeout',
        'start_to_close_timeout',
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        _check(isinstance(self.retry, RetryPolicy), self, 'retry', 'a RetryPolicy')
        self._with_durations(
            'schedule_to_start_timeout', 'schedule_to_close_timeout', 'start_to_close_timeout', 'heartbeat_timeout',
        )

    @classmethod
    def _called(cls, name: str) -> str:
        return {'name': 'swf_task_type', 'version': 'swf_task_version'}.get(name, super()._called(name))

    def decision_attributes(self, default_task_list: str | None) -> dict[str, Any]:
        """Give the attributes of a ScheduleActivityTask decision for this type, without id and input."""
        task_list = self.task_list or default_task_list
        return _present(
            activityType={'name': self.name, 'version': self.version},
            taskList={'name': task_list} if task_list else None,
            taskPriority=None if self.task_priority is None else str(self.task_priority),
            scheduleToStartTimeout=self.schedule_to_start_timeout,
            scheduleToCloseTimeout=self.schedule_to_close_timeout,
            startToCloseTimeout=self.start_to_close_timeout,
            heartbeatTimeout=self.heartbeat_timeout,
        )


    def registered_defaults(self, default_task_list: str | None) -> dict[str, Any]:
        """Give the defaults that RegisterActivityType is given."""
        task_list = self.task_list or default_task_list
        return _present(
            defaultTaskList={'name': task_list} if task_list else None,
            defaultTaskPriority=None if self.task_priority is None else str(self.task_priority),
            defaultTaskScheduleToStartTimeout=self.schedule_to_start_timeout,
            defaultTaskScheduleToCloseTimeout=self.schedule_to_close_timeout,
            defaultTaskStartToCloseTimeout=self.start_to_close_timeout,
            defaultTaskHeartbeatTimeout=self.heartbeat_timeout,
        )


@dataclass(frozen=True, kw_only=True)
class WorkflowType(_TaskType):
    """What `@decision_task` records. The timeouts are texts, as SWF has them: seconds, or ``NONE``."""

    continues_indefinitely: bool = False
    execution_start_to_close_timeout: Duration = YEAR
    task_start_to_close_timeout: Duration = 60
    child_policy: str = 'TERMINATE'
    tags: Sequence[str] = ()
    lambda_role: str | None = None
    workflow_id: str | None = None      # only by `.options()`: of one call or start

    #: What `.options()` may change for one call or start.
    OPTIONS = (
        'task_list', 'task_priority', 'execution_start_to_close_timeout', 'task_start_to_close_timeout',
        'child_policy', 'tags', 'lambda_role', 'workflow_id',
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        _check(self.child_policy in CHILD_POLICIES, self, 'child_policy', f'one of {", ".join(CHILD_POLICIES)}')
        _check(self.execution_start_to_close_timeout != 'NONE', self, 'execution_start_to_close_timeout', 'seconds')
        object.__setattr__(self, 'tags', _tuple(self.tags, 'tags', 'a list of texts'))
        _check(
            len(self.tags) <= TAGS and all(isinstance(tag, str) and len(tag) <= NAME for tag in self.tags),
            self, 'tags', f'at most {TAGS} texts of at most {NAME} characters',
        )
        if self.workflow_id is not None:
            check_name(self.workflow_id, 'workflow_id', NAME)
        self._with_durations('execution_start_to_close_timeout', 'task_start_to_close_timeout')

    @classmethod
    def _called(cls, name: str) -> str:
        return {'name': 'swf_workflow_type', 'version': 'swf_workflow_version'}.get(name, super()._called(name))

    def start_attributes(self, default_task_list: str | None) -> dict[str, Any]:
        """Give what a start of this type says, as a decision or as a request, without ids, type and input."""
        task_list = self.task_list or default_task_list
        return _present(
            taskList={'name': task_list} if task_list else None,
            taskPriority=None if self.task_priority is None else str(self.task_priority),
            executionStartToCloseTimeout=self.execution_start_to_close_timeout,
            taskStartToCloseTimeout=self.task_start_to_close_timeout,
            childPolicy=self.child_policy,
            tagList=list(self.tags) or None,
            lambdaRole=self.lambda_role,
        )

    def registered_defaults(self, default_task_list: str | None) -> dict[str, Any]:
        """Give the defaults that RegisterWorkflowType is given."""
        task_list = self.task_list or default_task_list
        return _present(
            defaultTaskList={'name': task_list} if task_list else None,
            defaultTaskPriority=None if self.task_priority is None else str(self.task_priority),
            defaultExecutionStartToCloseTimeout=self.execution_start_to_close_timeout,
            defaultTaskStartToCloseTimeout=self.task_start_to_close_timeout,
            defaultChildPolicy=self.child_policy,
            defaultLambdaRole=self.lambda_role,
        )


TaskType = TypeVar('TaskType', ActivityType, WorkflowType)


def with_options(definition: TaskType, options: Mapping[str, Any]) -> TaskType:
    """Give `definition` as one call has it; raises a DefinitionError for an option that it does not have."""
    for name in options:
        if name not in definition.OPTIONS:
            raise DefinitionError(
                f'{definition.name} has no option {name!r} for one call; it has {", ".join(definition.OPTIONS)}'
            )
    return replace(definition, **options)


@cache
def signature_of(function: Callable[..., Any]) -> inspect.Signature:
    """Give the signature of a decorated function; it is asked at each call."""
    return inspect.signature(function)


def duration(value: Any, name: str, least: float = 0) -> str:
    """Give a duration in SWF's words: whole seconds, rounded up, or ``NONE``."""
    if value == 'NONE':
        return 'NONE'
    seconds = value.total_seconds() if isinstance(value, timedelta) else value
    if isinstance(seconds, str) and seconds.isdecimal():
        seconds = int(seconds)
    if not _is_number(seconds) or not least <= seconds <= YEAR:
        raise DefinitionError(
            f"{name} is seconds from {least:g} to {YEAR:,} (a year), a timedelta or 'NONE', "
            f'but it is {describe_value(value)}'
        )
    return str(-int(-seconds // 1))


def check_name(value: Any, name: str, longest: int) -> str:
    """Give `value`, which SWF must take as a name; raises a DefinitionError where it does not."""
    if not isinstance(value, str) or not 1 <= len(value) <= longest:
        raise DefinitionError(f'{name} is a text of 1 to {longest} characters, but it is {describe_value(value)}')
    found = FORBIDDEN_IN_NAMES.search(value)
    if found or value == 'arn' or value != value.strip():
        raise DefinitionError(
            f"{name} may not hold ':', '/', '|' or control characters, be 'arn', or start or end with a space, "
            f'but it is {describe_value(value)}'
        )
    return value


def _check(fine: bool, of: Any, name: str, allowed: str) -> None:
    if not fine:
        owner = f' of {of.name}' if isinstance(of, _TaskType) else ''
        raise DefinitionError(f'{name}{owner} is {allowed}, but it is {describe_value(getattr(of, name))}')


def _tuple(value: Any, name: str, what: str) -> tuple[Any, ...]:
    if isinstance(value, str) or not isinstance(value, Iterable):
        raise DefinitionError(f'{name} is {what}, but it is {describe_value(value)}')
    return tuple(value)


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value == value  # noqa: PLR0124 - NaN


def _present(**members: Any) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}
