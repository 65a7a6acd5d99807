"""Insisting: a call is made again and again while that is of use."""

import logging
import time
from collections.abc import Callable
from typing import Any, Final

from pyswfaws.binding.checks import Duration
from pyswfaws.exceptions import DataStoreError
from pyswfaws.workers.clients import FAULTS, Backoff, is_permanent

logger = logging.getLogger('pyswfaws')

_LONGEST_PATIENCE: Final = 3600.0   # seconds


def insist(call: Callable[[], Any], limit: Duration, what: str) -> Any:
    """Call SWF, or a data store, for a task that is called `what`, again and again while that is of use.

    That is within `limit`, the task's own timeout; where it has none, an hour is one. Raises the last error.
    """
    backoff = Backoff()
    until = time.monotonic() + (_LONGEST_PATIENCE if limit == 'NONE' else float(str(limit)))
    while True:
        try:
            return call()
        except (*FAULTS, DataStoreError) as error:
            wait = backoff.next()
            if is_permanent(error) or time.monotonic() + wait > until:
                raise
            logger.info('%s: %s; trying on', what, error)
            time.sleep(wait)
