"""Insisting: a call is made again and again while that is of use.

=========================== ===========================================
what fails                  is tried again
=========================== ===========================================
a call for a task           until the task's own limit; for an hour, where it has none
the same, while draining    for as long as draining may take, too
what can never be taken     not at all
=========================== ===========================================
"""

import logging
import threading
import time
from collections.abc import Callable
from typing import Any, Final

from pyswfaws.binding.checks import Duration
from pyswfaws.exceptions import DataStoreError
from pyswfaws.workers.backoff import Backoff
from pyswfaws.workers.clients import FAULTS, is_permanent

logger = logging.getLogger('pyswfaws')

_LONGEST_PATIENCE: Final = 3600.0   # seconds


def insist(
    call: Callable[[], Any],
    limit: Duration,
    what: str,
    stopping: threading.Event | None = None,
    drain_timeout: float = 0,
) -> Any:
    """Call SWF, or a data store, for a task that is called `what`, again and again while that is of use.

    That is within `limit`, the task's own timeout, and, once `stopping` is set, for `drain_timeout` seconds more.
    Raises the last error. What goes wrong is said once, and once that it is over.
    """
    backoff = Backoff()
    stopping = stopping or threading.Event()
    is_draining = False
    until = time.monotonic() + (_LONGEST_PATIENCE if limit == 'NONE' else float(str(limit)))
    while True:
        try:
            answer = call()
        except (*FAULTS, DataStoreError) as error:
            if stopping.is_set() and not is_draining:
                is_draining = True
                until = min(until, time.monotonic() + drain_timeout)
            if not backoff.failures and not is_permanent(error):
                logger.info('%s: %s; trying on', what, error)
            wait = backoff.next(error)
            if is_permanent(error) or time.monotonic() + wait > until:
                raise
            if is_draining:
                time.sleep(wait)
            else:
                stopping.wait(wait)
        else:
            if backoff.failures:
                logger.info('%s: done, at attempt %s', what, backoff.failures + 1)
            return answer
