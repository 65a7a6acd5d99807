"""Outage: SWF does not answer the polls of a worker. It is said when it starts and when it is over, and not between."""

import logging
import threading

logger = logging.getLogger('pyswfaws')


class Outage:
    """Starts with the first thread of a worker whose poll fails, and is over when each that failed had an answer.

    `what` is what is polled. `now` is in seconds, of one clock.
    """

    def __init__(self, what: str) -> None:
        self._what = what
        self._failing: set[int] = set()     # threads
        self._since = 0.0
        self._lock = threading.Lock()

    def failed(self, error: BaseException, now: float) -> None:
        """Take note that a poll of this thread failed."""
        with self._lock:
            if not self._failing:
                self._since = now
                logger.warning('polling %s fails: %s; trying on', self._what, error)
            self._failing.add(threading.get_ident())

    def passed(self, now: float) -> None:
        """Take note that a poll of this thread was answered, after some that failed."""
        with self._lock:
            self._failing.discard(threading.get_ident())
            if not self._failing:
                logger.warning('polling %s works again, after %.1f s', self._what, now - self._since)
