"""Job: one attempt of an activity to be run, and what comes of it; nothing here knows of SWF's calls."""

import inspect
from collections.abc import Callable, Coroutine
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol, TypeAlias, TypeVar

from pyswfaws.binding.attempts import Attempt, only_in
from pyswfaws.binding.context import bound
from pyswfaws.binding.definitions import ActivityType
from pyswfaws.binding.registry import Served
from pyswfaws.exceptions import ActivityCancelled, CompletedLater, PayloadError
from pyswfaws.failures import Failure, Texts

T = TypeVar('T')


@dataclass(frozen=True)
class Job:
    """What is to be run: `text` is its input, as it stands in SWF's field.

    `key` tells it from all others, for a data store; `insist` makes a call of that, again and again while it is of use.
    `around` gives what stands around the function while it runs (`pyswfaws.middleware`).
    """

    served: Served[ActivityType]
    text: str | None
    attempt: Attempt
    key: tuple[str, str]
    insist: Callable[[Callable[[], Any]], Any]
    around: Callable[[], AbstractContextManager[Any]]


class Failed(NamedTuple):
    """That an attempt failed: by what, and what SWF is to have of it."""

    error: BaseException
    texts: Texts


#: How an attempt ended: with its result, as it stands in SWF's field, with a failure, as canceled, or not yet.
Outcome: TypeAlias = str | Failed | ActivityCancelled | CompletedLater


class Place(Protocol):
    """Where a job is carried out."""

    async def aside(self, call: Callable[[], T]) -> T:
        """Make a call that may block."""

    async def run(self, coroutine: Coroutine[Any, Any, Any], attempt: Attempt) -> Any:
        """Run what an `async def` activity is to its end."""


class Executor(Place, Protocol):
    """Runs what activities are asked for. `threads` may call SWF at a time, for each task list."""

    threads: int

    def begin(self) -> None:
        """Get ready; raises a ConfigurationError where that cannot be."""

    def submit(self, serving: Coroutine[Any, Any, None]) -> None:
        """Have a task served, from its poll to its answer; gives back at once."""

    async def outcome(self, job: Job) -> Outcome:
        """Run an activity. Raises nothing that user code raises."""

    def close(self) -> None:
        """End, when all that was submitted is served."""


async def carried_out(job: Job, place: Place) -> Outcome:
    """Run an activity, and give what is to be said of it. An outage of its data store is waited out."""
    definition, function = job.served
    try:
        args, kwargs = await place.aside(lambda: job.insist(lambda: definition.input.read_input(job.text)))
        with bound(job.attempt), job.around():
            value = function(*args, **kwargs)
            if inspect.iscoroutine(value):
                value = await place.run(value, job.attempt)
        return str(await place.aside(lambda: job.insist(lambda: definition.result.write_result(value, job.key))))
    except BaseException as error:     # noqa: BLE001 - user code: whatever it raises is the failure
        told = only_in(error, CompletedLater) or only_in(error, ActivityCancelled)
        if told is not None:
            return told
        failure = failure_of(error, job)
        return Failed(error, await place.aside(lambda: failure.written(definition.result, job.key)))


def failure_of(error: BaseException, job: Job) -> Failure:
    """Give how a job fails by `error`. What cannot be read or written cannot be at another attempt either."""
    return Failure.of(
        error, job.served.definition.raises, is_final=isinstance(error, PayloadError), heartbeat=job.attempt.noted,
    )


def at_once(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine that never waits, since all that it awaits is done when it is awaited."""
    try:
        coroutine.send(None)
    except StopIteration as end:
        value: T = end.value
        return value
    coroutine.close()
    raise RuntimeError(f'{coroutine} waits for an event loop, and there is none')
