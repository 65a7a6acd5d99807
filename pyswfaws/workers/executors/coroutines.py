"""Coroutines: thousands of `async def` activities at a time, on one event loop.

None of them has a thread. What would block the loop (reading inputs, writing results, answering SWF) is done aside by
a few. An activity that nobody waits for any more is cancelled, as asyncio cancels a task.
"""

import asyncio
import inspect
from collections.abc import Callable, Coroutine, Iterable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextvars import copy_context
from typing import Any, Final, TypeVar

from pyswfaws.binding.attempts import Attempt
from pyswfaws.binding.definitions import ActivityType
from pyswfaws.binding.eventloop import EventLoop
from pyswfaws.binding.registry import Served
from pyswfaws.exceptions import ActivityCancelled, ConfigurationError
from pyswfaws.workers.executors.job import Job, Outcome, carried_out

T = TypeVar('T')

ASIDE: Final = 8    # threads


class Coroutines:
    """Runs activities on an event loop, all that it is given.

    Raises a ConfigurationError where one of those to be served is no `async def` function: it would hold up the others.
    """

    def __init__(self, served: Iterable[Served[ActivityType]]) -> None:
        for definition, function in served:
            if not inspect.iscoroutinefunction(function):
                raise ConfigurationError(
                    f"execution='asyncio' is for 'async def' functions, but the activity {definition.name!r} "
                    f'({definition.source}) is none: it would hold up all others. Serve it by another worker, or this '
                    "one with execution='threads'"
                )
        self._loop = EventLoop()
        self._pool = ThreadPoolExecutor(ASIDE, 'activity')
        self._running: set[Future[Any]] = set()

    def begin(self) -> None:
        """Do nothing: the loop begins with the first task."""

    def submit(self, serving: Coroutine[Any, Any, None]) -> None:
        """Serve a task on the loop."""
        running = self._loop.submit(serving)
        self._running.add(running)
        running.add_done_callback(self._running.discard)

    async def outcome(self, job: Job) -> Outcome:
        """Run the activity on the loop."""
        return await carried_out(job, self)

    async def aside(self, call: Callable[[], T]) -> T:
        """Make a call in another thread, in the same context."""
        loop, context = asyncio.get_running_loop(), copy_context()
        return await loop.run_in_executor(self._pool, lambda: context.run(call))

    async def run(self, coroutine: Coroutine[Any, Any, Any], attempt: Attempt) -> Any:
        """Run the coroutine of an activity; it is cancelled when the attempt is lost."""
        loop, task = asyncio.get_running_loop(), asyncio.create_task(coroutine)

        def cancel(ended: ActivityCancelled) -> None:
            if ended.is_lost:
                loop.call_soon_threadsafe(task.cancel)

        attempt.when_ended(cancel)
        return await task

    def close(self) -> None:
        """Wait until all is served, and end the loop and the threads."""
        wait(tuple(self._running))
        self._loop.close()
        self._pool.shutdown()
