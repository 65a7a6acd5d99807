"""Coroutines: how an `async def` function is run to its end, as a decider and as an activity."""

import asyncio
import inspect
from collections.abc import Callable, Coroutine
from contextvars import copy_context
from threading import Thread
from typing import Any


def run_to_end(value: Any, run: Callable[[Coroutine[Any, Any, Any]], Any]) -> Any:
    """Give what a function returned; where that is a coroutine, `run` it."""
    return run(value) if inspect.iscoroutine(value) else value


def drive(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """Run a decider's coroutine. It awaits promises, which wait by themselves, so it needs no event loop."""
    try:
        coroutine.send(None)
    except StopIteration as end:
        return end.value
    coroutine.close()
    raise RuntimeError(
        "an 'async def' decider can only await promises (of activities, children, timers), not what needs an event "
        'loop: put that into an activity'
    )


def run_async(coroutine: Coroutine[Any, Any, Any]) -> Any:
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
