"""Coroutines: how an `async def` function is run to its end, as a decider and as an activity."""

import inspect
from collections.abc import Callable, Coroutine
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
    from pyswfaws.binding.eventloop import run_alone  # noqa: PLC0415 - asyncio takes 14 ms, and most programs need none

    return run_alone(coroutine)
