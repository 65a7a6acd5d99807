"""Concurrency inside a decider: parts that wait on their own, and waits for several promises.

All of it works in serial mode too, where a branch runs at once.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any, ParamSpec, TypeVar

from pyswfaws.binding.checks import in_seconds
from pyswfaws.binding.context import current
from pyswfaws.binding.coroutines import drive, run_to_end
from pyswfaws.binding.passthrough import PASS_THROUGH
from pyswfaws.exceptions import DefinitionError, describe_value
from pyswfaws.promise import Timer
from pyswfaws.replay.promise import Promise

__all__ = ['any_of', 'as_completed', 'branch', 'deadline', 'gather', 'shield', 'wait']

P = ParamSpec('P')
T = TypeVar('T')


def branch(function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Promise[T]:
    """Run a part of the decider that waits on its own, and give the promise of what it returns.

    It runs when the part that called it has to wait. What it raises surfaces at its promise; where nobody reads that,
    it fails the workflow at its end. The workflow does not end before its branches have. `function` may be `async`, and
    may return a promise, which is then waited for: it can be an activity.
    """
    if not callable(function):
        raise DefinitionError(f'branch takes a function and its arguments, but it was given {describe_value(function)}')
    name = getattr(function, '__name__', type(function).__name__).strip('<>')

    def run() -> Any:
        value = run_to_end(function(*args, **kwargs), drive)
        return value.result if isinstance(value, Promise) else value

    return current(PASS_THROUGH).branch(name, run)


def gather(*promises: Promise[Any]) -> list[Any]:
    """Wait for all `promises` and give their results, in this order.

    Raises the failure that became known first, without waiting for the others.
    """
    for promise in as_completed(promises):
        _ = promise.result
    return [promise.result for promise in promises]


def any_of(*promises: Promise[T]) -> Promise[T]:
    """Wait for the first of `promises` to become known, and give it."""
    found = _promises(promises, 'any_of')
    if not found:
        raise DefinitionError('any_of takes one promise or more, but it was given none')
    interceptor = current(PASS_THROUGH)
    interceptor.wait(found)
    return interceptor.in_order([one for one in found if one.is_ready])[0]


def as_completed(promises: Iterable[Promise[T]]) -> Iterator[Promise[T]]:
    """Give each of `promises` as it becomes known, the earliest first."""
    left, interceptor = _promises(promises, 'as_completed'), current(PASS_THROUGH)
    while left:
        interceptor.wait(left)
        known = interceptor.in_order([one for one in left if one.is_ready])
        left = [one for one in left if not one.is_ready]
        yield from known


def wait(
    promises: Iterable[Promise[T]], timeout: float | timedelta | None = None,
) -> tuple[list[Promise[T]], list[Promise[T]]]:
    """Wait until all `promises` are known, or `timeout` seconds are over: give those that are, and those that are not.

    The promises that are not known go on; `promise.cancel()` ends what they stand for.
    """
    found = _promises(promises, 'wait')
    timers = [] if timeout is None else [Timer.get(in_seconds(timeout, 'timeout'))]
    while (open_ones := [one for one in found if not one.is_ready]) and not any(timer.is_ready for timer in timers):
        any_of(*open_ones, *timers)
    for timer in timers:
        timer.cancel()
    return [one for one in found if one not in open_ones], open_ones


def deadline(seconds: float | timedelta) -> AbstractContextManager[None]:
    """Give a block that has `seconds` to end.

    When they are over, the wait inside that is under way, or the next, raises a DeadlineExceeded, and what was started
    inside and has not ended is cancelled.
    """
    return current(PASS_THROUGH).scope(in_seconds(seconds, 'seconds'))


def shield() -> AbstractContextManager[None]:
    """Give a block whose waits no cancel, and no deadline around it, interrupts: for cleaning up."""
    return current(PASS_THROUGH).scope(None)


def _promises(promises: Iterable[Any], what: str) -> list[Any]:
    found = list(promises)
    for one in found:
        if not isinstance(one, Promise):
            raise DefinitionError(f'{what} takes promises, but it was given {describe_value(one)}')
    return found
