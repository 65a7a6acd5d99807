"""Interceptors: what a call of a decorated function turns into. Here is the serial one; each other has its own file.

`PassThrough` is Python's own: the function runs, its value comes back. `Serial` runs it too, at once and in this
thread, but answers as a decider is answered: with promises, failures and values as the other side of SWF would give
them. Where time has to pass, it passes by the clock. Inside an activity `Attempt` is in force, which passes calls
through and takes heartbeats. `Distributed` runs nothing and asks the replay.
"""

import threading
import time
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Final, NoReturn

from pyswfaws.binding.attempts import Attempt, only_in, read_noted
from pyswfaws.binding.calls import (
    check_call,
    check_child,
    compute_cached,
    naming_arguments,
    promises_in,
    read_cached,
    task_failure,
    with_results,
)
from pyswfaws.binding.context import ActivityInfo, Arguments, WorkflowInfo, bound
from pyswfaws.binding.coroutines import drive, run_async, run_to_end
from pyswfaws.binding.definitions import ActivityType, CachedCall, WorkflowType
from pyswfaws.binding.opentasks import Answer, CallPromise, OpenTask, OpenTasks
from pyswfaws.binding.passthrough import (
    PASS_THROUGH,
    BranchPromise,
    ClockPromise,
    ContinuedAsNew,
    PassThrough,
    refuse,
)
from pyswfaws.binding.retry import Ended, RetryPolicy
from pyswfaws.exceptions import (
    ActivityCancelled,
    CompletedLater,
    DeadlineExceeded,
    ExternalWorkflowException,
    PayloadError,
    TaskException,
    WorkflowCancelled,
)
from pyswfaws.failures import Failure, message_of
from pyswfaws.payload import Payload, publication, read_signal
from pyswfaws.replay.names import id_base
from pyswfaws.replay.outcomes import Kind, State
from pyswfaws.replay.promise import Promise

_ONE_ATTEMPT: Final = RetryPolicy(max_attempts=1)
_SERIAL: Final = 'serial'   # the workflow id and run id of an execution in serial mode


class Serial(PassThrough):
    """A whole workflow in one thread: every call runs at once, and its promise is ready, unless it is answered later.

    Arguments and results go through their serializers, attempts and failures are those of the distributed mode. Data
    stores are left out, so that a test needs no AWS. Signals, a cancel, and answers to `tasks`, which a child shares
    with its parent, may come from other threads.
    """

    def __init__(self, definition: WorkflowType | None = None, tasks: OpenTasks | None = None) -> None:
        self.published: str | None = None
        self._definition = definition
        self._changed = threading.Condition()
        self.tasks = OpenTasks() if tasks is None else tasks
        self._signals: dict[str, list[str | None]] = {}     # by name, in the order in which they came
        self._read: set[tuple[str, int]] = set()            # of those, the name and number of each that was read
        self._is_cancelled = False
        self._told: set[str] = set()                        # the branches that the cancel was raised in
        self.begin()

    # From outside the workflow.

    def deliver(self, name: str, text: str | None) -> None:
        """Send the workflow a signal."""
        with self._changed:
            self._signals.setdefault(name, []).append(text)
            self._changed.notify_all()

    def cancel(self) -> None:
        """Ask the workflow to cancel."""
        with self._changed:
            self._is_cancelled = True
            self._changed.notify_all()

    def begin(self) -> None:
        """Begin a run: a first one, or one that continues another, and has the signals that the other left unread."""
        self._counts: Counter[str] = Counter()
        self._path = ''     # of the branch that runs
        self._branches: list[BranchPromise] = []   # as the program is written: before those that they start
        self._deadlines: list[float | None] = []    # by the clock; None is a shield
        self._asked: Counter[str] = Counter()       # how many signals of a name were asked for
        self._began = time.time()
        with self._changed:
            for name, texts in self._signals.items():
                texts[:] = [text for number, text in enumerate(texts) if (name, number) not in self._read]
            self._read.clear()

    def join(self) -> None:
        """Raise what a branch raised whose promise nobody has read."""
        for promise in self._branches:
            if not promise.was_read:
                _ = promise.result

    def end(self) -> None:
        """End a run: nobody waits any more for what is open in it."""
        self.tasks.close_all(self._changed)

    # From inside.

    def activity(self, definition: ActivityType, function: Callable[..., Any], call: Arguments) -> Promise[Any]:
        """Run the activity, as often as its retry policy says."""
        kind = Kind.ACTIVITY if definition.lambda_function is None else Kind.LAMBDA
        return self._run(kind, definition, function, call, definition.retry)

    def workflow(self, definition: WorkflowType, function: Callable[..., Any], call: Arguments) -> Promise[Any]:
        """Run the child workflow; its calls are serial too."""
        check_child(definition)
        return self._run(Kind.CHILD_WORKFLOW, definition, function, call, definition.retry or _ONE_ATTEMPT)

    def cached(self, definition: CachedCall, function: Callable[..., Any], call: Arguments) -> Any:
        """Run the function, as a decider does when it first comes by."""
        here = replace(definition, result=definition.result.in_place())
        call_id = self._next_id(definition.name)
        return read_cached(here, call_id, compute_cached(here, function, call, (), PASS_THROUGH))

    def branch(self, name: str, run: Callable[[], Any]) -> Promise[Any]:
        """Run it at once."""
        promise, path = BranchPromise(self._next_id(name)), self._path
        self._branches.append(promise)
        self._path = f'{promise.id}.'
        try:
            promise.run(run)
        finally:
            self._path = path
        return promise

    def wait(self, promises: Sequence[Promise[Any]]) -> None:
        """Wait until one of `promises` is ready."""
        due = min((promise.due for promise in promises if isinstance(promise, ClockPromise)), default=None)
        while not any(promise.is_ready for promise in promises):    # not under the lock: it may run an activity
            self._sleep_until(lambda: any(map(_has_news, promises)), due)

    def next_signal(self, name: str) -> Promise[Any]:
        """Give the promise of the next signal of that name: of one that has come, or will come from another thread."""
        self._asked[name] += 1
        return _SignalPromise(self, name, self._asked[name] - 1)

    @contextmanager
    def scope(self, seconds: float | None) -> Iterator[None]:
        """Let waits inside end when `seconds` are over by the clock, or behind a shield."""
        self._deadlines.append(None if seconds is None else time.monotonic() + seconds)
        try:
            yield
        finally:
            self._deadlines.pop()

    def signal(self, workflow_id: str, run_id: str | None, name: str, text: str) -> Promise[None]:  # noqa: ARG002
        """Signal this execution; there is no other."""
        if workflow_id == _SERIAL:
            self.deliver(name, Payload().in_place().put(text, 'signal'))
        return self._external(workflow_id, Kind.SIGNAL)

    def request_cancel(self, workflow_id: str, run_id: str | None) -> Promise[None]:  # noqa: ARG002
        """Ask this execution to cancel; there is no other."""
        if workflow_id == _SERIAL:
            self.cancel()
        return self._external(workflow_id, Kind.CANCEL)

    def continue_as_new(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> NoReturn:
        """Leave the workflow, to be run again."""
        raise ContinuedAsNew(args, kwargs)

    def info(self) -> WorkflowInfo:
        """Give what a workflow without SWF can know of itself."""
        definition = self._definition
        name, version = definition.key if definition else (_SERIAL, '')
        return WorkflowInfo(workflow_id=_SERIAL, run_id=_SERIAL, name=name, version=version, started_at=self._began)

    def publish(self, text: str) -> None:
        """Keep what is published."""
        self.published = publication(text)

    def heartbeat(self, details: Any) -> None:  # noqa: ARG002
        """Refuse: a decider has no heartbeat."""
        refuse('activity.heartbeat', 'an activity')

    def activity_info(self) -> ActivityInfo:
        """Refuse: a decider is no activity."""
        refuse('activity.info', 'an activity')

    def is_cancelled(self) -> bool:
        """Refuse: a decider learns of a cancel by an exception."""
        refuse('activity.is_cancelled', 'an activity')

    def read_signal(self, name: str, number: int) -> str | None:
        """Wait for the signal of that name and number, and read it."""
        self._sleep_until(lambda: self.has_signal(name, number))
        self._read.add((name, number))
        return self._signals[name][number]

    def has_signal(self, name: str, number: int) -> bool:
        """Whether the signal of that name and number has come."""
        return number < len(self._signals.get(name, ()))

    def _sleep_until(self, is_over: Callable[[], bool], due: float | None = None) -> None:
        deadlines = self._deadlines[self._deadlines.index(None) + 1 if None in self._deadlines else 0:]
        deadline = min((moment for moment in deadlines if moment is not None), default=None)
        shielded = None in self._deadlines
        with self._changed:
            while not is_over():
                if self._is_cancelled and self._path not in self._told and not shielded:
                    self._told.add(self._path)
                    raise WorkflowCancelled('a cancel of this workflow was requested')
                now = time.monotonic()
                if deadline is not None and now >= deadline:
                    raise DeadlineExceeded('the time of the deadline is over')
                moments = [moment for moment in (due, deadline) if moment is not None]
                self._changed.wait(max(0.0, min(moments) - now) if moments else None)

    def _run(
        self,
        kind: Kind,
        definition: ActivityType | WorkflowType,
        function: Callable[..., Any],
        call: Arguments,
        policy: RetryPolicy,
    ) -> Promise[Any]:
        check_call(definition, call)
        call_id = self._next_id(definition.name)
        if next(promises_in(call), None) is not None:
            try:
                call = with_results(call)
            except Exception as error:  # noqa: BLE001 - what an argument failed with is what the call fails with
                promise: Promise[Any] = Promise()
                promise.settle_failure(error)
                return promise
        with naming_arguments(definition):
            text = definition.input.in_place().write_input(*call)
        return CallPromise(self._attempts(kind, definition, function, text, policy, call_id), self._sleep_until)

    def _attempts(
        self,
        kind: Kind,
        definition: ActivityType | WorkflowType,
        function: Callable[..., Any],
        text: str,
        policy: RetryPolicy,
        call_id: str,
    ) -> Generator[OpenTask, None, Any]:
        """Make one attempt after another; yields the task of one that is answered by somebody else."""
        began, results = time.monotonic(), definition.result.in_place()
        attempts: list[Ended] = []
        while True:
            task_id = call_id if not attempts else f'{call_id}.{len(attempts) + 1}'
            task = self.tasks.open(self._changed)
            attempt = self._attempt(definition, task_id, attempts, task.token if kind is Kind.ACTIVITY else '')
            value, answer, is_later = None, None, False
            try:
                value = self._once(definition, function, text, attempt)
                value = results.read_result(results.write_result(value))
            except KeyboardInterrupt:
                raise
            except BaseException as error:  # noqa: BLE001 - user code: whatever it raises is the task's failure
                is_later = only_in(error, CompletedLater) is not None
                answer = None if is_later else _answer_of(kind, definition, attempt, error)
            if is_later:
                yield task
            given = self.tasks.close(task)
            if answer is None and given is None:
                return value
            answer = given or answer    # who had the token was quicker
            assert answer is not None, 'one of the two is there'
            if answer.state is State.COMPLETED:
                return results.read_result(answer.result)
            attempts.append(Ended(answer.state.value, answer.failure, time.monotonic() - began))
            delay = policy.delay(attempts, call_id)
            if delay is None:
                raise _failure_of(kind, definition, task_id, answer)
            time.sleep(delay)

    def _attempt(
        self, definition: ActivityType | WorkflowType, task_id: str, earlier: Sequence[Ended], token: str,
    ) -> Attempt:
        """Give what the activity sees of this attempt; `earlier` are those before it."""
        noted = next((ended.failure.heartbeat for ended in reversed(earlier) if ended.failure.heartbeat), None)
        here = definition.result.in_place()
        name, version = definition.key
        return Attempt(here, ActivityInfo(
            name=name,
            version=version,
            activity_id=task_id,
            workflow_id=_SERIAL,
            run_id=_SERIAL,
            attempt=len(earlier) + 1,
            task_token=token,
            find_heartbeat=lambda: read_noted(here, noted),
        ))

    def _once(
        self, definition: ActivityType | WorkflowType, function: Callable[..., Any], text: str, attempt: Attempt,
    ) -> Any:
        args, kwargs = definition.input.in_place().read_input(text)
        if isinstance(definition, WorkflowType):
            return run_serially(definition, function, Arguments(args, kwargs), Serial(definition, self.tasks))
        with bound(attempt):
            return run_to_end(function(*args, **kwargs), run_async)

    def _external(self, workflow_id: str, kind: Kind) -> Promise[None]:
        promise: Promise[None] = Promise()
        promise.result = None
        if workflow_id != _SERIAL:
            promise.settle_failure(ExternalWorkflowException(
                workflow_id, None, self._next_id('signal' if kind is Kind.SIGNAL else 'cancel'),
                'UNKNOWN_EXTERNAL_WORKFLOW_EXECUTION', State.REFUSED.value,
            ))
        return promise

    def _next_id(self, name: str) -> str:
        base = id_base(name, self._path)
        self._counts[base] += 1
        return f'{base}-{self._counts[base]}'


def _answer_of(
    kind: Kind, definition: ActivityType | WorkflowType, attempt: Attempt, error: BaseException,
) -> Answer:
    """Give what becomes of an attempt that has raised."""
    is_child = kind is Kind.CHILD_WORKFLOW
    cancelled = only_in(error, WorkflowCancelled if is_child else ActivityCancelled)
    if cancelled is not None:
        return Answer(State.CANCELED, failure=Failure('', message_of(cancelled)), error=error)
    failure = Failure.of(
        error, definition.raises, is_final=isinstance(error, PayloadError), heartbeat=attempt.noted,
    )
    return Answer(State.FAILED, failure=failure, error=error)


def _failure_of(
    kind: Kind, definition: ActivityType | WorkflowType, task_id: str, answer: Answer,
) -> TaskException:
    """Give what the decider meets of a call whose last attempt was answered so."""
    failure = answer.failure
    details = failure.details if answer.state is State.FAILED else failure.message or None
    raised = task_failure(definition, kind, answer.state, task_id, failure.reason or None, details)
    if answer.error is not None:
        raised.__cause__ = answer.error    # itself, to be looked at in a debugger
    return raised


def run_serially(definition: WorkflowType, function: Callable[..., Any], call: Arguments, serial: Serial) -> Any:
    """Run a whole workflow in this thread and give its value; a run that continues as new is followed to the last."""
    while True:
        try:
            with bound(serial):
                value = run_to_end(function(*call.args, **call.kwargs), drive)
                serial.join()
                return value
        except ContinuedAsNew as continued:
            with naming_arguments(definition):
                inline = definition.input.in_place()
                call = Arguments(*inline.read_input(inline.write_input(*continued.arguments)))
            serial.begin()
        finally:
            serial.end()


def _has_news(promise: Promise[Any]) -> bool:
    return promise.has_news if isinstance(promise, CallPromise) else promise.is_ready


class _SignalPromise(Promise[Any]):
    """The next signal of a name."""

    def __init__(self, serial: Serial, name: str, number: int) -> None:
        self._serial = serial
        self._name = name
        self._number = number

    @property
    def is_ready(self) -> bool:
        """Whether it has come."""
        return self._settled or self._serial.has_signal(self._name, self._number)

    def _wait(self) -> None:
        if not self._settled:
            self.result = read_signal(self._serial.read_signal(self._name, self._number))
