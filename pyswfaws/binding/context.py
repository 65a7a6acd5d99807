"""Context: what a call turns into here and now, and what a worker has in hand. The only ambient state."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from random import Random
from typing import Any, NamedTuple, NoReturn, Protocol

from pyswfaws.binding.definitions import ActivityType, CachedCall, WorkflowType
from pyswfaws.replay.promise import Promise
from pyswfaws.work import ActivityWork, DecisionWork


class Arguments(NamedTuple):
    """What a call was given."""

    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class WorkflowInfo:
    """What an execution knows of itself.

    `parent` is the workflow id and run id of the execution that started it as a child, `continued_run_id` the run that
    it continues. `started_at` is in seconds since the epoch. `history_length` counts the events that the program has
    seen; when it nears SWF's limit of 25,000, `is_continuing_suggested` is true.
    """

    workflow_id: str
    run_id: str
    name: str
    version: str
    task_list: str | None = None
    tags: tuple[str, ...] = ()
    parent: tuple[str, str] | None = None
    continued_run_id: str | None = None
    started_at: float = 0.0
    history_length: int = 0
    is_continuing_suggested: bool = False


@dataclass(frozen=True, kw_only=True)
class ActivityInfo:
    """What an attempt of an activity knows of itself.

    `name` and `version` are its type, `activity_id` is its id in the history, and `attempt` counts from 1.
    `workflow_id` and `run_id` name the execution that asked for it. `task_token` is what the attempt can be answered by
    from anywhere, see `activity.complete_later`. Outside a worker, in a plain call of the function, the texts are
    empty.
    """

    name: str = ''
    version: str = ''
    activity_id: str = ''
    workflow_id: str = ''
    run_id: str = ''
    attempt: int = 1
    task_token: str = field(default='', repr=False)     # whoever has it can answer the attempt
    find_heartbeat: Callable[[], Any] = field(default=lambda: None, repr=False, compare=False)

    @property
    def last_heartbeat(self) -> Any:
        """What the attempts before this one said last by `activity.heartbeat`, as JSON has it; None if nothing.

        A worker looks for it in the history, when it is first asked.
        """
        return self.find_heartbeat()


class Interceptor(Protocol):
    """Takes the calls of decorated functions, and what else a decider may ask for.

    `function` is the plain one, bound to its object if it is a method.
    """

    def activity(self, definition: ActivityType, function: Callable[..., Any], call: Arguments) -> Any:
        """Call an activity."""

    def workflow(self, definition: WorkflowType, function: Callable[..., Any], call: Arguments) -> Any:
        """Call a decision task."""

    def cached(self, definition: CachedCall, function: Callable[..., Any], call: Arguments) -> Any:
        """Call a cached function."""

    def timer(self, seconds: float) -> Promise[None]:
        """Start a timer."""

    def marker(self, name: str, details: str | None) -> None:
        """Record a marker."""

    def branch(self, name: str, run: Callable[[], Any]) -> Promise[Any]:
        """Run a part of the decider on its own."""

    def next_signal(self, name: str) -> Promise[Any]:
        """Give the promise of the next signal of that name."""

    def wait(self, promises: Sequence[Promise[Any]]) -> None:
        """Wait until one of `promises` is known."""

    def in_order(self, promises: Sequence[Promise[Any]]) -> list[Promise[Any]]:
        """Give `promises`, which are all ready, in the order in which they became known."""

    def scope(self, seconds: float | None) -> AbstractContextManager[None]:
        """Give a block that has `seconds` to end, or, where that is None, is shielded from cancels."""

    def signal(self, workflow_id: str, run_id: str | None, name: str, text: str) -> Promise[None]:
        """Signal another execution; `text` is the value in JSON."""

    def request_cancel(self, workflow_id: str, run_id: str | None) -> Promise[None]:
        """Ask another execution to cancel."""

    def continue_as_new(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> NoReturn:
        """End the execution, and begin it anew with these arguments and options."""

    def now(self) -> float:
        """Give the time, in seconds since the epoch."""

    def random(self) -> Random:
        """Give random numbers."""

    def info(self) -> WorkflowInfo:
        """Give what the execution knows of itself."""

    def is_replaying(self) -> bool:
        """Whether what runs now has run before."""

    def publish(self, text: str) -> None:
        """Show a value, of which `text` is the JSON, to whoever describes the execution."""

    def patched(self, name: str) -> bool:
        """Whether the execution takes the new way."""

    def deprecate_patch(self, name: str) -> None:
        """Accept executions that took the new way."""

    def heartbeat(self, details: Any) -> None:
        """Say how far an activity has come."""

    def activity_info(self) -> ActivityInfo:
        """Give what an attempt of an activity knows of itself."""

    def is_cancelled(self) -> bool:
        """Whether nobody waits for the activity any more."""

    def complete_later(self) -> NoReturn:
        """Leave the activity's function, to be answered by somebody else."""


_interceptor: ContextVar[Interceptor] = ContextVar('pyswfaws_interceptor')


def current(default: Interceptor) -> Interceptor:
    """Give the interceptor in force, or `default` where nobody has bound one."""
    return _interceptor.get(default)


@contextmanager
def bound(interceptor: Interceptor) -> Iterator[None]:
    """Let `interceptor` take every call inside the block, in this thread and the greenlets started in it."""
    token = _interceptor.set(interceptor)
    try:
        yield
    finally:
        _interceptor.reset(token)


_work: ContextVar[ActivityWork | DecisionWork | None] = ContextVar('pyswfaws_work', default=None)


def work_in_hand() -> ActivityWork | DecisionWork | None:
    """Give what a worker has in hand here and now."""
    return _work.get()


@contextmanager
def in_hand(work: ActivityWork | DecisionWork) -> Iterator[None]:
    """Let log records say what they belong to, inside the block and in the greenlets and coroutines started in it."""
    token = _work.set(work)
    try:
        yield
    finally:
        _work.reset(token)
