"""Decorators: they record what a function is to SWF, and give back an object that is still the function.

What a call of it turns into is for the context to say: the plain function outside a worker, a promise inside a decider.
"""

import sys
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, ParamSpec, Protocol, TypeVar, overload

import venusian

from pyswfaws.binding.checks import Duration
from pyswfaws.binding.decorated import Activity, CachedFunction, DecisionTask, Decorated
from pyswfaws.binding.definitions import ActivityType, CachedCall, WorkflowType, takes_receiver
from pyswfaws.binding.registry import ACTIVITY_CATEGORY, DECISION_CATEGORY, source_of
from pyswfaws.binding.retry import RetryPolicy
from pyswfaws.codecs import Codec
from pyswfaws.datadefaults import check_codecs
from pyswfaws.datastores import DataStore
from pyswfaws.exceptions import DefinitionError, describe_value
from pyswfaws.payload import Payload
from pyswfaws.protocol.limits import YEAR
from pyswfaws.serializers import Annotations, JsonSerializer, Serializer

P = ParamSpec('P')
T = TypeVar('T')
D = TypeVar('D', Activity[..., Any], DecisionTask[..., Any])

__all__ = ['Activity', 'CachedFunction', 'DecisionTask', 'activity_task', 'cached', 'decision_task', 'nondeterministic']


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
    data_codecs: Sequence[Codec] | None = None,
    max_attempts: int | None = None,
    retry_states: Sequence[str] | None = None,
    retry: RetryPolicy | None = None,
    start_to_close_timeout: Duration = 'NONE',
    schedule_to_start_timeout: Duration = 'NONE',
    schedule_to_close_timeout: Duration = 'NONE',
    heartbeat_timeout: Duration = 60,
    task_priority: int | None = None,
    lambda_function: str | None = None,
    raises: tuple[type[Exception], ...] = (),
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
    data_codecs: Sequence[Codec] | None = None,
    max_attempts: int | None = None,
    retry_states: Sequence[str] | None = None,
    retry: RetryPolicy | None = None,
    start_to_close_timeout: Duration = 'NONE',
    schedule_to_start_timeout: Duration = 'NONE',
    schedule_to_close_timeout: Duration = 'NONE',
    heartbeat_timeout: Duration = 60,
    task_priority: int | None = None,
    lambda_function: str | None = None,
    raises: tuple[type[Exception], ...] = (),
) -> Any:
    """Make a function an activity.

    The type is called `swf_task_type` (the function's name) in `swf_task_version` ('1.0'), and is served from
    `swf_task_list` of `swf_domain`; both may be left to the worker or the environment. Arguments and results are JSON
    inline in SWF unless serializers, stores and `data_codecs` (in the order in which they are applied) say otherwise.

    A failed, timed out or refused attempt is followed by another, five in all, as `max_attempts` and `retry_states`, or
    in more detail `retry`, say. Timeouts are in seconds, as a timedelta, or 'NONE'. The worker beats by itself, so
    that one that dies is noticed within `heartbeat_timeout`; `task_priority` is a number, higher goes first.

    A decider may catch what the function raises by its class, if that is one of `raises`; it is an ActivityTaskFailed
    all the same.

    With `lambda_function`, the name or ARN of one, a call inside a decider has SWF invoke that function, and no worker
    is needed; its event is an object of the arguments by name, and the workflow needs a `lambda_role`. In serial mode,
    and outside a decider, the decorated function runs.

    Raises a DefinitionError for an argument that SWF would not take. See the SWF API, RegisterActivityType and
    ScheduleActivityTaskDecisionAttributes.
    """
    if retry is not None and (max_attempts is not None or retry_states is not None):
        raise DefinitionError('give either retry=RetryPolicy(...) or max_attempts and retry_states, not both')
    policy = {'max_attempts': max_attempts, 'retry_states': retry_states}
    policy = {name: value for name, value in policy.items() if value is not None}

    def decorate(function: Any) -> Activity[..., Any]:
        plain, is_method = _plain(function, 'activity_task')
        annotations = Annotations(plain, has_receiver=takes_receiver(plain, is_method=is_method))
        return _attached(ACTIVITY_CATEGORY, Activity(plain, ActivityType(
            function=plain,
            source=source_of(plain),
            is_method=is_method,
            name=plain.__name__ if swf_task_type is None else swf_task_type,
            version='1.0' if swf_task_version is None else swf_task_version,
            domain=swf_domain,
            task_list=swf_task_list,
            task_priority=task_priority,
            input=_payload(annotations, input_data_serializer, input_data_store, data_codecs, 'input_data'),
            result=_payload(annotations, result_data_serializer, result_data_store, data_codecs, 'result_data'),
            retry=RetryPolicy(**policy) if retry is None else retry,  # type: ignore[arg-type]
            schedule_to_start_timeout=schedule_to_start_timeout,
            schedule_to_close_timeout=schedule_to_close_timeout,
            start_to_close_timeout=start_to_close_timeout,
            heartbeat_timeout=heartbeat_timeout,
            lambda_function=lambda_function,
            raises=raises,
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
    data_codecs: Sequence[Codec] | None = None,
    continues_indefinitely: bool = False,
    execution_start_to_close_timeout: Duration = YEAR,
    task_start_to_close_timeout: Duration = 60,
    child_policy: str = 'TERMINATE',
    task_priority: int | None = None,
    tags: Sequence[str] = (),
    lambda_role: str | None = None,
    retry: RetryPolicy | None = None,
    raises: tuple[type[Exception], ...] = (),
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
    data_codecs: Sequence[Codec] | None = None,
    continues_indefinitely: bool = False,
    execution_start_to_close_timeout: Duration = YEAR,
    task_start_to_close_timeout: Duration = 60,
    child_policy: str = 'TERMINATE',
    task_priority: int | None = None,
    tags: Sequence[str] = (),
    lambda_role: str | None = None,
    retry: RetryPolicy | None = None,
    raises: tuple[type[Exception], ...] = (),
) -> Any:
    """Make a function the decider of a workflow.

    The type is called `swf_workflow_type` (the function's name) in `swf_workflow_version` ('1.0'), and is decided from
    `swf_task_list` of `swf_domain`; both may be left to the worker or the environment. Arguments and results are JSON
    inline in SWF unless serializers, stores and `data_codecs` say otherwise. With `continues_indefinitely` the
    execution continues as a new one, with the same input, each time that the function returns.

    An execution may take `execution_start_to_close_timeout` (a year, SWF's longest), one decision
    `task_start_to_close_timeout` (a minute); both are seconds or a timedelta. `child_policy` is what becomes of its
    children when it is terminated or times out: TERMINATE, REQUEST_CANCEL or ABANDON. As a child of another decider it
    is tried again as `retry` says; not at all unless given. What it raises may be caught by its class if that is one of
    `raises`.

    Raises a DefinitionError for an argument that SWF would not take. See the SWF API, RegisterWorkflowType and
    StartWorkflowExecution.
    """
    def decorate(function: Any) -> DecisionTask[..., Any]:
        plain, is_method = _plain(function, 'decision_task')
        annotations = Annotations(plain, has_receiver=takes_receiver(plain, is_method=is_method))
        return _attached(DECISION_CATEGORY, DecisionTask(plain, WorkflowType(
            function=plain,
            source=source_of(plain),
            is_method=is_method,
            name=plain.__name__ if swf_workflow_type is None else swf_workflow_type,
            version='1.0' if swf_workflow_version is None else swf_workflow_version,
            domain=swf_domain,
            task_list=swf_task_list,
            task_priority=task_priority,
            input=_payload(annotations, input_data_serializer, input_data_store, data_codecs, 'input_data'),
            result=_payload(annotations, result_data_serializer, result_data_store, data_codecs, 'result_data'),
            continues_indefinitely=continues_indefinitely,
            execution_start_to_close_timeout=execution_start_to_close_timeout,
            task_start_to_close_timeout=task_start_to_close_timeout,
            child_policy=child_policy,
            tags=tags,
            lambda_role=lambda_role,
            retry=retry,
            raises=raises,
        )))

    return decorate if function is None else decorate(function)


@overload
def cached(function: Callable[P, T], /) -> CachedFunction[P, T]: ...


@overload
def cached(
    result_data_store: DataStore | None = None,
    result_data_serializer: Serializer | None = None,
    *,
    data_codecs: Sequence[Codec] | None = None,
) -> _DecorateCached: ...


@overload
def cached(
    function: Callable[P, T],
    result_data_store: DataStore | None,
    result_data_serializer: Serializer | None = None,
    *,
    data_codecs: Sequence[Codec] | None = None,
) -> CachedFunction[P, T]: ...


def cached(*args: Any, **kwargs: Any) -> Any:
    """Let a function that is not deterministic be called in a decider: it runs once, and its result is recorded.

    ``@cached`` bare, or ``@cached(result_data_store=..., result_data_serializer=..., data_codecs=...)``. The result
    stands in a marker of the history, as JSON unless the serializer says otherwise; every replay reads it from there.
    What the function raises is recorded too, and reaches the decider as a CachedCallFailed.
    """
    function = None
    if args and (callable(args[0]) or isinstance(args[0], classmethod)):
        function, *args = args      # type: ignore[assignment]
    payload_for = _bound_options(*args, **kwargs)

    def decorate(function: Any) -> CachedFunction[..., Any]:
        plain, is_method = _plain(function, 'cached')
        return CachedFunction(plain, CachedCall(
            function=plain, source=source_of(plain), is_method=is_method, name=plain.__name__,
            result=payload_for(Annotations(plain)),
        ))

    return decorate if function is None else decorate(function)


#: The predecessor's other name for it.
nondeterministic = cached


def _bound_options(
    result_data_store: DataStore | None = None,
    result_data_serializer: Serializer | None = None,
    *,
    data_codecs: Sequence[Codec] | None = None,
) -> Callable[[Annotations], Payload]:
    return lambda annotations: _payload(
        annotations, result_data_serializer, result_data_store, data_codecs, 'result_data',
    )


def _payload(
    annotations: Annotations,
    serializer: Serializer | None,
    store: DataStore | None,
    codecs: Sequence[Codec] | None,
    what: str,
) -> Payload:
    if serializer is not None and not isinstance(serializer, Serializer):
        raise DefinitionError(f'{what}_serializer is a Serializer, but it is {describe_value(serializer)}')
    if store is not None and not isinstance(store, DataStore):
        raise DefinitionError(f'{what}_store is a DataStore, but it is {describe_value(store)}')
    return Payload(
        (serializer or JsonSerializer()).annotated(annotations),
        store,
        None if codecs is None else check_codecs(codecs, 'data_codecs'),
    )


def _plain(function: Any, decorator: str) -> tuple[Callable[..., Any], bool]:
    """Give the function that a decorator was put above, and whether it is called on an object."""
    if isinstance(function, staticmethod):
        return function.__func__, False
    if isinstance(function, Decorated | classmethod):
        raise DefinitionError(
            f'@{decorator} stands above {type(function).__name__}: a function is decorated once, and @classmethod '
            f'stands above @{decorator}'
        )
    if not callable(function) or isinstance(function, type) or not hasattr(function, '__qualname__'):
        raise DefinitionError(
            f'@{decorator} stands above a function, but this is {describe_value(function)}; options are given by '
            f"keyword, as in @{decorator}(swf_domain='example')"
        )
    return function, '.' in function.__qualname__.rpartition('<locals>.')[2]


def _attached(category: str, decorated: D) -> D:
    """Leave word for a scan, with the module or class in which the decorator was used."""
    depth = 1
    while sys._getframe(depth).f_globals is globals():  # noqa: SLF001 - venusian asks how far away the user's code is
        depth += 1
    venusian.attach(
        decorated, lambda scanner, _name, _ob: scanner.registry.add(decorated), category=category, depth=depth,
    )
    return decorated
