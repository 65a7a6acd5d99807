"""Threads: each activity has one from its poll to its answer; those that are coroutines share an event loop beside."""

from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from pyswfaws.binding.attempts import Attempt
from pyswfaws.binding.eventloop import EventLoop
from pyswfaws.workers.executors.job import Job, Outcome, at_once, carried_out

T = TypeVar('T')


class Inline:
    """The thread that asks does it."""

    def __init__(self) -> None:
        self._loop = EventLoop()

    async def aside(self, call: Callable[[], T]) -> T:
        """Make the call."""
        return call()

    async def run(self, coroutine: Coroutine[Any, Any, Any], attempt: Attempt) -> Any:  # noqa: ARG002 - not interrupted
        """Run a coroutine on an event loop, and wait for it."""
        return self._loop.run(coroutine)

    def close(self) -> None:
        """End the event loop."""
        self._loop.close()


class Threads(Inline):
    """Runs activities in threads, so many at a time."""

    def __init__(self, threads: int) -> None:
        super().__init__()
        self._pool = ThreadPoolExecutor(threads, 'activity')

    def begin(self) -> None:
        """Do nothing: the threads come with the tasks."""

    def submit(self, serving: Coroutine[Any, Any, None]) -> None:
        """Serve a task in the next thread that is free."""
        self._pool.submit(at_once, serving)

    async def outcome(self, job: Job) -> Outcome:
        """Run the activity in this thread."""
        return await carried_out(job, self)

    def close(self) -> None:
        """Wait for the threads, and end them."""
        self._pool.shutdown()
        super().close()
