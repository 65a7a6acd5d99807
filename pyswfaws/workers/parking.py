"""Parking: the deciders that a worker keeps between their decision tasks, so that each costs only what is new.

A program that waits stands in greenlets, and greenlets belong to the thread that started them. So a worker decides in a
few threads of its own, its *keepers*, and an execution is always decided by the keeper that keeps it.

A kept program may go on only where SWF's history says that its last decisions were taken, and no others since: the
task's ``previousStartedEventId`` must be the DecisionTaskStarted that it saw last. Otherwise it is thrown away, and the
execution is replayed from its start. So what is kept may be lost at any moment, and nothing comes out differently.

How much memory a kept program takes is estimated from its history: so many bytes an event, more for what is open, and
the texts that are kept of it. What else the decider holds on to is its own affair.
"""

import logging
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, NamedTuple, TypeVar

from pyswfaws.replay.replay import Replay
from pyswfaws.workers.counts import Counts

logger = logging.getLogger('pyswfaws')

T = TypeVar('T')

#: What a program takes, in bytes, and what each event of its history and each thing that is open adds, beside the
#: texts: as measured.
_PROGRAM: Final = 18_000
_EVENT: Final = 175
_OPEN: Final = 2_500


class Execution(NamedTuple):
    """One run of a workflow."""

    workflow_id: str
    run_id: str

    @classmethod
    def of(cls, task: Any) -> 'Execution':
        """Give the execution that a decision task is for."""
        return cls(task['workflowExecution']['workflowId'], task['workflowExecution']['runId'])


class Keeper:
    """A thread that decides, and the programs that stand in it: `capacity` at the most, and of `room` bytes in all.

    `counts` counts hits, misses and evictions.
    """

    def __init__(self, name: str, capacity: int, room: int, counts: Counts) -> None:
        self.in_hand: list[Execution] = []
        self._parked: OrderedDict[Execution, Replay] = OrderedDict()    # the least recently used first
        self._capacity = capacity
        self._room = room
        self._taken = 0     # bytes
        self._counts = counts
        self._thread = ThreadPoolExecutor(1, name)
        self._closed = False

    def __contains__(self, execution: Execution) -> bool:
        return execution in self._parked or execution in self.in_hand

    def run(self, execution: Execution, work: Callable[..., T], *arguments: Any) -> T:
        """Do `work` for an execution in this thread, and wait for it.

        Until that is done the execution is in hand: SWF may hand out its next task before its program is parked.
        """
        self.in_hand.append(execution)
        try:
            return self._thread.submit(work, *arguments).result()
        finally:
            self.in_hand.remove(execution)

    def close(self) -> None:
        """Throw away what is parked, and end the thread; a second time does nothing."""
        if not self._closed:
            self._closed = True
            self._thread.submit(self._clear).result()
            self._thread.shutdown()

    # In the thread.

    def take(self, execution: Execution, previous_started_event_id: int) -> Replay | None:
        """Give the program of an execution, if it may go on; it is not parked any more then."""
        replay = self._parked.pop(execution, None)
        if replay is not None:
            self._taken -= size_of(replay)
        if replay is not None and replay.history.started_event_id == previous_started_event_id:
            self._counts.add('hits')
            return replay
        if replay is not None:
            self.drop(replay)
        if previous_started_event_id:
            self._counts.add('misses')
        return None

    def keep(self, execution: Execution, replay: Replay) -> None:
        """Park a program whose decisions SWF has taken; the one that was used least recently makes room."""
        self._parked[execution] = replay
        self._taken += size_of(replay)
        while len(self._parked) > self._capacity or self._taken > self._room:
            self._counts.add('evictions')
            evicted = self._parked.popitem(last=False)[1]
            self._taken -= size_of(evicted)
            self.drop(evicted)

    def drop(self, replay: Replay) -> None:
        """Throw a program away: the halt is thrown into it, and if it was swallowed, that is said."""
        replay.close()
        for warning in replay.program.warnings:
            logger.warning('the decider of %s %s: %s', replay.workflow_id, replay.run_id, warning)

    def _clear(self) -> None:
        while self._parked:
            self.drop(self._parked.popitem()[1])


def size_of(replay: Replay) -> int:
    """Estimate the bytes that a program takes while it is parked."""
    history = replay.history
    return _PROGRAM + _EVENT * history.last_event_id + _OPEN * history.open.total() + history.characters


def keeper_of(execution: Execution, keepers: Sequence[Keeper]) -> Keeper:
    """Give the keeper that keeps an execution, or else the one that has least to do."""
    return next((one for one in keepers if execution in one), None) or min(keepers, key=lambda one: len(one.in_hand))
