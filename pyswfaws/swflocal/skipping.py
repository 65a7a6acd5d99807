"""When a virtual clock may jump: the rule of time skipping.

Time may be skipped when nobody could use it. That is so when

- at least one poll waits (somebody is there to see what the next deadline brings),
- no worker holds a task: every task that was handed out was answered, and
- no list that somebody serves has a task which nobody took yet; its worker is between two polls and will come.

A list that was never polled has no worker to wait for: a task on it stays until its timeout, and the clock jumps to
that.
"""

from collections.abc import Collection, Mapping
from typing import Any

from pyswfaws.swflocal.stores.base import TaskListKey


class Idleness:
    """What every call tells about who is at work."""

    def __init__(self) -> None:
        self._held: set[str] = set()          # task tokens
        self._served: set[TaskListKey] = set()
        self._stocked: set[TaskListKey] = set()   # lists that have, or may have, a task

    def stocked(self, keys: Collection[TaskListKey]) -> None:
        """Note that each of these lists got a task."""
        self._stocked.update(keys)

    def polled(self, key: TaskListKey, answer: Mapping[str, Any]) -> None:
        """Note what a poll of list `key` was answered."""
        self._served.add(key)
        if 'taskToken' in answer:
            self._held.add(answer['taskToken'])
        else:
            self._stocked.discard(key)

    def called(self, operation: str, request: Mapping[str, Any]) -> None:
        """Note any other call: an answer to a task, accepted or not, gives the task back."""
        if operation.startswith('Respond'):
            self._held.discard(str(request.get('taskToken')))   # the request may be malformed

    def idle(self) -> bool:
        """Whether no worker holds a task, and none is on its way to one."""
        return not self._held and self._stocked.isdisjoint(self._served)
