"""Quiet: what a decider logs is said once.

A decider is replayed from its start, again and again, and would log the same lines each time. While a `Quiet` is in
force, the handlers of the root logger pass over what a program logs where it has been before, and over all that is
logged in a thread while it rehearses. What the library itself and all other threads log goes through, and so does what
reaches a handler of another logger.
"""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from pyswfaws.workflow import is_replaying


class Quiet(logging.Filter):
    """Silences replays, or whenever `is_silent()`, at the handlers that the root logger has when it is installed.

    Each worker has its own, so that several may begin and end in any order. A handler's list of filters is replaced,
    never changed, because other threads may be going through it.
    """

    def __init__(self, is_silent: Callable[[], bool] = is_replaying) -> None:
        super().__init__()
        self._is_silent = is_silent
        self._handlers: list[logging.Handler] = []
        self._rehearsing = threading.local()

    def filter(self, record: logging.LogRecord) -> bool:  # noqa: ARG002 - it is the moment that counts
        """Whether what is logged is to be heard."""
        return not (getattr(self._rehearsing, 'now', False) or self._is_silent())

    @contextmanager
    def rehearsal(self) -> Iterator[None]:
        """Silence this thread inside the block."""
        self._rehearsing.now = True
        try:
            yield
        finally:
            self._rehearsing.now = False

    def install(self) -> None:
        """Begin."""
        self._handlers = list(logging.getLogger().handlers)
        for handler in self._handlers:
            handler.filters = [*handler.filters, self]

    def remove(self) -> None:
        """End; a second time does nothing."""
        for handler in self._handlers:
            handler.filters = [one for one in handler.filters if one is not self]
        self._handlers = []
