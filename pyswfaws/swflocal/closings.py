"""Who waits for the end of an execution.

Amazon SWF has no call that waits for this; its clients ask again and again. In the process of the service they need
not: the service knows what has closed, by a decision, a termination or a deadline, and here they are told.
"""

import threading
from collections.abc import Iterable

from pyswfaws.swflocal.service import Run


class Closings:
    """The runs whose end is waited for."""

    def __init__(self) -> None:
        self._waiting: dict[Run, list[threading.Event]] = {}

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def wait_for(self, run: Run) -> threading.Event:
        """Give an event that will be set when the run closes."""
        closed = threading.Event()
        self._waiting.setdefault(run, []).append(closed)
        return closed

    def forget(self, run: Run, closed: threading.Event) -> None:
        """Wait for this no longer."""
        waiting = self._waiting.get(run, [])
        if closed in waiting:
            waiting.remove(closed)
        if not waiting:
            self._waiting.pop(run, None)

    def tell(self, runs: Iterable[Run]) -> None:
        """Tell those who wait for the end of these."""
        for run in runs:
            for closed in self._waiting.pop(run, ()):
                closed.set()

    def dismiss(self) -> None:
        """Tell all to wait no longer."""
        self.tell(list(self._waiting))
