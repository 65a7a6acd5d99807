"""Patience: how often, and for how long, a worker tries again what went wrong.

=========================== ==========================================================================================
what failed                 is tried again
=========================== ==========================================================================================
a poll                      for ever, after waits that double
a call for a task           until the task's own limit, after waits that double; where it has none, for an hour
either, as SWF throttles    likewise, with longer waits from the first: more of the same would only prolong it
a call, while draining      for as long as the worker may drain
what can never be taken     not at all
=========================== ==========================================================================================

An outage is said once when it starts and once when it is over, however many threads notice it.
"""

import logging
import random
import threading
import time
from collections.abc import Callable
from typing import Final, TypeVar

from pyswfaws.binding.checks import Duration
from pyswfaws.exceptions import DataStoreError
from pyswfaws.workers.clients import FAULTS, is_permanent, is_throttling

T = TypeVar('T')

#: How many times longer the first waits are where SWF throttles.
_THROTTLED: Final = 10

_LONGEST_PATIENCE: Final = 3600.0   # seconds


class Backoff:
    """How long to wait after each failure in a row, in seconds: doubling, jittered, `longest` at the most."""

    def __init__(self, first: float = 0.2, longest: float = 30) -> None:
        self._first = first
        self._longest = longest
        self.failures = 0

    def next(self, error: BaseException | None = None) -> float:
        """Count a failure, by `error`, and give the wait after it."""
        first = self._first * (_THROTTLED if error is not None and is_throttling(error) else 1)
        wait = min(self._longest, first * 2.0 ** min(self.failures, 16))
        self.failures += 1
        return wait * random.uniform(0.5, 1)  # noqa: S311 - so that a fleet does not come back at one moment

    def reset(self) -> int:
        """Forget the failures, and give how many there were."""
        failures, self.failures = self.failures, 0
        return failures


class Outage:
    """Whether SWF answers the polls of one worker; it starts with the first that fails, and ends when all succeed."""

    def __init__(self, what: str, logger: logging.Logger) -> None:
        self._what = what
        self._logger = logger
        self._failing: set[int] = set()     # threads
        self._since = 0.0
        self._lock = threading.Lock()

    def failed(self, error: BaseException, now: float) -> None:
        """Take note that a poll of this thread failed at `now`, in seconds of any clock."""
        with self._lock:
            if not self._failing:
                self._since = now
                self._logger.warning('polling %s fails: %s; trying on', self._what, error)
            self._failing.add(threading.get_ident())

    def passed(self, now: float) -> None:
        """Take note that a poll of this thread was answered, after one that failed; or that no more will be made."""
        with self._lock:
            was_failing = bool(self._failing)
            self._failing.discard(threading.get_ident())
            if was_failing and not self._failing:
                self._logger.warning('polling %s works again, after %.1f s', self._what, now - self._since)


class Patience:
    """Makes calls for tasks again and again, while that is of use.

    Once `stopping` is set, no call is tried for longer than `drain_timeout` seconds more.
    """

    def __init__(self, stopping: threading.Event, drain_timeout: float, logger: logging.Logger) -> None:
        self._stopping = stopping
        self._drain_timeout = drain_timeout
        self._logger = logger

    def insist(self, call: Callable[[], T], limit: Duration, what: str) -> T:
        """Call SWF, or a data store, for the task `what`, within `limit`, its own timeout; raises the last error."""
        backoff = Backoff()
        is_draining = False
        until = time.monotonic() + (_LONGEST_PATIENCE if limit == 'NONE' else float(str(limit)))
        while True:
            try:
                answer = call()
            except (*FAULTS, DataStoreError) as error:
                if self._stopping.is_set() and not is_draining:
                    is_draining = True
                    until = min(until, time.monotonic() + self._drain_timeout)
                if not backoff.failures and not is_permanent(error):
                    self._logger.info('%s: %s; trying on', what, error)
                wait = backoff.next(error)
                if is_permanent(error) or time.monotonic() + wait > until:
                    raise
                if is_draining:
                    time.sleep(wait)
                else:
                    self._stopping.wait(wait)
            else:
                failures = backoff.reset()
                if failures:
                    self._logger.info('%s: done, at attempt %s', what, failures + 1)
                return answer
