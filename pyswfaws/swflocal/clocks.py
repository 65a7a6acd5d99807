"""Time as SWF Local sees it: the real one, or one that skips what nobody is waiting to use.

A clock is any object with ``now()``, seconds since the epoch. A clock that also has ``jump_to(moment)`` is *virtual*:
when every worker only waits for something to happen, the host moves it to the next deadline, so that a workflow which
sleeps for a year is done in milliseconds. So is one that waits for a signal which only you can send: the next
deadline is then the end of its own time.
"""

import time
from typing import Protocol, runtime_checkable


class Clock(Protocol):
    """Where the service's time comes from."""

    def now(self) -> float:
        """Give the time in seconds since the epoch; it never goes backwards."""


@runtime_checkable
class Virtual(Clock, Protocol):
    """A clock that the host may move."""

    def jump_to(self, moment: float) -> None:
        """Move to `moment`, in seconds since the epoch; never backwards."""


class SystemClock:
    """The machine's clock."""

    def now(self) -> float:
        """Give the real time."""
        return time.time()


class VirtualClock:
    """A clock that stands still until it is moved.

    Args:
        start: seconds since the epoch at which it begins.

    >>> clock = VirtualClock(start=1000.0)
    >>> clock.jump_to(1060.0)
    >>> clock.now()
    1060.0
    """

    def __init__(self, start: float = 0.0) -> None:
        self._now = start

    def __repr__(self) -> str:
        return f'<{type(self).__name__} at {self.now()}>'

    def now(self) -> float:
        """Give the virtual time."""
        return self._now

    def jump_to(self, moment: float) -> None:
        """Move to `moment`, in seconds since the epoch; never backwards."""
        self._now = max(self._now, moment)


class SkippingClock:
    """The machine's clock with jumps on top of it.

    Real time passes as well, so that a worker which dies with a task in its hands is found out by the task's timeout.
    """

    def __init__(self) -> None:
        self._skipped = 0.0

    def now(self) -> float:
        """Give the real time and all that was skipped."""
        return time.time() + self._skipped

    def jump_to(self, moment: float) -> None:
        """Skip to `moment`, in seconds since the epoch; never backwards."""
        self._skipped += max(0.0, moment - self.now())
