"""Running: workers from their start to their end, and what a signal does to them.

SIGTERM and SIGINT drain: no new poll is made, open polls are waited out (SWF may hand a task to one that was cut off),
running work is finished and answered. A second signal stops hard.
"""

import logging
import os
import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from types import FrameType
from typing import Protocol

logger = logging.getLogger('pyswfaws')


class Runs(Protocol):
    """Something that runs in threads of its own."""

    def begin(self) -> None:
        """Start the threads."""

    def stop(self) -> None:
        """Let them end when their work is done; may be called from anywhere, and more than once."""

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until they have ended, `timeout` seconds at most; whether they have. Raises what ended one of them."""


def run(workers: Sequence[Runs]) -> None:
    """Run `workers` until all have ended; in the main thread, signals drain them.

    Where one cannot begin or dies, the others are stopped, and its error is raised when they have ended.
    """
    with _signals_drain(workers), ExitStack() as ending:    # undone from the last line up, whatever one of them raises
        for worker in workers:
            ending.callback(worker.wait)
        for worker in workers:
            ending.callback(worker.stop)
        for worker in workers:
            worker.begin()
        while [worker for worker in workers if not worker.wait(0.2)]:     # each is asked, in case it has died
            pass
        ending.pop_all()


@contextmanager
def _signals_drain(workers: Sequence[Runs]) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    seen: list[int] = []

    def drain(number: int, _frame: FrameType | None) -> None:
        name = signal.Signals(number).name
        if seen:
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
            os._exit(128 + number)      # as process 1 of a container, which no signal ends by default
        seen.append(number)
        logger.warning('%s: finishing open polls and running work (up to a minute); once more stops at once', name)
        for worker in workers:
            worker.stop()

    before = {number: signal.signal(number, drain) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
