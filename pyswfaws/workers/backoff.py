"""Backoff: how long to wait before something that failed is tried again."""

import random
from typing import Final

from pyswfaws.workers.clients import is_throttling

#: How many times longer each wait is where SWF throttles: more of the same would only prolong it.
_THROTTLED: Final = 10


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
