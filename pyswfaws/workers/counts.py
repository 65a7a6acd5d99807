"""Counts: how often what happened in a worker, by a word for it."""

from collections import Counter
from collections.abc import Mapping
from threading import Lock


class Counts(Counter[str]):
    """A Counter that many threads `add` to, and none of what they add is lost."""

    def __init__(self, counts: Mapping[str, int] | None = None, /) -> None:
        super().__init__(counts)
        self._lock = Lock()

    def add(self, what: str, number: int = 1) -> None:
        """Count that `what` has happened `number` times more."""
        with self._lock:
            self[what] += number
