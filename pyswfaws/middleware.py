"""Middleware: your own code around what clients and workers do, for what is to be known of it outside.

There are three things to stand around: the start of a workflow, a decision task, and an attempt of an activity. Each
hook is a context manager, so it works around functions and coroutines alike, and what is set up for the time of an
activity (a context variable, a span, a database session) reads as it does everywhere in Python::

    class Tenants(Middleware):
        @contextmanager
        def start(self, call):
            call.headers['tenant'] = tenant.get()
            yield
        @contextmanager
        def activity(self, work):
            token = tenant.set(work.headers.get('tenant'))
            try:
                yield
            finally:
                tenant.reset(token)

*Headers* are small texts that go with an execution: from its start to its decider, to the activities and children
that this asks for, and to the runs that continue it. Only a start may add any. What a decider hands on is what it was
given, so that a replay writes the same; they stand in the inputs, see the formats in the documentation.

Hooks look on. What is raised inside is raised on, whatever a hook does with it. What a hook raises itself before an
activity fails the attempt, before a start it goes to whoever called, and around a decision the task is left to its
timeout.
"""

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from typing import Any, Final, TypeAlias

from pyswfaws.exceptions import DefinitionError, describe_value
from pyswfaws.work import ActivityWork, DecisionWork, StartCall

__all__ = ['ActivityWork', 'DecisionWork', 'Middleware', 'StartCall', 'set_middleware']

HEADERS: Final = 2_000      # characters that the headers of an execution may have together
_NOTHING: Final = nullcontext()
_Hook: TypeAlias = Callable[[Any], AbstractContextManager[Any]]


class Middleware:
    """What stands around the work of clients and workers. Override what you need; the rest does nothing.

    `start`, `decision` and `activity` give context managers. `activity` runs where the function runs, in its thread or
    coroutine; `decision` around the whole of a decision task, from its history to its answer.
    """

    def start(self, call: StartCall) -> AbstractContextManager[Any]:  # noqa: ARG002 - for subclasses
        """Stand around a start of a workflow."""
        return _NOTHING

    def decision(self, work: DecisionWork) -> AbstractContextManager[Any]:  # noqa: ARG002
        """Stand around a decision task."""
        return _NOTHING

    def activity(self, work: ActivityWork) -> AbstractContextManager[Any]:  # noqa: ARG002
        """Stand around an attempt of an activity."""
        return _NOTHING

    def worker(self, worker: Any) -> None:
        """Take note of a worker that begins; its `counts` tell what happens in it."""


class Chain(Middleware):
    """Several as one, the first outermost; with None, those of the process at the time of each call."""

    def __init__(self, several: Sequence[Middleware] | None = None) -> None:
        self._several = None if several is None else check_middleware(several, 'middleware')

    @property
    def several(self) -> Sequence[Middleware]:
        """Those that it is made of."""
        return _of_process if self._several is None else self._several

    def start(self, call: StartCall) -> AbstractContextManager[Any]:
        """Stand around a start of a workflow, and check the headers that it is given."""
        hooks = self.several
        return _start(hooks, call) if hooks else _NOTHING

    def decision(self, work: DecisionWork) -> AbstractContextManager[Any]:
        """Stand around a decision task."""
        return _inside([one.decision for one in self.several], work)

    def activity(self, work: ActivityWork) -> AbstractContextManager[Any]:
        """Stand around an attempt of an activity."""
        return _inside([one.activity for one in self.several], work)

    def worker(self, worker: Any) -> None:
        """Take note of a worker that begins."""
        for one in self.several:
            one.worker(worker)


_of_process: list[Middleware] = []


def set_middleware(*several: Middleware) -> None:
    """Choose the middleware of all clients and workers in this process that are given none; the first is outermost.

    Call it where the program starts, or in the module that a worker is given. Without arguments there is none.
    """
    _of_process[:] = check_middleware(several, 'middleware')


def check_middleware(several: Sequence[Middleware], name: str) -> tuple[Middleware, ...]:
    """Give `several` as a tuple; raises a DefinitionError where the argument `name` holds anything else."""
    if isinstance(several, Middleware | str) or not isinstance(several, Sequence):
        raise DefinitionError(f'{name} is a sequence of Middleware, but it is {describe_value(several)}')
    for one in several:
        if not isinstance(one, Middleware):
            raise DefinitionError(f'{name} holds objects of Middleware, but among them is {describe_value(one)}')
        for hook in (one.start, one.decision, one.activity):
            if inspect.isgeneratorfunction(hook):
                raise DefinitionError(f'{hook.__qualname__} yields: put @contextmanager above it')
    return tuple(several)


def check_headers(headers: Mapping[Any, Any]) -> None:
    """Raise a DefinitionError where headers are no texts, or too long."""
    for name, value in headers.items():
        if not isinstance(name, str) or not isinstance(value, str):
            raise DefinitionError(f'headers are texts by names, but {name!r} is {describe_value(value)}')
    length = sum(map(len, (*headers, *headers.values())))
    if length > HEADERS:
        raise DefinitionError(f'headers have {HEADERS:,} characters together, but {", ".join(headers)} have {length:,}')


@contextmanager
def _start(several: Sequence[Middleware], call: StartCall) -> Iterator[None]:
    with _nested([one.start for one in several], call):
        check_headers(call.headers)
        yield


def _inside(hooks: Sequence[_Hook], subject: Any) -> AbstractContextManager[Any]:
    return _nested(hooks, subject) if hooks else _NOTHING


@contextmanager
def _nested(hooks: Sequence[_Hook], subject: Any) -> Iterator[None]:
    error = None
    with ExitStack() as stack:
        for hook in hooks:
            stack.enter_context(hook(subject))
        try:
            yield
        except BaseException as raised:
            error = raised
            raise
    if error is not None:   # a hook has swallowed it
        raise error
