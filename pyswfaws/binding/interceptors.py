"""Interceptors: the three things that a call of a decorated function can turn into.

`PassThrough` is Python's own: the function runs, its value comes back. `Serial` runs it too, at once and in this
thread, but answers as a decider is answered, with promises, failures and values as the other side of SWF would give
them. `Distributed` runs nothing and asks the replay.
"""

import inspect
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Final

from pyswfaws.binding.context import Arguments, bound
from pyswfaws.binding.coroutines import drive, run_async, run_to_end
from pyswfaws.binding.definitions import ActivityType, CachedCall, WorkflowType, signature_of
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
    PayloadError,
    SerializationError,
    TaskException,
    TimerException,
    UnfulfilledPromiseException,
    UnreadablePayloadError,
)
from pyswfaws.payload import Failure, name_argument, open_envelope
from pyswfaws.replay.outcomes import Kind, Outcome, State
from pyswfaws.replay.promise import Promise
from pyswfaws.replay.replay import Replay, id_base

#: Which exception a promise raises, by what it was and how it ended.
FAILURES: Final[dict[tuple[Kind, State], type[TaskException]]] = {
    (Kind.ACTIVITY, State.FAILED): ActivityTaskFailed,
    (Kind.ACTIVITY, State.TIMED_OUT): ActivityTaskTimedOut,
    (Kind.ACTIVITY, State.CANCELED): ActivityTaskCanceled,
    (Kind.ACTIVITY, State.REFUSED): ActivityTaskNotScheduled,
    (Kind.CHILD_WORKFLOW, State.FAILED): ChildWorkflowFailed,
    (Kind.CHILD_WORKFLOW, State.TIMED_OUT): ChildWorkflowTimedOut,
    (Kind.CHILD_WORKFLOW, State.CANCELED): ChildWorkflowCanceled,
    (Kind.CHILD_WORKFLOW, State.TERMINATED): ChildWorkflowTerminated,
    (Kind.CHILD_WORKFLOW, State.REFUSED): ChildWorkflowNotStarted,
    (Kind.TIMER, State.CANCELED): TimerException,
    (Kind.TIMER, State.REFUSED): TimerException,
}

#: Where the reason of a failure stands, by how it ended.
_REASON: Final = {State.FAILED: 'reason', State.TIMED_OUT: 'timeoutType', State.REFUSED: 'cause'}


class PassThrough:
    """Outside a decider: the plain function. A timer is a wait by the clock, a marker goes nowhere."""

    def activity(self, definition: ActivityType, function: Callable[..., Any], call: Arguments) -> Any:  # noqa: ARG002
        """Run the function and give its value."""
        return function(*call.args, **call.kwargs)

    def workflow(self, definition: WorkflowType, function: Callable[..., Any], call: Arguments) -> Any:  # noqa: ARG002
        """Run the function and give its value."""
        return function(*call.args, **call.kwargs)

    def cached(self, definition: CachedCall, function: Callable[..., Any], call: Arguments) -> Any:  # noqa: ARG002
        """Run the function and give its value."""
        return function(*call.args, **call.kwargs)

    def timer(self, seconds: float) -> Promise[None]:
        """Give a promise that is ready `seconds` from now."""
        return _ClockPromise(seconds)

    def marker(self, name: str, details: str | None) -> None:
        """Do nothing."""


PASS_THROUGH: Final = PassThrough()


class Serial(PassThrough):
    """A whole workflow in one thread: every call runs at once, and its promise is ready.

    Arguments and results go through their serializers, attempts and failures are those of the distributed mode. Data
    stores are left out, so that a test needs no AWS.
    """

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()

    def activity(self, definition: ActivityType, function: Callable[..., Any], call: Arguments) -> Promise[Any]:
        """Run the activity, as often as its retry policy says."""
        return self._run(definition, function, call, PASS_THROUGH, (Kind.ACTIVITY, definition.retry.delay))

    def workflow(self, definition: WorkflowType, function: Callable[..., Any], call: Arguments) -> Promise[Any]:
        """Run the child workflow; its calls are serial too."""
        return self._run(definition, function, call, Serial(), (Kind.CHILD_WORKFLOW, lambda *_: None))

    def cached(self, definition: CachedCall, function: Callable[..., Any], call: Arguments) -> Any:
        """Run the function, as a decider does when it first comes by."""
        here = replace(definition, result=definition.result.in_place())
        return _read_cached(here, self._next_id(definition.name), _compute(here, function, call, ()))

    def _run(
        self,
        definition: ActivityType | WorkflowType,
        function: Callable[..., Any],
        call: Arguments,
        inside: PassThrough,
        how: tuple[Kind, Callable[[int, str, Failure], float | None]],
    ) -> Promise[Any]:
        kind, retry = how
        check_call(definition, call)
        call_id, attempt = self._next_id(definition.name), 0
        arguments, results = definition.input.in_place(), definition.result.in_place()
        with naming_arguments(definition):
            text = arguments.write_input(*call)
        promise: Promise[Any] = Promise()
        while True:
            attempt += 1
            try:
                args, kwargs = arguments.read_input(text)
                with bound(inside):
                    value = run_to_end(function(*args, **kwargs), drive if kind is Kind.CHILD_WORKFLOW else run_async)
                promise.result = results.read_result(results.write_result(value))
                return promise  # noqa: TRY300 - running and writing may both fail, and fail alike
            except KeyboardInterrupt:
                raise
            except BaseException as error:  # noqa: BLE001 - user code: whatever it raises is the task's failure
                failure = Failure.of(error, is_final=isinstance(error, PayloadError))
                delay = retry(attempt, State.FAILED, failure)
                if delay is None:
                    promise.settle_failure(_failed(kind, definition, call_id, attempt, failure), error)
                    return promise
            time.sleep(delay)

    def _next_id(self, name: str) -> str:
        base = id_base(name)
        self._counts[base] += 1
        return f'{base}-{self._counts[base]}'


class Distributed:
    """Inside a decision worker: calls are asked of the replay, and answer with its promises.

    `default_task_list` is where activities and children go that name no task list of their own.
    """

    def __init__(self, replay: Replay, default_task_list: str | None = None) -> None:
        self._replay = replay
        self._default_task_list = default_task_list

    def activity(self, definition: ActivityType, function: Callable[..., Any], call: Arguments) -> Promise[Any]:  # noqa: ARG002
        """Schedule the activity."""
        check_call(definition, call)

        def retry(attempt: int, outcome: Outcome) -> float | None:
            failure = Failure.read(outcome.attribute('reason'), outcome.attribute('details'))
            return definition.retry.delay(attempt, outcome.state, failure)

        return self._replay.activity(
            definition.decision_attributes(self._default_task_list),
            lambda call_id: self._write_input(definition, call, call_id),
            lambda outcome: self._read(definition, outcome),
            retry,
        )

    def workflow(self, definition: WorkflowType, function: Callable[..., Any], call: Arguments) -> Promise[Any]:  # noqa: ARG002
        """Start the child workflow."""
        check_call(definition, call)
        attributes = definition.start_attributes(self._default_task_list)
        return self._replay.child_workflow(
            {'workflowType': {'name': definition.name, 'version': definition.version}, **attributes},
            lambda call_id: self._write_input(definition, call, call_id),
            lambda outcome: self._read(definition, outcome),
            definition.workflow_id,
        )

    def cached(self, definition: CachedCall, function: Callable[..., Any], call: Arguments) -> Any:
        """Run the function where history has not recorded what it gave."""

        def compute(call_id: str) -> str:
            try:
                return _compute(definition, function, call, (self._replay.run_id, call_id))
            except DataStoreError as error:
                self._replay.program.abort(error)

        call_id, text = self._replay.recorded_value(definition.name, compute)
        try:
            return _read_cached(definition, call_id, text)
        except (DataStoreError, UnreadablePayloadError) as error:
            self._replay.program.abort(error)

    def timer(self, seconds: float) -> Promise[None]:
        """Start the timer."""
        return self._replay.timer(seconds, lambda outcome: self._read(None, outcome))

    def marker(self, name: str, details: str | None) -> None:
        """Record the marker."""
        self._replay.marker(name, details)

    def _write_input(self, definition: ActivityType | WorkflowType, call: Arguments, call_id: str) -> str:
        try:
            with naming_arguments(definition):
                return definition.input.write_input(*call, (self._replay.run_id, call_id))
        except DataStoreError as error:
            self._replay.program.abort(error)

    def _read(self, definition: ActivityType | WorkflowType | None, outcome: Outcome) -> Any:
        if outcome.state is not State.COMPLETED:
            raise FAILURES[outcome.kind, outcome.state](
                definition.name if definition else outcome.kind.value,
                definition.version if definition else None,
                outcome.id,
                outcome.attribute(_REASON.get(outcome.state, 'reason')),
                outcome.state.value,
                outcome.attribute('details'),
            )
        if definition is None:
            return None
        try:
            return definition.result.read_result(outcome.attribute('result'))
        except (DataStoreError, UnreadablePayloadError) as error:
            self._replay.program.abort(error)


class _ClockPromise(Promise[None]):
    """A wait by the clock."""

    def __init__(self, seconds: float) -> None:
        self._due = time.monotonic() + seconds
        self.result = None

    @property
    def is_ready(self) -> bool:
        """Whether the time is over."""
        return time.monotonic() >= self._due

    def _wait(self) -> None:
        time.sleep(max(0, self._due - time.monotonic()))


@contextmanager
def naming_arguments(definition: ActivityType | WorkflowType) -> Iterator[None]:
    """Let a SerializationError say which parameter of which type it is about."""
    try:
        yield
    except SerializationError as error:
        raise name_argument(error, definition.parameters, f'{definition.name} {definition.version}') from error


def check_call(definition: ActivityType | WorkflowType, call: Arguments) -> None:
    """Raise the TypeError that the plain function would raise, at the call, in every mode."""
    receiver = (None,) if definition.has_receiver else ()
    try:
        signature_of(definition.function).bind(*receiver, *call.args, **call.kwargs)
    except TypeError as error:
        raise TypeError(f'{definition.function.__qualname__}(): {error}') from None


def _failed(
    kind: Kind, definition: ActivityType | WorkflowType, call_id: str, attempt: int, failure: Failure,
) -> TaskException:
    task_id = call_id if attempt == 1 else f'{call_id}.{attempt}'
    raised = FAILURES[kind, State.FAILED]
    return raised(*definition.key, task_id, failure.reason, State.FAILED.value, failure.details)


def _compute(definition: CachedCall, function: Callable[..., Any], call: Arguments, key: tuple[str, ...]) -> str:
    """Run a cached function, and give its value or its failure as history keeps it."""
    with bound(PASS_THROUGH):
        try:
            value = run_to_end(function(*call.args, **call.kwargs), run_async)
        except (UnfulfilledPromiseException, KeyboardInterrupt):
            raise
        except BaseException as error:  # noqa: BLE001 - user code: the decider sees the failure as it reads the record
            return Failure.of(error).details
    try:
        return definition.result.write_result(value, key)
    except DataStoreError:
        raise
    except Exception as error:  # noqa: BLE001 - a value that cannot be written: recorded too, as a replay looks for it
        return Failure.of(error).details


def _read_cached(definition: CachedCall, call_id: str, text: str) -> Any:
    if 'failure' in (open_envelope(text) or ()):
        failure = Failure.read(None, text)
        raise CachedCallFailed(definition.name, None, call_id, failure.reason, State.FAILED.value, text)
    value = definition.result.read_result(text)
    if not inspect.iscoroutinefunction(definition.function):
        return value
    awaited: Promise[Any] = Promise()
    awaited.result = value
    return awaited
