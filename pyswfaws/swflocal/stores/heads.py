"""The heads of the task lists: the tasks that come next, so that the file is not asked for each of them.

A head is the beginning of a list, in order and without a gap. What is added behind it is in the file only, unless the
head is known to be the whole list. An empty head that is not the whole list is read anew.
"""

from bisect import bisect_left, insort
from collections.abc import Callable
from typing import Final, TypeAlias

from pyswfaws.swflocal.service.storage import Task, TaskListKey

#: A task in its order: the priority negated, and the number that says who came first.
Entry: TypeAlias = tuple[int, int, Task]

_LISTS: Final = 1_000   # heads, before all are forgotten


class _Head:
    """The beginning of one list."""

    def __init__(self, entries: list[Entry], *, is_whole: bool) -> None:
        self.entries = entries
        self.is_whole = is_whole


class Heads:
    """The heads of all lists that were asked for.

    Args:
        read: gives the first tasks of a list from the file, as many as asked for at the most.
        length: how many are read at a time.
        longest: how many a head may grow to, before it is cut to `length`.
    """

    def __init__(
        self, read: Callable[[TaskListKey, int], list[Entry]], *, length: int = 100, longest: int = 1_000,
    ) -> None:
        self._read = read
        self._length = length
        self._longest = longest
        self._heads: dict[TaskListKey, _Head] = {}
        self._tasks: dict[int, dict[int, Entry]] = {}   # what is in them, by execution and event

    def first(self, task_list: TaskListKey) -> Task | None:
        """Give the task that comes next."""
        head = self._heads.get(task_list)
        if head is None or not (head.entries or head.is_whole):
            head = self._load(task_list)
        return head.entries[0][2] if head.entries else None

    def add(self, entry: Entry) -> None:
        """Note that a task was added to its list."""
        task = entry[2]
        head = self._heads.get(task.task_list)
        if head is None or not (head.is_whole or (head.entries and entry < head.entries[-1])):
            return
        insort(head.entries, entry)
        self._tasks.setdefault(task.execution, {})[task.event_id] = entry
        if len(head.entries) > self._longest:
            head.is_whole = False
            while len(head.entries) > self._length:
                self._forget_task(head.entries.pop()[2])

    def remove(self, execution: int, event_id: int) -> None:
        """Note that a task is gone from its list."""
        entry = self._tasks.get(execution, {}).get(event_id)
        if entry is not None:
            self._forget_task(entry[2])
            entries = self._heads[entry[2].task_list].entries
            del entries[bisect_left(entries, entry)]

    def remove_all(self, execution: int) -> None:
        """Note that all tasks of an execution are gone."""
        for event_id in list(self._tasks.get(execution, ())):
            self.remove(execution, event_id)

    def forget(self) -> None:
        """Know nothing any more."""
        self._heads.clear()
        self._tasks.clear()

    def _load(self, task_list: TaskListKey) -> _Head:
        if len(self._heads) > _LISTS:
            self.forget()
        entries = self._read(task_list, self._length)
        head = self._heads[task_list] = _Head(entries, is_whole=len(entries) < self._length)
        for entry in entries:
            self._tasks.setdefault(entry[2].execution, {})[entry[2].event_id] = entry
        return head

    def _forget_task(self, task: Task) -> None:
        mine = self._tasks[task.execution]
        del mine[task.event_id]
        if not mine:
            del self._tasks[task.execution]
