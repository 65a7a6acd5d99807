"""Group commit: what is wanted at the same time is done in one transaction, and answered after its commit.

A commit that has to reach the disk takes as long as dozens of requests. So callers put what they want done into a
queue; one of them leads, and does all that is in it. While it commits, the next batch gathers, and whoever came first
then leads that one. Somebody who is alone leads at once, a batch of one. No answer leaves before the commit.

A request that the service refuses concerns its caller alone, and so does one that finds a defect of ours. A batch that
the store cannot keep, because the disk is full for one, has not happened at all: every caller in it is answered an
internal failure, as by the real service, and told to try again by that.
"""

import logging
import queue
import threading
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, suppress
from typing import Any, Generic, TypeVar

from pyswfaws.swflocal.service import Fault
from pyswfaws.swflocal.service.faults import internal_failure
from pyswfaws.swflocal.stores.base import StoreError

_log = logging.getLogger(__name__)

_T = TypeVar('_T')


class Work(Generic[_T]):
    """One caller's part in a batch: first what is to be done, in the end what became of it."""

    def __init__(self, do: Callable[[], _T]) -> None:
        self.finished = False
        self._do = do
        self._done: list[_T] = []
        self._error: Exception | None = None
        self._calls: queue.SimpleQueue[None] = queue.SimpleQueue()

    @property
    def succeeded(self) -> bool:
        """Whether it was done."""
        return self._error is None

    def carry_out(self) -> None:
        """Do it; raises only what ends the batch."""
        try:
            self._done.append(self._do())
        except Fault as fault:
            self._error = fault
        except StoreError:
            raise
        except Exception:   # noqa: BLE001 - a defect is one caller's error 500, and not the end of the service
            _log.exception('a request could not be carried out')
            self._error = internal_failure()

    def fail(self, error: Exception) -> None:
        """It has not happened, whatever it seemed."""
        self._error = error

    def finish(self) -> None:
        """Nothing more will become of it."""
        self.finished = True
        self.wake()

    def wake(self) -> None:
        """End the sleep of its caller."""
        self._calls.put(None)

    def sleep(self) -> None:
        """Wait until it is finished, or until it is its caller's turn to lead."""
        self._calls.get()

    def result(self) -> _T:
        """Give what came of it, or raise what went wrong."""
        if self._error is not None:
            raise self._error
        return self._done[0]


class Batches:
    """Gathers work from many threads, and has it done batch by batch.

    Args:
        carry_out: does the works of one batch, in the thread of its leader; it must finish each of them.
    """

    def __init__(self, carry_out: Callable[[list[Work[Any]]], None]) -> None:
        self._carry_out = carry_out
        self._waiting: deque[Work[Any]] = deque()
        self._leading = threading.Lock()

    def do(self, works: Sequence[Work[Any]]) -> None:
        """Have these done with the next batch; gives back when they are finished."""
        self._waiting.extend(works)
        try:
            for work in works:
                while not work.finished:
                    if self._leading.acquire(blocking=False):
                        self._lead()
                    else:
                        work.sleep()
        except BaseException:   # Ctrl-C: nobody is there for these any more, nor to lead
            for work in works:
                with suppress(ValueError):
                    self._waiting.remove(work)
            self._pass_on()
            raise

    def _lead(self) -> None:
        batch = []
        try:
            while self._waiting:
                batch.append(self._waiting.popleft())
            if batch:       # else somebody was quicker
                self._carry_out(batch)
        finally:
            self._leading.release()
            self._pass_on()

    def _pass_on(self) -> None:
        """Wake the one who came first of those who wait, if any: the next leader."""
        with suppress(IndexError):
            self._waiting[0].wake()


def carry_out_together(works: Sequence[Work[Any]], transaction: AbstractContextManager[None]) -> bool:
    """Do all works in one transaction; tell whether it was kept."""
    try:
        with transaction:
            for work in works:
                work.carry_out()
    except BaseException as error:
        for work in works:
            work.fail(internal_failure())
        if not isinstance(error, StoreError):
            raise
        _log.error('nothing of %d requests was kept: %s', len(works), error)
        return False
    return True
