"""Heartbeats: tell SWF that running activities are alive, so that it notices when their worker is not.

One thread beats for all the tasks of a worker, each at a third of its heartbeat timeout.
"""

import heapq
import itertools
import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pyswfaws.workers.clients import FAULTS, is_permanent

logger = logging.getLogger('pyswfaws')

_Beat = tuple[float, int, str, float]   # when it is due, a tie-breaker, the task's token, the seconds to the next


class Heartbeats:
    """Beats for the tasks that are inside `beating`."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._due: list[_Beat] = []
        self._running: set[str] = set()
        self._count = itertools.count()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._closed = False

    @contextmanager
    def beating(self, token: str, timeout: float | None) -> Iterator[None]:
        """Beat for the task of `token` while the block runs; `timeout` in seconds, None for a task that has none."""
        if not timeout:
            yield
            return
        with self._changed:
            self._running.add(token)
            self._push(token, timeout / 3)
            if self._thread is None:
                self._thread = threading.Thread(target=self._beat_on, name='heartbeats', daemon=True)
                self._thread.start()
            self._changed.notify()
        try:
            yield
        finally:
            with self._changed:
                self._running.discard(token)

    def close(self) -> None:
        """End the thread."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        if self._thread is not None:
            self._thread.join()

    def _push(self, token: str, interval: float) -> None:
        heapq.heappush(self._due, (time.monotonic() + interval, next(self._count), token, interval))

    def _beat_on(self) -> None:
        while True:
            with self._changed:
                while not self._closed and (not self._due or self._due[0][0] > time.monotonic()):
                    self._changed.wait(self._due[0][0] - time.monotonic() if self._due else None)
                if self._closed:
                    return
                _, _, token, interval = heapq.heappop(self._due)
                if token not in self._running:
                    continue
                self._push(token, interval)
            try:
                self._client.record_activity_task_heartbeat(taskToken=token)
            except FAULTS as error:
                logger.info('a heartbeat was not taken: %s', error)
                if is_permanent(error):     # timed out, or its workflow closed: nobody waits for it any more
                    with self._changed:
                        self._running.discard(token)
