"""Decorators: they record what a function is to SWF, and give back an object that is still the function.

What a call of it turns into is for the context to say: the plain function outside a worker, a promise inside a decider.
"""

import inspect
import sys
from collections.abc import Callable, Coroutine, Sequence
from functools import update_wrapper
from typing import Any, Concatenate, Generic, ParamSpec, Protocol, TypeVar, cast, overload

import venusian

from pyswfaws.binding.context import Arguments, current
from pyswfaws.binding.definitions import (
    ActivityType,
    CachedCall,
    Duration,
    RetryPolicy,
    WorkflowType,
    with_options,
)
from pyswfaws.binding.interceptors import PASS_THROUGH
from pyswfaws.binding.registry import ACTIVITY_CATEGORY, DECISION_CATEGORY, source_of
from pyswfaws.datastores import DataStore, SwfDataStore
from pyswfaws.exceptions import ConfigurationError, DefinitionError, describe_value
from pyswfaws.payload import Payload
from pyswfaws.protocol.limits import YEAR
from pyswfaws.replay.promise import Promise
from pyswfaws.serializers import JsonSerializer, Serializer

P = ParamSpec('P')
Q = ParamSpec('Q')
T = TypeVar('T')
S = TypeVar('S')

__all__ = ['Activity', 'CachedFunction', 'DecisionTask', 'activity_task', 'cached', 'decision_task', 'nondeterministic']


class _Decorated(Generic[P, T]):
    """The function, and what the decorator recorded of it."""

    definition: Any

    __wrapped__: Callable[..., Any]

    def __init__(self, function: Callable[..., Any], definition: Any) -> None:
        update_wrapper(cast('Callable[..., Any]', self), function)
        self.definition = definition
        self._function = function       # bound, where we were reached through an object

    def _bound(self, instance: Any, owner: type | None) -> Any:
        if instance is None or not self.definition.is_method:
            return self
        return type(self)(self._function.__get__(instance, owner), self.definition)

    def _with(self, options: dict[str, Any]) -> Any:
        return type(self)(self._function, with_options(self.definition, options))

    def function_of(self, instance: Any) -> Callable[..., Any]:
        """Give the plain function, bound to `instance` if it is a method.

        Raises a ConfigurationError where a method has no object that it could be called on.
        """
        if inspect.ismethod(self._function) or not self.definition.is_method:
            return self._function
        function, ours = self.definition.function, cast('Any', self)
        owner = type(instance) if instance is not None else _class_of(function)
        for cls in owner.__mro__ if owner else ():
            found: Any = vars(cls).get(function.__name__)
            if isinstance(found, staticmethod) and found.__func__ is ours:
                return self._function
            if isinstance(found, classmethod) and found.__func__ is ours:
                return cast('Callable[..., Any]', self._function.__get__(owner))
            if found is ours and instance is not None:
                return cast('Callable[..., Any]', self._function.__get__(instance))
        raise ConfigurationError(
            f'{function.__qualname__} is a method: give the worker the object to call it on (activity_object= or '
            f'decision_object=), not {describe_value(instance)}'
        )

    def __repr__(self) -> str:
        version = f' {self.definition.version}' if hasattr(self.definition, 'version') else ''
        where = f'{self.definition.function.__module__}.{self.definition.function.__qualname__}'
        return f'<{type(self).__name__} {self.definition.name}{version} ({where})>'


class Activity(_Decorated[P, T]):
    """A function that `@activity_task` decorated."""

    definition: ActivityType

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> Promise[T]:
        """Call the activity: a promise inside a decider, the plain function's value elsewhere."""
        answer = current(PASS_THROUGH).activity(self.definition, self._function, Arguments(args, kwargs))
        return cast('Promise[T]', answer)

    @overload
    def __get__(self, instance: None, owner: type | None = None) -> 'Activity[P, T]': ...

    @overload
    def __get__(
        self: 'Activity[Concatenate[S, Q], T]', instance: S, owner: type | None = None,
    ) -> 'Activity[Q, T]': ...

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        return self._bound(instance, owner)

    def options(self, **options: Any) -> 'Activity[P, T]':
        """Give the same activity with other options for the calls made of what is returned.

        They are `task_list`, `task_priority`, `retry`, `schedule_to_start_timeout`, `schedule_to_close_timeout` and
        `start_to_close_timeout`, as `@activity_task` takes them.
        """
        return cast('Activity[P, T]', self._with(options))


class DecisionTask(_Decorated[P, T]):
    """A function that `@decision_task` decorated."""

    definition: WorkflowType

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> Promise[T]:
        """Call the decider: a child workflow's promise inside another decider, the plain function's value elsewhere."""
        answer = current(PASS_THROUGH).workflow(self.definition, self._function, Arguments(args, kwargs))
        return cast('Promise[T]', answer)

    @overload
    def __get__(self, instance: None, owner: type | None = None) -> 'DecisionTask[P, T]': ...

    @overload
    def __get__(
        self: 'DecisionTask[Concatenate[S, Q], T]', instance: S, owner: type | None = None,
    ) -> 'DecisionTask[Q, T]': ...

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        return self._bound(instance, owner)

    def options(self, **options: Any) -> 'DecisionTask[P, T]':
        """Give the same decider with other options for the calls, or starts, made of what is returned.

        They are `task_list`, `task_priority`, `execution_start_to_close_timeout`, `task_start_to_close_timeout`,
        `child_policy`, `tags`, `lambda_role` and `workflow_id`.
        """
        return cast('DecisionTask[P, T]', self._with(options))


class CachedFunction(_Decorated[P, T]):
    """A function that `@cached` decorated."""

    definition: CachedCall

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> T:
        """Call the function: inside a decider it runs once, and every replay reads what it gave."""
        answer = current(PASS_THROUGH).cached(self.definition, self._function, Arguments(args, kwargs))
        return cast('T', answer)

    @overload
    def __get__(self, instance: None, owner: type | None = None) -> 'CachedFunction[P, T]': ...

    @overload
    def __get__(
        self: 'CachedFunction[Concatenate[S, Q], T]', instance: S, owner: type | None = None,
    ) -> 'CachedFunction[Q, T]': ...

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        return self._bound(instance, owner)


class _DecorateActivity(Protocol):
    @overload
    def __call__(self, function: Callable[P, Coroutine[Any, Any, T]], /) -> Activity[P, T]: ...

    @overload
    def __call__(self, function: Callable[P, T], /) -> Activity[P, T]: ...


class _DecorateDecisionTask(Protocol):
    @overload
    def __call__(self, function: Callable[P, Coroutine[Any, Any, T]], /) -> DecisionTask[P, T]: ...

    @overload
    def __call__(self, function: Callable[P, T], /) -> DecisionTask[P, T]: ...


class _DecorateCached(Protocol):
    def __call__(self, function: Callable[P, T], /) -> CachedFunction[P, T]: ...


@overload
def activity_task(function: Callable[P, Coroutine[Any, Any, T]], /) -> Activity[P, T]: ...


@overload
def activity_task(function: Callable[P, T], /) -> Activity[P, T]: ...


@overload
def activity_task(
    *,
    swf_domain: str | None = None,
    swf_task_type: str | None = None,
    swf_task_version: str | None = None,
    swf_task_list: str | None = None,
    input_data_serializer: Serializer | None = None,
    input_data_store: DataStore | None = None,
    result_data_serializer: Serializer | None = None,
    result_data_store: DataStore | None = None,
    max_attempts: int | None = None,
    retry_states: Sequence[str] | None = None,
    retry: RetryPolicy | None = None,
    start_to_close_timeout: Duration = 'NONE',
    schedule_to_start_timeout: Duration = 'NONE',
    schedule_to_close_timeout: Duration = 'NONE',
    heartbeat_timeout: Duration = 60,
    task_priority: int | None = None,
) -> _DecorateActivity: ...


def activity_task(
    function: Any = None,
    /,
    *,
    swf_domain: str | None = None,
    swf_task_type: str | None = None,
    swf_task_version: str | None = None,
    swf_task_list: str | None = None,
    input_data_serializer: Serializer | None = None,
    input_data_store: DataStore | None = None,
    result_data_serializer: Serializer | None = None,
    result_data_store: DataStore | None = None,
    max_attempts: int | None = None,
    retry_states: Sequence[str] | None = None,
    retry: RetryPolicy | None = None,
    start_to_close_timeout: Duration = 'NONE',
    schedule_to_start_timeout: Duration = 'NONE',
    schedule_to_close_timeout: Duration = 'NONE',
    heartbeat_timeout: Duration = 60,
    task_priority: int | None = None,
) -> Any:
    """Make a function an activity.

    The type is called `swf_task_type` (the function's name) in `swf_task_version` ('1.0'), and is served from
    `swf_task_list` of `swf_domain`; both may be left to the worker or the environment. Arguments and results are JSON
    inline in SWF unless serializers and stores say otherwise.

    A failed, timed out or refused attempt is followed by another, five in all, as `max_attempts` and `retry_states`, or
    in more detail `retry`, say. Timeouts are in seconds, as a timedelta, or 'NONE'. The worker beats by itself, so
    that one that dies is noticed within `heartbeat_timeout`; `task_priority` is a number, higher goes first.

    Raises a DefinitionError for an argument that SWF would not take. See the SWF API, RegisterActivityType and
    ScheduleActivityTaskDecisionAttributes.
    """
    if retry is not None and (max_attempts is not None or retry_states is not None):
        raise DefinitionError('give either retry=RetryPolicy(...) or max_attempts and retry_states, not both')
    policy = {'max_attempts': max_attempts, 'retry_states': retry_states}
    policy = {name: value for name, value in policy.items() if value is not None}

    def decorate(function: Any) -> Activity[..., Any]:
        plain, is_method = _plain(function, 'activity_task')
        return _attached(ACTIVITY_CATEGORY, Activity(plain, ActivityType(
            function=plain,
            source=source_of(plain),
            is_method=is_method,
            name=plain.__name__ if swf_task_type is None else swf_task_type,
            version='1.0' if swf_task_version is None else swf_task_version,
            domain=swf_domain,
            task_list=swf_task_list,
            task_priority=task_priority,
            input=_payload(input_data_serializer, input_data_store, 'input_data'),
            result=_payload(result_data_serializer, result_data_store, 'result_data'),
            retry=RetryPolicy(**policy) if retry is None else retry,  # type: ignore[arg-type]
            schedule_to_start_timeout=schedule_to_start_timeout,
            schedule_to_close_timeout=schedule_to_close_timeout,
            start_to_close_timeout=start_to_close_timeout,
            heartbeat_timeout=heartbeat_timeout,
        )))

    return decorate if function is None else decorate(function)


@overload
def decision_task(function: Callable[P, Coroutine[Any, Any, T]], /) -> DecisionTask[P, T]: ...


@overload
def decision_task(function: Callable[P, T], /) -> DecisionTask[P, T]: ...


@overload
def decision_task(
    *,
    swf_domain: str | None = None,
    swf_workflow_type: str | None = None,
    swf_workflow_version: str | None = None,
    swf_task_list: str | None = None,
    input_data_serializer: Serializer | None = None,
    input_data_store: DataStore | None = None,
    result_data_serializer: Serializer | None = None,
    result_data_store: DataStore | None = None,
    continues_indefinitely: bool = False,
    execution_start_to_close_timeout: Duration = YEAR,
    task_start_to_close_timeout: Duration = 60,
    child_policy: str = 'TERMINATE',
    task_priority: int | None = None,
    tags: Sequence[str] = (),
    lambda_role: str | None = None,
) -> _DecorateDecisionTask: ...


def decision_task(
    function: Any = None,
    /,
    *,
    swf_domain: str | None = None,
    swf_workflow_type: str | None = None,
    swf_workflow_version: str | None = None,
    swf_task_list: str | None = None,
    input_data_serializer: Serializer | None = None,
    input_data_store: DataStore | None = None,
    result_data_serializer: Serializer | None = None,
    result_data_store: DataStore | None = None,
    continues_indefinitely: bool = False,
    execution_start_to_close_timeout: Duration = YEAR,
    task_start_to_close_timeout: Duration = 60,
    child_policy: str = 'TERMINATE',
    task_priority: int | None = None,
    tags: Sequence[str] = (),
    lambda_role: str | None = None,
) -> Any:
    """Make a function the decider of a workflow.

    The type is called `swf_workflow_type` (the function's name) in `swf_workflow_version` ('1.0'), and is decided from
    `swf_task_list` of `swf_domain`; both may be left to the worker or the environment. Arguments and results are JSON
    inline in SWF unless serializers and stores say otherwise. With `continues_indefinitely` the execution continues as
    a new one, with the same input, each time that the function returns.

    An execution may take `execution_start_to_close_timeout` (a year, SWF's longest), one decision
    `task_start_to_close_timeout` (a minute); both are seconds or a timedelta. `child_policy` is what becomes of its
    children when it is terminated or times out: TERMINATE, REQUEST_CANCEL or ABANDON.

    Raises a DefinitionError for an argument that SWF would not take. See the SWF API, RegisterWorkflowType and
    StartWorkflowExecution.
    """
    def decorate(function: Any) -> DecisionTask[..., Any]:
        plain, is_method = _plain(function, 'decision_task')
        return _attached(DECISION_CATEGORY, DecisionTask(plain, WorkflowType(
            function=plain,
            source=source_of(plain),
            is_method=is_method,
            name=plain.__name__ if swf_workflow_type is None else swf_workflow_type,
            version='1.0' if swf_workflow_version is None else swf_workflow_version,
            domain=swf_domain,
            task_list=swf_task_list,
            task_priority=task_priority,
            input=_payload(input_data_serializer, input_data_store, 'input_data'),
            result=_payload(result_data_serializer, result_data_store, 'result_data'),
            continues_indefinitely=continues_indefinitely,
            execution_start_to_close_timeout=execution_start_to_close_timeout,
            task_start_to_close_timeout=task_start_to_close_timeout,
            child_policy=child_policy,
            tags=tags,
            lambda_role=lambda_role,
        )))

    return decorate if function is None else decorate(function)


@overload
def cached(function: Callable[P, T], /) -> CachedFunction[P, T]: ...


@overload
def cached(
    result_data_store: DataStore | None = None, result_data_serializer: Serializer | None = None,
) -> _DecorateCached: ...


@overload
def cached(
    function: Callable[P, T], result_data_store: DataStore | None, result_data_serializer: Serializer | None = None,
) -> CachedFunction[P, T]: ...


def cached(*args: Any, **kwargs: Any) -> Any:
    """Let a function that is not deterministic be called in a decider: it runs once, and its result is recorded.

    ``@cached`` bare, or ``@cached(result_data_store=..., result_data_serializer=...)``. The result stands in a marker
    of the history, as JSON unless the serializer says otherwise; every replay reads it from there. What the function
    raises is recorded too, and reaches the decider as a CachedCallFailed.
    """
    function = None
    if args and callable(args[0]):
        function, *args = args      # type: ignore[assignment]
    options = _bound_options(*args, **kwargs)

    def decorate(function: Any) -> CachedFunction[..., Any]:
        plain, is_method = _plain(function, 'cached')
        return CachedFunction(plain, CachedCall(
            function=plain, source=source_of(plain), is_method=is_method, name=plain.__name__, result=options,
        ))

    return decorate if function is None else decorate(function)


#: The predecessor's other name for it.
nondeterministic = cached


def _bound_options(
    result_data_store: DataStore | None = None, result_data_serializer: Serializer | None = None,
) -> Payload:
    return _payload(result_data_serializer, result_data_store, 'result_data')


def _payload(serializer: Serializer | None, store: DataStore | None, what: str) -> Payload:
    if serializer is not None and not isinstance(serializer, Serializer):
        raise DefinitionError(f'{what}_serializer is a Serializer, but it is {describe_value(serializer)}')
    if store is not None and not isinstance(store, DataStore):
        raise DefinitionError(f'{what}_store is a DataStore, but it is {describe_value(store)}')
    return Payload(serializer or JsonSerializer(), store or SwfDataStore())


def _plain(function: Any, decorator: str) -> tuple[Callable[..., Any], bool]:
    """Give the function that a decorator was put above, and whether it is called on an object."""
    if isinstance(function, staticmethod):
        return function.__func__, False
    if isinstance(function, _Decorated | classmethod):
        raise DefinitionError(
            f'@{decorator} stands above {type(function).__name__}: a function is decorated once, and @classmethod '
            f'stands above @{decorator}'
        )
    if not callable(function) or isinstance(function, type):
        raise DefinitionError(
            f'@{decorator} stands above a function, but this is {describe_value(function)}; options are given by '
            f"keyword, as in @{decorator}(swf_domain='example')"
        )
    return function, '.' in function.__qualname__.rpartition('<locals>.')[2]


def _class_of(function: Callable[..., Any]) -> type | None:
    """Give the class in whose body `function` was defined, as far as its module still names it."""
    found: Any = sys.modules.get(function.__module__)
    for part in function.__qualname__.split('.')[:-1]:
        found = getattr(found, part, None)
    return found if isinstance(found, type) else None


D = TypeVar('D', Activity[..., Any], DecisionTask[..., Any])


def _attached(category: str, decorated: D) -> D:
    """Leave word for a scan, with the module or class in which the decorator was used."""
    depth = 1
    while sys._getframe(depth).f_globals is globals():  # noqa: SLF001 - venusian asks how far away the user's code is
        depth += 1
    venusian.attach(
        decorated, lambda scanner, _name, _ob: scanner.registry.add(decorated), category=category, depth=depth,
    )
    return decorated
