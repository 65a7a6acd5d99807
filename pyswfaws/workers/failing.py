"""Failing: executions that a decision worker could not decide, and when it looks at each of them again.

Where today's code decides otherwise than it did, where an input cannot be read, or where the library itself has a
mistake, the decision task is left unanswered, so that nobody's workflow fails for it. When it has timed out, SWF gives
it out again, and again. To replay a history each time, only to fail in the same way, would take time from others. So a
worker leaves such tasks alone until half their timeout has passed since the first failure, all of it since the second,
twice that since the third, and so on, an hour at the most. A process that starts anew, with repaired code for instance,
remembers no failure, and tries at once.
"""

from collections import OrderedDict
from typing import Final, NamedTuple

from pyswfaws.binding.checks import Duration
from pyswfaws.workers.parking import Execution

_LONGEST_WAIT: Final = 3600.0   # seconds
_UNLIMITED: Final = 60.0        # what stands for the timeout of tasks that have none


class _Failed(NamedTuple):
    times: int
    until: float


class Failing:
    """What failed, of the latest `capacity` executions that did. `now` is in seconds, of one clock."""

    def __init__(self, capacity: int = 1000) -> None:
        self._failed: OrderedDict[Execution, _Failed] = OrderedDict()    # the one that failed longest ago first
        self._capacity = capacity

    def wait(self, execution: Execution, now: float) -> float:
        """Give for how many seconds more an execution is to be left alone; 0 for one that may be tried."""
        failed = self._failed.get(execution)
        return max(0.0, failed.until - now) if failed else 0.0

    def failed(self, execution: Execution, limit: Duration, now: float) -> None:
        """Take note that a decision failed whose task has the timeout `limit`."""
        times = self.times(execution) + 1
        timeout = _UNLIMITED if limit == 'NONE' else float(str(limit))
        wait = min(_LONGEST_WAIT, timeout * 2.0 ** min(times - 2, 16))
        self._failed.pop(execution, None)       # goes to the end
        self._failed[execution] = _Failed(times, now + wait)
        if len(self._failed) > self._capacity:
            self._failed.popitem(last=False)

    def times(self, execution: Execution) -> int:
        """How often an execution has failed in a row here."""
        failed = self._failed.get(execution)
        return failed.times if failed else 0

    def decided(self, execution: Execution) -> None:
        """Take note that an execution was decided."""
        self._failed.pop(execution, None)
