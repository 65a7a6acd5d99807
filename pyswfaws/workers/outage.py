"""Outage: SWF does not answer a worker. It is said when it starts and when it is over, and not between."""

import logging
import threading
from collections.abc import Hashable

logger = logging.getLogger('pyswfaws')


class Outage:
    """Starts with the first call that fails, and is over when all who call, and failed, had an answer.

    `what` is what is done by these calls, such as 'polling'. `now` is in seconds, of one clock.
    """

    def __init__(self, what: str) -> None:
        self._what = what
        self._failing: set[Hashable] = set()
        self._since: float | None = None
        self._lock = threading.Lock()

    def failed(self, who: Hashable, error: BaseException, now: float) -> None:
        """Take note that a call of `who` failed."""
        with self._lock:
            if self._since is None:
                self._since = now
                logger.warning('%s fails: %s; trying on', self._what, error)
            self._failing.add(who)

    def passed(self, who: Hashable, now: float) -> None:
        """Take note that a call of `who` was answered."""
        with self._lock:
            self._failing.discard(who)
            if self._since is not None and not self._failing:
                logger.warning('%s works again, after %.1f s', self._what, now - self._since)
                self._since = None

    def left(self, who: Hashable) -> None:
        """Take note that `who` calls no more. That says nothing of SWF: the next answer of another does."""
        with self._lock:
            self._failing.discard(who)
