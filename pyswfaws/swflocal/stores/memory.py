"""A store in memory: plain dictionaries, and a journal of how to undo what an unfinished transaction wrote."""

import heapq
from bisect import bisect_left, insort
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from pyswfaws.swflocal.service.storage import (
    Event,
    ExecutionRow,
    Heartbeat,
    Page,
    Query,
    Record,
    Task,
    TaskListKey,
    TypeKey,
)


class MemoryStore:
    """See `service.storage.Store`."""

    def __init__(self) -> None:
        self._domains: dict[tuple[str, str], Record] = {}
        self._types: dict[TypeKey, Record] = {}
        self._executions: dict[int, ExecutionRow] = {}
        self._open: dict[tuple[str, str, str], int] = {}
        self._runs: dict[tuple[str, str, str, str], int] = {}
        self._events: dict[int, list[Event]] = {}
        self._heartbeats: dict[int, dict[int, Heartbeat]] = {}
        self._lists: dict[TaskListKey, list[tuple[int, int, Task]]] = {}    # sorted: highest priority, then first come
        self._tasks: dict[int, dict[int, tuple[int, int, Task]]] = {}       # the same by execution and event
        self._due_heap: list[tuple[float, int]] = []    # with entries that the executions no longer confirm
        self._last_key = 0
        self._sequence = 0
        self._undo: list[Callable[[], Any]] = []
        self._writing = False       # in a transaction

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Keep every write of the block, or on an exception none."""
        before, outermost = len(self._undo), not self._writing
        self._writing = True
        try:
            yield
        except BaseException:
            while len(self._undo) > before:
                self._undo.pop()()
            raise
        finally:
            if outermost:
                self._undo.clear()
                self._writing = False

    def close(self) -> None:
        """Nothing to give up."""

    def _put(self, table: dict[Any, Any], key: Any, value: Any) -> None:
        """Set an item so that it can be undone."""
        if key in table:
            old = table[key]
            self._undo.append(lambda: table.__setitem__(key, old))
        else:
            self._undo.append(lambda: table.pop(key, None))
        table[key] = value

    def _drop(self, table: dict[Any, Any], key: Any) -> None:
        if key in table:
            old = table.pop(key)
            self._undo.append(lambda: table.__setitem__(key, old))

    def _replace(self, row: ExecutionRow) -> None:
        """Put another row in the place of an execution's; the heap learns of what may be earliest, undone or not."""
        old = self._executions[row.key]
        self._undo.append(lambda: self._executions.__setitem__(row.key, old))
        self._undo.append(lambda: self._expect(old))
        self._executions[row.key] = row
        self._expect(row)

    def _expect(self, row: ExecutionRow) -> None:
        if row.due is not None:
            heapq.heappush(self._due_heap, (row.due, row.key))

    # The registry.

    def domain(self, region: str, name: str) -> Record | None:
        """Give the record of a domain."""
        return self._domains.get((region, name))

    def put_domain(self, region: str, name: str, record: Record) -> None:
        """Write the record of a domain."""
        self._put(self._domains, (region, name), record)

    def domains(self, region: str) -> list[tuple[str, Record]]:
        """Give all domains of a region, ascending by name."""
        return sorted((name, record) for (place, name), record in self._domains.items() if place == region)

    def type(self, key: TypeKey) -> Record | None:
        """Give the record of a type."""
        return self._types.get(key)

    def put_type(self, key: TypeKey, record: Record) -> None:
        """Write the record of a type."""
        self._put(self._types, key, record)

    def delete_type(self, key: TypeKey) -> None:
        """Forget a type."""
        self._drop(self._types, key)

    def types(
        self, region: str, domain: str, kind: str, status: str, name: str | None, page: Page,
    ) -> list[tuple[str, str, Record]]:
        """List types ordered by name and version."""
        found = sorted(
            (key.name, key.version) for key, record in self._types.items()
            if key[:3] == (region, domain, kind) and record['status'] == status and name in {None, key.name})
        return [
            (*names, self._types[TypeKey(region, domain, kind, *names)]) for names in _cut(found, page, key=tuple)]

    def count_types(self, region: str, domain: str, kind: str) -> int:
        """Count the types of any status."""
        return sum(key[:3] == (region, domain, kind) for key in self._types)

    # Executions.

    def next_key(self) -> int:
        """Give the key that the next execution is to have."""
        self._last_key += 1
        return self._last_key

    def add_execution(self, row: ExecutionRow) -> None:
        """Add an open execution."""
        self._put(self._executions, row.key, row)
        self._put(self._open, (row.region, row.domain, row.workflow_id), row.key)
        self._put(self._runs, (row.region, row.domain, row.workflow_id, row.run_id), row.key)
        self._put(self._events, row.key, [])

    def close_execution(self, key: int, closed: float, status: str, expires: float) -> None:
        """Mark an execution closed."""
        row = self._executions[key]
        self._replace(row._replace(closed=closed, close_status=status, expires=expires, due=None))
        self._drop(self._open, (row.region, row.domain, row.workflow_id))
        self._drop(self._heartbeats, key)
        for event_id in list(self._tasks.get(key, ())):
            self.remove_task(key, event_id)

    def mark_cancel_requested(self, key: int) -> None:
        """Remember that the execution was asked to cancel."""
        self._replace(self._executions[key]._replace(cancel_requested=True))

    def execution(self, key: int) -> ExecutionRow | None:
        """Give the execution of that key."""
        return self._executions.get(key)

    def find_execution(self, region: str, domain: str, workflow_id: str, run_id: str | None) -> ExecutionRow | None:
        """Give that run, or with no run id the open one."""
        if run_id is None:
            key = self._open.get((region, domain, workflow_id))
        else:
            key = self._runs.get((region, domain, workflow_id, run_id))
        return None if key is None else self._executions[key]

    def executions(self, query: Query, page: Page) -> list[ExecutionRow]:
        """List executions ordered by the query's time, then key."""
        def order(row: ExecutionRow) -> tuple[Any, ...]:
            return (row.closed if query.by_close else row.started, row.key)

        found = sorted((row for row in self._executions.values() if _matches(row, query)), key=order)
        return _cut(found, page, key=order)

    def count_executions(self, query: Query) -> int:
        """Count executions."""
        return sum(_matches(row, query) for row in self._executions.values())

    def forget_expired(self, now: float, limit: int) -> int:
        """Delete executions whose retention has ended."""
        expired = [row for row in self._executions.values() if row.expires is not None and row.expires <= now][:limit]
        for row in expired:
            self._drop(self._executions, row.key)
            self._drop(self._runs, (row.region, row.domain, row.workflow_id, row.run_id))
            self._drop(self._events, row.key)
        return len(expired)

    # What belongs to an execution.

    def append_events(self, key: int, events: Sequence[Event]) -> None:
        """Append events."""
        history = self._events[key]
        length = len(history)
        self._undo.append(lambda: history.__delitem__(slice(length, None)))
        history.extend(events)

    def events(self, key: int, first: int, last: int) -> list[Event]:
        """Give the events from id `first` to id `last`."""
        return self._events.get(key, [])[first - 1:last]

    def count_events(self, key: int) -> int:
        """Give the id of the last event."""
        return len(self._events.get(key, ()))

    def put_heartbeat(self, key: int, heartbeat: Heartbeat) -> None:
        """Write the last heartbeat of an activity."""
        self._put(self._heartbeats.setdefault(key, {}), heartbeat.scheduled_event_id, heartbeat)

    def heartbeats(self, key: int) -> Iterable[Heartbeat]:
        """Give the last heartbeats of an execution's activities."""
        return list(self._heartbeats.get(key, {}).values())

    # Tasks.

    def add_task(self, task: Task) -> None:
        """Put a task at the end of its list's priority."""
        self._sequence += 1
        entry = (-task.priority, self._sequence, task)
        insort(self._lists.setdefault(task.task_list, []), entry)
        self._tasks.setdefault(task.execution, {})[task.event_id] = entry
        self._undo.append(lambda: self._take_out(task.execution, task.event_id))

    def remove_task(self, execution: int, event_id: int) -> None:
        """Take a task out of its list, if it is there."""
        entry = self._take_out(execution, event_id)
        if entry is not None:
            self._undo.append(lambda: self._put_back(entry))

    def _take_out(self, execution: int, event_id: int) -> tuple[int, int, Task] | None:
        mine = self._tasks.get(execution, {})
        entry = mine.pop(event_id, None)
        if entry is None:
            return None
        if not mine:
            del self._tasks[execution]
        waiting = self._lists[entry[2].task_list]
        del waiting[bisect_left(waiting, entry)]
        if not waiting:
            del self._lists[entry[2].task_list]
        return entry

    def _put_back(self, entry: tuple[int, int, Task]) -> None:
        task = entry[2]
        insort(self._lists.setdefault(task.task_list, []), entry)
        self._tasks.setdefault(task.execution, {})[task.event_id] = entry

    def first_task(self, task_list: TaskListKey) -> Task | None:
        """Give the waiting task of the highest priority, of those the first that came."""
        waiting = self._lists.get(task_list)
        return waiting[0][2] if waiting else None

    def first_lambda(self) -> Task | None:
        """Give the Lambda task that has waited longest."""
        waiting = [tasks[0] for task_list, tasks in self._lists.items() if task_list.kind == 'lambda']
        return min(waiting, key=lambda entry: entry[1])[2] if waiting else None

    def count_tasks(self, task_list: TaskListKey) -> int:
        """Count the tasks that wait in a list."""
        return len(self._lists.get(task_list, ()))

    # Attention.

    def set_due(self, key: int, due: float) -> None:
        """Set the moment at which an open execution needs attention."""
        self._replace(self._executions[key]._replace(due=due))

    def first_due(self) -> tuple[float, int] | None:
        """Give the earliest such moment."""
        while self._due_heap:
            due, key = self._due_heap[0]
            row = self._executions.get(key)
            if row is not None and row.due == due:
                return due, key
            heapq.heappop(self._due_heap)
        return None


def _cut(found: list[Any], page: Page, key: Callable[[Any], tuple[Any, ...]]) -> list[Any]:
    """Give a page of an ascending list."""
    if page.descending:
        found.reverse()
    if page.after is not None:
        found = [
            item for item in found if (key(item) < page.after if page.descending else key(item) > page.after)]
    return found[:page.limit]


def _matches(row: ExecutionRow, query: Query) -> bool:
    if (row.region, row.domain, row.closed is None) != (query.region, query.domain, query.open):
        return False
    if row.expires is not None and row.expires <= query.now:
        return False
    time = row.closed if query.by_close else row.started
    assert time is not None
    named = row.info['workflowType']
    return (
        (query.oldest is None or time >= query.oldest)
        and (query.latest is None or time <= query.latest)
        and query.workflow_id in {None, row.workflow_id}
        and query.type_name in {None, named['name']}
        and query.type_version in {None, named['version']}
        and (query.tag is None or query.tag in row.info.get('tagList', ()))
        and query.close_status in {None, row.close_status}
    )
