"""Job: one attempt of an activity to be run, and what comes of it; nothing here knows of SWF's calls."""

import inspect
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from functools import cache
from typing import Any, NamedTuple, Protocol, TypeAlias, TypeVar

from pyswfaws.binding.attempts import Attempt, only_in, read_noted
from pyswfaws.binding.context import ActivityInfo, bound
from pyswfaws.binding.definitions import ActivityType
from pyswfaws.binding.registry import Served
from pyswfaws.exceptions import ActivityCancelled, CompletedLater, PayloadError
from pyswfaws.failures import Failure, Texts
from pyswfaws.middleware import Middleware
from pyswfaws.work import ActivityWork

T = TypeVar('T')


@dataclass
class Job:
    """What is to be run: `text` is its input, as it stands in SWF's field, and `token` is its task's.

    `insist` makes a call of a data store, again and again while that is of use. `find_noted` gives what earlier
    attempts said last, as it stands in SWF's field. `middleware` stands around the function while it runs.
    """

    served: Served[ActivityType]
    work: ActivityWork
    token: str
    text: str | None
    insist: Callable[[Callable[[], Any]], Any]
    find_noted: Callable[[], str | None]
    middleware: Middleware
    attempt: Attempt = field(init=False)

    def __post_init__(self) -> None:
        payload = self.served.definition.result

        @cache
        def find_heartbeat() -> Any:
            noted = self.find_noted()
            return self.insist(lambda: read_noted(payload, noted))

        self.attempt = Attempt(payload, ActivityInfo(
            name=self.work.name,
            version=self.work.version,
            activity_id=self.work.activity_id,
            workflow_id=self.work.workflow_id,
            run_id=self.work.run_id,
            attempt=self.work.attempt,
            task_token=self.token,
            find_heartbeat=find_heartbeat,
        ), self.key)

    @property
    def key(self) -> tuple[str, str]:
        """What tells it from all others, for a data store."""
        return self.work.run_id, self.work.activity_id

    @property
    def is_lost(self) -> bool:
        """Whether no answer would be taken any more."""
        return self.attempt.ended is not None and self.attempt.ended.is_lost

    def failed(self, error: BaseException) -> 'Failed':
        """Give that it failed by `error`. What cannot be read or written cannot be at another attempt either."""
        definition = self.served.definition
        failure = Failure.of(
            error, definition.raises, is_final=isinstance(error, PayloadError), heartbeat=self.attempt.noted,
        )
        return Failed(error, failure.written(definition.result, self.key))


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
    """Runs what activities are asked for."""

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
        with bound(job.attempt), job.middleware.activity(job.work):
            value = function(*args, **kwargs)
            if inspect.iscoroutine(value):
                value = await place.run(value, job.attempt)
        return str(await place.aside(lambda: job.insist(lambda: definition.result.write_result(value, job.key))))
    except BaseException as error:     # noqa: BLE001 - user code: whatever it raises is the failure
        told = only_in(error, CompletedLater) or only_in(error, ActivityCancelled)
        if told is not None:
            return told
        failed = error      # Python forgets the other name at the end of this block
        return await place.aside(lambda: job.failed(failed))


def at_once(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine that never waits, since all that it awaits is done when it is awaited."""
    try:
        coroutine.send(None)
    except StopIteration as end:
        value: T = end.value
        return value
    coroutine.close()
    raise RuntimeError(f'{coroutine} waits for an event loop, and there is none')
