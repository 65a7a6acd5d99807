"""Event loops for coroutines that are activities: one of a worker for all that it runs, or one for a single one."""

import asyncio
from collections.abc import Coroutine
from concurrent.futures import Future
from contextvars import copy_context
from threading import Lock, Thread
from typing import Any


def run_alone(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """Run an activity's coroutine on an event loop of its own."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(coroutine)
    found: list[Any] = []   # a loop runs in this thread, and only one can: the coroutine gets a thread of its own

    def run() -> None:
        try:
            found.append((asyncio.run(coroutine), None))
        except BaseException as error:  # noqa: BLE001 - raised again below, where the caller is
            found.append((None, error))

    thread = Thread(target=copy_context().run, args=(run,))
    thread.start()
    thread.join()
    value, error = found[0]
    if error is not None:
        raise error
    return value


class EventLoop:
    """The event loop on which a worker runs its coroutines, in a thread of its own; it begins with the first."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: Thread | None = None
        self._tasks: set[asyncio.Task[None]] = set()    # a loop holds its tasks by weak references only

    def run(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        """Run a coroutine to its end, in the caller's context, and give what it returns; the caller's thread waits."""
        return self.submit(coroutine).result()

    def submit(self, coroutine: Coroutine[Any, Any, Any]) -> Future[Any]:
        """Run a coroutine, in the caller's context, and give its future at once."""
        ended: Future[Any] = Future()

        async def run() -> None:
            try:
                ended.set_result(await coroutine)
            except BaseException as error:  # noqa: BLE001 - raised again where the caller waits
                ended.set_exception(error)

        context, loop = copy_context(), self._running()
        loop.call_soon_threadsafe(lambda: self._keep(loop.create_task(run(), context=context)))
        return ended

    def close(self) -> None:
        """End the loop, when no coroutine runs on it any more; a second time does nothing."""
        with self._lock:
            loop, thread, self._loop = self._loop, self._thread, None
        if loop is not None and thread is not None:
            loop.call_soon_threadsafe(loop.stop)
            thread.join()
            loop.run_until_complete(loop.shutdown_asyncgens())
            loop.close()

    def _keep(self, task: asyncio.Task[None]) -> None:
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _running(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                self._thread = Thread(target=_run_on, args=(self._loop,), name='coroutines', daemon=True)
                self._thread.start()
            return self._loop


def _run_on(loop: asyncio.AbstractEventLoop) -> None:
    """Run `loop` until it is stopped: asyncio lets these two, raised in a task, end the loop with all other tasks."""
    while True:
        try:
            loop.run_forever()
        except (SystemExit, KeyboardInterrupt):
            continue
        return
