"""Polls that wait: who they wait for, and in which order they are served.

A poll waits in the queue of its task list, first come, first served. When the list gets a task, the host serves the
queue. A poll in a thread of this process is handed the task on the spot. A poll from outside is *summoned* instead: it
comes and takes the task itself, once it has made sure that its client is still there; then the next in the queue is
served.
"""

import queue
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, TypeAlias

from pyswfaws.swflocal.service import TaskListKey

Answer: TypeAlias = dict[str, Any]

#: The two operations that wait for a task, and the kind of list that each waits at.
KINDS: Final[Mapping[str, str]] = {'PollForDecisionTask': 'decision', 'PollForActivityTask': 'activity'}


def list_polled(operation: str, request: Mapping[str, Any], region: str) -> TaskListKey | None:
    """Give the list that this (valid) request waits at; None for every request that is answered at once.

    A poll with a page token asks for more of a task that its caller has already.
    """
    if operation not in KINDS or request.get('nextPageToken') is not None:
        return None
    return TaskListKey(region, request['domain'], KINDS[operation], request['taskList']['name'])


class WaitingPoll:
    """A poll that found no task: the request, and the empty answer that it gets if none comes in time."""

    def __init__(self, key: TaskListKey, operation: str, request: dict[str, Any], empty: Answer) -> None:
        self.key = key
        self.operation = operation
        self.request = request
        self.empty = empty


class ThreadPoll(WaitingPoll):
    """The poll of a thread in this process, which sleeps on its inbox.

    What arrives there is the answer, or what went wrong in getting it.
    """

    def __init__(self, key: TaskListKey, operation: str, request: dict[str, Any], empty: Answer) -> None:
        super().__init__(key, operation, request, empty)
        self.inbox: queue.SimpleQueue[Answer | Exception] = queue.SimpleQueue()


class SummonedPoll(WaitingPoll):
    """The poll of a client elsewhere; `summon` may be called from any thread, and only tells it to come."""

    def __init__(
        self, key: TaskListKey, operation: str, request: dict[str, Any], empty: Answer, summon: Callable[[], object],
    ) -> None:
        super().__init__(key, operation, request, empty)
        self.summon = summon
        self.dismissed = False   # summoned to be answered empty


class Queues:
    """The waiting polls of every list."""

    def __init__(self) -> None:
        self._queues: dict[TaskListKey, deque[WaitingPoll]] = {}

    def __bool__(self) -> bool:
        return bool(self._queues)

    def __iter__(self) -> Iterator[WaitingPoll]:
        return iter([poll for waiting in self._queues.values() for poll in waiting])

    def length(self, key: TaskListKey) -> int:
        """How many polls wait at one list."""
        return len(self._queues.get(key, ()))

    def first(self, key: TaskListKey) -> WaitingPoll | None:
        """The poll that is to be served next."""
        waiting = self._queues.get(key)
        return waiting[0] if waiting else None

    def join(self, poll: WaitingPoll, *, ahead: bool = False) -> None:
        """Add `poll` at the end, or ahead of all others if it waited before."""
        waiting = self._queues.setdefault(poll.key, deque())
        if ahead:
            waiting.appendleft(poll)
        else:
            waiting.append(poll)

    def leave(self, poll: WaitingPoll) -> bool:
        """Take `poll` out; False if it is not in its queue (any more)."""
        waiting = self._queues.get(poll.key, deque())
        if poll not in waiting:
            return False
        waiting.remove(poll)
        if not waiting:
            del self._queues[poll.key]
        return True
