"""Definitions: what a decorator records. Frozen, printable, and checked where it is declared."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, Final, TypeVar

from pyswfaws.binding.checks import Duration, as_tuple, check, check_name, duration, in_seconds, is_whole
from pyswfaws.binding.retry import RetryPolicy
from pyswfaws.exceptions import ActivityTaskFailed, ChildWorkflowFailed, DefinitionError, WorkflowFailed
from pyswfaws.failures import check_raises
from pyswfaws.payload import Payload
from pyswfaws.protocol.limits import NAME, TAGS, VERSION, YEAR

CHILD_POLICIES: Final = ('TERMINATE', 'REQUEST_CANCEL', 'ABANDON')
CONFLICT_POLICIES: Final = ('FAIL', 'USE_EXISTING', 'TERMINATE_EXISTING')
LONGEST_LAMBDA: Final = 900     # seconds that a Lambda task may take


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
        return takes_receiver(self.function, is_method=self.is_method)


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
    raises: tuple[type[Exception], ...] = ()

    def __post_init__(self) -> None:
        for name, longest in (('name', NAME), ('version', VERSION), ('domain', NAME), ('task_list', NAME)):
            value = getattr(self, name)
            if value is not None or name in ('name', 'version'):
                check_name(value, self._called(name), longest)
        priority = self.task_priority
        check(
            priority is None or (is_whole(priority) and -2**31 <= priority < 2**31),
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
    lambda_function: str | None = None

    #: What `.options()` may change for one call. The worker beats by the type's heartbeat_timeout, so that stays.
    OPTIONS = (
        'task_list', 'task_priority', 'retry', 'schedule_to_start_timeout', 'schedule_to_close_timeout',
        'start_to_close_timeout',
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, 'raises', check_raises(self.raises, (ActivityTaskFailed,)))
        check(isinstance(self.retry, RetryPolicy), self, 'retry', 'a RetryPolicy')
        function = self.lambda_function
        check(
            function is None or (isinstance(function, str) and bool(function)),
            self, 'lambda_function', 'the name or ARN of a Lambda function',
        )
        self._with_durations(
            'schedule_to_start_timeout', 'schedule_to_close_timeout', 'start_to_close_timeout', 'heartbeat_timeout',
        )
        if function is not None and self.start_to_close_timeout != 'NONE':
            seconds = in_seconds(self.start_to_close_timeout, 'start_to_close_timeout', 1)
            check(
                seconds <= LONGEST_LAMBDA, self, 'start_to_close_timeout',
                f'1 to {LONGEST_LAMBDA} seconds for a Lambda function',
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

    def lambda_attributes(self) -> dict[str, Any]:
        """Give the attributes of a ScheduleLambdaFunction decision for this type, without id and input."""
        timeout = None if self.start_to_close_timeout == 'NONE' else self.start_to_close_timeout
        return _present(name=self.lambda_function, startToCloseTimeout=timeout)

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
    retry: RetryPolicy | None = None    # of a child; None: what does not come to a result is not tried again
    workflow_id: str | None = None      # only by `.options()`: of one call or start
    id_conflict_policy: str = 'FAIL'    # likewise, of a start by a client: what if the workflow id is taken

    #: What a start may say by keyword, beside the decider's own arguments.
    START_OPTIONS = (
        'task_list', 'task_priority', 'execution_start_to_close_timeout', 'task_start_to_close_timeout',
        'child_policy', 'tags', 'lambda_role', 'workflow_id',
    )
    #: What `.options()` may change for one call or start: beside those, what only a parent or only a client may say.
    OPTIONS = (*START_OPTIONS, 'retry', 'id_conflict_policy')

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, 'raises', check_raises(self.raises, (ChildWorkflowFailed, WorkflowFailed)))
        check(self.child_policy in CHILD_POLICIES, self, 'child_policy', f'one of {", ".join(CHILD_POLICIES)}')
        check(self.execution_start_to_close_timeout != 'NONE', self, 'execution_start_to_close_timeout', 'seconds')
        object.__setattr__(self, 'tags', as_tuple(self.tags, 'tags', 'a list of texts'))
        check(
            len(self.tags) <= TAGS and all(isinstance(tag, str) and len(tag) <= NAME for tag in self.tags),
            self, 'tags', f'at most {TAGS} texts of at most {NAME} characters',
        )
        check(self.retry is None or isinstance(self.retry, RetryPolicy), self, 'retry', 'a RetryPolicy or None')
        if self.workflow_id is not None:
            check_name(self.workflow_id, 'workflow_id', NAME)
        check(
            self.id_conflict_policy in CONFLICT_POLICIES,
            self, 'id_conflict_policy', f'one of {", ".join(CONFLICT_POLICIES)}',
        )
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


def takes_receiver(function: Callable[..., Any], *, is_method: bool) -> bool:
    """Whether the first parameter of `function` is the object that it is called on."""
    return is_method and next(iter(signature_of(function).parameters), None) in ('self', 'cls')


@cache
def signature_of(function: Callable[..., Any]) -> inspect.Signature:
    """Give the signature of a decorated function; it is asked at each call."""
    return inspect.signature(function)


def _present(**members: Any) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}
