"""Context: what a call of a decorated function turns into here and now. The one piece of ambient state."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NamedTuple, Protocol

from pyswfaws.binding.definitions import ActivityType, CachedCall, WorkflowType
from pyswfaws.replay.promise import Promise


class Arguments(NamedTuple):
    """What a call was given."""

    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]


class Interceptor(Protocol):
    """Takes the calls of decorated functions. `function` is the plain one, bound to its object if it is a method."""

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
