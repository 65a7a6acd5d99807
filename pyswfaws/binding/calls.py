"""Calls: what the serial and the distributed mode do alike with a call, so that a workflow gives the same in both."""

import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any, Final

from pyswfaws.binding.context import Arguments, Interceptor, bound
from pyswfaws.binding.coroutines import run_async, run_to_end
from pyswfaws.binding.definitions import (
    ActivityType,
    CachedCall,
    WorkflowType,
    signature_of,
    takes_receiver,
    with_options,
)
from pyswfaws.exceptions import (
    ActivityTaskCanceled,
    ActivityTaskFailed,
    ActivityTaskNotScheduled,
    ActivityTaskTimedOut,
    CachedCallFailed,
    ChildWorkflowCanceled,
    ChildWorkflowFailed,
    ChildWorkflowNotStarted,
    ChildWorkflowTerminated,
    ChildWorkflowTimedOut,
    DataStoreError,
    DefinitionError,
    ExternalWorkflowException,
    SerializationError,
    TaskException,
    TimerException,
    UnfulfilledPromiseException,
)
from pyswfaws.failures import Failure, raised_as
from pyswfaws.payload import name_argument, open_envelope
from pyswfaws.replay.outcomes import Kind, State
from pyswfaws.replay.promise import Promise

#: Which exception a promise raises, by what it was and how it ended.
FAILURES: Final[Mapping[tuple[Kind, State], type[TaskException]]] = {
    (Kind.ACTIVITY, State.FAILED): ActivityTaskFailed,
    (Kind.ACTIVITY, State.TIMED_OUT): ActivityTaskTimedOut,
    (Kind.ACTIVITY, State.CANCELED): ActivityTaskCanceled,
    (Kind.ACTIVITY, State.REFUSED): ActivityTaskNotScheduled,
    (Kind.LAMBDA, State.FAILED): ActivityTaskFailed,
    (Kind.LAMBDA, State.TIMED_OUT): ActivityTaskTimedOut,
    (Kind.LAMBDA, State.CANCELED): ActivityTaskCanceled,
    (Kind.LAMBDA, State.REFUSED): ActivityTaskNotScheduled,
    (Kind.CHILD_WORKFLOW, State.FAILED): ChildWorkflowFailed,
    (Kind.CHILD_WORKFLOW, State.TIMED_OUT): ChildWorkflowTimedOut,
    (Kind.CHILD_WORKFLOW, State.CANCELED): ChildWorkflowCanceled,
    (Kind.CHILD_WORKFLOW, State.TERMINATED): ChildWorkflowTerminated,
    (Kind.CHILD_WORKFLOW, State.REFUSED): ChildWorkflowNotStarted,
    (Kind.TIMER, State.CANCELED): TimerException,
    (Kind.TIMER, State.REFUSED): TimerException,
    (Kind.SIGNAL, State.CANCELED): ExternalWorkflowException,
    (Kind.SIGNAL, State.REFUSED): ExternalWorkflowException,
    (Kind.CANCEL, State.CANCELED): ExternalWorkflowException,
    (Kind.CANCEL, State.REFUSED): ExternalWorkflowException,
}


def task_failure(
    definition: ActivityType | WorkflowType | None,
    kind: Kind,
    state: State,
    task_id: str,
    reason: str | None,
    details: str | None,
) -> TaskException:
    """Give the exception that a promise raises for what did not come to a result."""
    name, version = (kind.value, None) if definition is None else definition.key
    if definition is None or state is not State.FAILED:
        return FAILURES[kind, state](name, version, task_id, reason, state.value, details)
    failure = Failure.read(reason, details).opened(definition.result)
    error = FAILURES[kind, state](name, version, task_id, failure.reason or None, state.value, details)
    return raised_as(error, failure, definition.raises)


@contextmanager
def naming_arguments(definition: ActivityType | WorkflowType) -> Iterator[None]:
    """Let a SerializationError say which parameter of which type it is about."""
    try:
        yield
    except SerializationError as error:
        raise name_argument(error, definition.parameters, f'{definition.name} {definition.version}') from error


def check_call(definition: ActivityType | WorkflowType, call: Arguments) -> None:
    """Raise the TypeError that the plain function would raise, at the call, in every mode."""
    if not call.kwargs and len(call.args) in _fitting(definition.function, definition.is_method):
        return
    receiver = (None,) if definition.has_receiver else ()
    try:
        signature_of(definition.function).bind(*receiver, *call.args, **call.kwargs)
    except TypeError as error:
        raise TypeError(f'{definition.function.__qualname__}(): {error}') from None


@cache
def _fitting(function: Callable[..., Any], is_method: bool) -> range:
    """Give how many arguments `function` takes for sure where all of them stand by position."""
    parameters = [*signature_of(function).parameters.values()][takes_receiver(function, is_method=is_method):]
    positional = [one for one in parameters if one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD)]
    named = [one for one in parameters if one.kind is one.KEYWORD_ONLY and one.default is one.empty]
    needed = sum(one.default is one.empty for one in positional)
    return range(0) if named else range(needed, len(positional) + 1)


def check_child(definition: WorkflowType) -> None:
    """Raise a DefinitionError where a child is given what only a client can do."""
    if definition.id_conflict_policy != 'FAIL':
        raise DefinitionError(
            f'id_conflict_policy is for a start by a WorkflowClient; {definition.name} is started as a child, which '
            'fails where its workflow id is taken'
        )


def split_options(
    definition: WorkflowType, call: Arguments, others: tuple[str, ...] = (),
) -> tuple[WorkflowType, Arguments, dict[str, Any]]:
    """Tell the options of a start from the decider's own keyword arguments.

    Gives the definition with the options, the arguments without, and the options that are named in `others`. Raises a
    DefinitionError for a name that could be both.
    """
    names = {name for name in call.kwargs if name in definition.START_OPTIONS or name in others}
    for name in names:
        if name in definition.parameters:
            raise DefinitionError(
                f'{name!r} is a parameter of {definition.name} and an option of a start: give the option by '
                f'decider.options({name}=...)'
            )
    options = {name: call.kwargs[name] for name in names if name not in others}
    rest = {name: value for name, value in call.kwargs.items() if name not in names}
    return (
        with_options(definition, options),
        Arguments(call.args, rest),
        {name: call.kwargs[name] for name in names if name in others},
    )


def promises_in(value: Any) -> Iterator[Promise[Any]]:
    """Give the promises among arguments, also inside lists, tuples and dicts."""
    if isinstance(value, Promise):
        yield value
    elif type(value) in (list, tuple, Arguments):
        for inner in value:
            yield from promises_in(inner)
    elif type(value) is dict:
        for inner in value.values():
            yield from promises_in(inner)


def with_results(value: Any) -> Any:
    """Give arguments with the results of promises in their place; waits for them, and raises what one raises."""
    if isinstance(value, Promise):
        return value.result
    if type(value) is Arguments:
        return Arguments(*map(with_results, value))
    if type(value) in (list, tuple):
        return type(value)(map(with_results, value))
    if type(value) is dict:
        return {key: with_results(inner) for key, inner in value.items()}
    return value


def compute_cached(
    definition: CachedCall, function: Callable[..., Any], call: Arguments, key: tuple[str, ...], outside: Interceptor,
) -> str:
    """Run a cached function, and give its value or its failure as history keeps it."""
    with bound(outside):
        try:
            value = run_to_end(function(*call.args, **call.kwargs), run_async)
        except (UnfulfilledPromiseException, KeyboardInterrupt):
            raise
        except BaseException as error:  # noqa: BLE001 - user code: the decider sees the failure as it reads the record
            return Failure.of(error).written(definition.result, key).details
    try:
        return definition.result.write_result(value, key)
    except DataStoreError:
        raise
    except Exception as error:  # noqa: BLE001 - a value that cannot be written: recorded too, as a replay looks for it
        return Failure.of(error).written(definition.result, key).details


def read_cached(definition: CachedCall, call_id: str, text: str) -> Any:
    """Give a cached function's value from what history keeps; raises a CachedCallFailed where it failed."""
    if 'failure' in (open_envelope(text) or ()):
        failure = Failure.read(None, text).opened(definition.result)
        failed = CachedCallFailed(definition.name, None, call_id, failure.reason, State.FAILED.value, text)
        raise raised_as(failed, failure)
    value = definition.result.read_result(text)
    if not inspect.iscoroutinefunction(definition.function):
        return value
    awaited: Promise[Any] = Promise()
    awaited.result = value
    return awaited
