"""Rates: how often something may happen."""

from threading import Lock


class Rate:
    """Lets something happen so many times `per_second`, spread evenly; what was not used in a second is used up late.

    Each may take a turn: the time at which it may happen, which is now, or as soon as others before it have had theirs.
    The times are in seconds, by whatever clock the callers agree on. May be used from many threads.
    """

    def __init__(self, per_second: float) -> None:
        self._interval = 1 / per_second
        self._slack = max(0.0, 1.0 - self._interval)    # a second's worth of turns may be taken at once
        self._next = float('-inf')
        self._lock = Lock()

    def take(self, now: float) -> float:
        """Take the next turn, and give how long to wait for it, in seconds."""
        with self._lock:
            turn = max(self._next, now - self._slack)
            self._next = turn + self._interval
            return max(0.0, turn - now)

    def give_back(self) -> None:
        """Give back a turn that was of no use."""
        with self._lock:
            self._next -= self._interval
