"""When a virtual clock may jump: the rule of time skipping.

Time may be skipped when nobody could use it. That is so when

- at least one poll waits (somebody is there to see what the next deadline brings),
- no worker holds a task: every task that was handed out was answered, every Lambda function that runs has returned, and
- no list that somebody serves has a task; its worker is between two polls, and will come.

A list that was never polled has no worker to wait for: a task on it stays until its timeout, and the clock jumps there.
"""

from collections.abc import Callable
from typing import Any

from pyswfaws.swflocal.service import TaskListKey


class Idleness:
    """What every call tells about who is at work.

    Args:
        count_tasks: tells how many tasks wait in a list.
    """

    def __init__(self, count_tasks: Callable[[TaskListKey], int]) -> None:
        self._count_tasks = count_tasks
        self._held: set[str] = set()          # task tokens
        self._served: set[TaskListKey] = set()

    def serves(self, key: TaskListKey) -> None:
        """Note that somebody takes tasks from list `key`."""
        self._served.add(key)

    def takes(self, token: str | None) -> None:
        """Note that a task was handed out; None if there was none."""
        if token is not None:
            self._held.add(token)

    def gives_back(self, token: Any) -> None:
        """Note that a task was answered, rightly or not; a malformed answer may have anything as its token."""
        self._held.discard(str(token))

    def idle(self) -> bool:
        """Whether no worker holds a task, and none is on its way to one."""
        return not self._held and not any(map(self._count_tasks, self._served))
