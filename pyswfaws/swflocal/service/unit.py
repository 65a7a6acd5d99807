"""A unit of work: one request's, or one deadline's, view of the world, and all that it changes.

Rules read through the unit and record events through it. When they are done, `finish` settles what they left owing: the
one coalesced decision task of each execution, then the effects on other executions, first in first out, each settled in
turn; last everything goes to the store. A unit that fails is abandoned: what it touched is forgotten, so that memory
never holds what the store does not.
"""

import base64
import hashlib
import math
from collections import deque
from typing import TYPE_CHECKING, Any, Final, Protocol

from pyswfaws.protocol.events import CLOSE_STATUS

from . import faults
from .effects import after_close
from .execution import Activity, Event, Execution, fold
from .storage import ExecutionRow, Heartbeat, Query, Task, TaskListKey, TypeKey
from .world import TYPES_IN_MEMORY, World

if TYPE_CHECKING:
    from .storage import Record

_DAY: Final = 86_400.0   # seconds


class Effect(Protocol):
    """Something to bring about beyond the execution that asked for it, after that one's write."""

    def carry_out(self, unit: 'Unit') -> None:
        """Do it."""


class Unit:
    """Work in one region at one moment (seconds since the epoch, whole milliseconds)."""

    def __init__(self, world: World, region: str, now: float) -> None:
        self.world = world
        self.store = world.store
        self.quotas = world.quotas
        self.region = region
        self.now = now
        self._touched: dict[int, Execution] = {}
        self._waiting_before: dict[int, set[int]] = {}      # ids of the tasks that the store has in its lists
        self._unsettled: dict[int, Execution] = {}
        self._registered = False    # whether the registry was written
        self._effects: deque[Effect] = deque()

    # The registry.

    def domain(self, name: str) -> 'Record':
        """Give the record of a domain, or raise the fault of an unknown one."""
        record = self.world.domains.get((self.region, name))
        if record is None:
            record = self.store.domain(self.region, name)
            if record is None:
                raise faults.unknown_domain(name)
            self.world.domains[self.region, name] = record
        return record

    def type(self, kind: str, domain: str, named: dict[str, str]) -> 'Record | None':
        """Give the record of a type, named as requests name it."""
        key = TypeKey(self.region, domain, kind, named['name'], named['version'])
        record = self.world.types.get(key)
        if record is None:
            record = self.store.type(key)
            if record is not None:
                if len(self.world.types) > TYPES_IN_MEMORY:
                    self.world.types.clear()
                self.world.types[key] = record
        return record

    def put_domain(self, name: str, record: 'Record') -> None:
        """Write a domain."""
        self._registered = True
        self.store.put_domain(self.region, name, record)
        self.world.domains[self.region, name] = record

    def put_type(self, key: TypeKey, record: 'Record') -> None:
        """Write a type."""
        self._registered = True
        self.store.put_type(key, record)
        self.world.types[key] = record

    def delete_type(self, key: TypeKey) -> None:
        """Delete a type."""
        self._registered = True
        self.store.delete_type(key)
        self.world.types.pop(key, None)

    # Executions.

    def row(self, domain: str, workflow_id: str, run_id: str | None) -> ExecutionRow | None:
        """Find a run that retention still holds, or with no run id the open one."""
        row = self.store.find_execution(self.region, domain, workflow_id, run_id)
        return None if row is None or _expired(row, self.now) else row

    def row_of_key(self, key: int, run_id: str) -> ExecutionRow:
        """Give the run that a token names; the fault of an invalid token if it is no more, or not in this region."""
        row = self.store.execution(key)
        if row is None or row.run_id != run_id or row.region != self.region:
            raise faults.invalid_token()
        return row

    def find_open(self, domain: str, workflow_id: str, run_id: str | None = None) -> Execution | None:
        """Find an open execution."""
        row = self.store.find_execution(self.region, domain, workflow_id, run_id)
        return None if row is None or row.closed is not None else self._hydrate(row)

    def open_execution(self, domain: str, workflow_id: str, run_id: str | None = None) -> Execution:
        """Give an open execution, or raise the fault of an unknown one."""
        self.domain(domain)
        execution = self.find_open(domain, workflow_id, run_id)
        if execution is None:
            raise faults.unknown_execution(workflow_id, run_id)
        return execution

    def state(self, row: ExecutionRow) -> Execution:
        """Give the state of a run, open or closed."""
        if row.closed is None:
            return self._hydrate(row)
        return fold(
            Execution(row.key, row.region, row.domain, row.workflow_id, row.run_id),
            self.store.events(row.key, 1, self.store.count_events(row.key)))

    def events(self, key: int, first: int, last: int) -> list[Event]:
        """Give the events from id `first` to id `last` of an open or closed run, as far as they exist."""
        execution = self._in_memory(key)
        return self.store.events(key, first, last) if execution is None else execution.history[first - 1:last]

    def count_events(self, key: int) -> int:
        """Give the id of the last event of a run."""
        execution = self._in_memory(key)
        return self.store.count_events(key) if execution is None else len(execution.history)

    def execution_of_key(self, key: int, run_id: str) -> Execution:
        """Give the open execution that a token names, or raise the fault of an unknown one."""
        execution = self._in_memory(key)
        if execution is None:
            row = self.row_of_key(key, run_id)
            if row.closed is not None:
                raise faults.unknown_execution(row.workflow_id, row.run_id)
            execution = self._hydrate(row)
        if execution.run_id != run_id or execution.region != self.region:
            raise faults.invalid_token()
        return execution

    def execution_at(self, key: int) -> Execution:
        """Give the open execution of a key that the store itself named."""
        execution = self._in_memory(key)
        if execution is None:
            row = self.store.execution(key)
            assert row is not None
            execution = self._hydrate(row)
        return execution

    def _in_memory(self, key: int) -> Execution | None:
        return self._touched.get(key) or self.world.in_memory(key)

    def _hydrate(self, row: ExecutionRow) -> Execution:
        return self._touched.get(row.key) or self.world.hydrate(row)

    def next_run(self, domain: str, workflow_id: str) -> Execution:
        """Make a run that is in no store yet.

        Its run id derives from what makes it unique, so that equal calls on equal services give equal ids.
        """
        key = self.store.next_key()
        seed = f'{self.world.account}/{self.region}/{domain}/{workflow_id}/{key}/{self.now!r}'
        run_id = '22' + base64.b64encode(hashlib.blake2b(seed.encode(), digest_size=32).digest()).decode()
        return Execution(key, self.region, domain, workflow_id, run_id)

    def add_execution(self, execution: Execution, info: 'Record') -> None:
        """Put a new run into the store; `info` is what listings show of it."""
        self.store.add_execution(ExecutionRow(
            execution.key, self.region, execution.domain, execution.workflow_id, execution.run_id, info, self.now))
        self._count_open(execution.domain, 1)
        self._touch(execution)

    def open_count(self, domain: str) -> int:
        """Count the open executions of a domain."""
        count = self.world.open_counts.get((self.region, domain))
        if count is None:
            count = self.store.count_executions(Query(self.region, domain, open=True, now=self.now))
            self.world.open_counts[self.region, domain] = count
        return count

    def _count_open(self, domain: str, change: int) -> None:
        if (self.region, domain) in self.world.open_counts:
            self.world.open_counts[self.region, domain] += change

    # Writing.

    def record(self, execution: Execution, event_type: str, **attributes: Any) -> int:
        """Append an event to an open execution; give its id. An attribute that is None is left out."""
        self._touch(execution)
        self._unsettled[execution.key] = execution
        if event_type == 'WorkflowExecutionCancelRequested' and not execution.cancel_requested:
            self.store.mark_cancel_requested(execution.key)
        event_id = execution.append(event_type, self.now, attributes)
        if event_type in CLOSE_STATUS:
            self._close(execution)
        return event_id

    def beat(self, execution: Execution, activity: Activity, details: str | None) -> None:
        """Note a heartbeat, which is no event."""
        self._touch(execution)
        activity.heartbeat(self.now, details)
        self.store.put_heartbeat(
            execution.key, Heartbeat(activity.scheduled_id, self.now, activity.heartbeat_details))

    def then(self, effect: Effect) -> None:
        """Bring an effect about once the execution at hand is settled."""
        self._effects.append(effect)

    def _touch(self, execution: Execution) -> None:
        if execution.key not in self._touched:
            self._touched[execution.key] = execution
            self._waiting_before[execution.key] = set(execution.tasks)

    def _close(self, execution: Execution) -> None:
        days = self.domain(execution.domain)['configuration']['workflowExecutionRetentionPeriodInDays']
        kept = 0.0 if days == 'NONE' else float(days) * _DAY
        assert execution.close_status is not None
        self.store.close_execution(execution.key, self.now, execution.close_status, self.now + kept)
        if execution.due <= self.world.due:
            self.world.due = -math.inf      # to be asked for again
        self._count_open(execution.domain, -1)
        for effect in after_close(execution):
            self.then(effect)

    def finish(self) -> None:
        """Settle and save."""
        self._settle()
        while self._effects:
            self._effects.popleft().carry_out(self)
            self._settle()
        for execution in self._touched.values():
            self._save(execution)

    def abandon(self) -> None:
        """Forget what is in memory of all that was touched."""
        if self._touched or self._registered:
            for key in self._touched:
                self.world.forget(key)
            self.world.due = -math.inf
            self.world.forget_registry()

    def _settle(self) -> None:
        """Leave each execution with the decision task that it owes, and within the limit of its history."""
        while self._unsettled:
            _, execution = self._unsettled.popitem()
            if execution.open and execution.owes_decision_task:
                self._schedule_decision_task(execution)
            if execution.open and len(execution.history) > self.quotas.events:
                self.record(
                    execution, 'WorkflowExecutionTerminated',
                    cause='EVENT_LIMIT_EXCEEDED', childPolicy=execution.start['childPolicy'])

    def _schedule_decision_task(self, execution: Execution) -> None:
        task_list, limit = execution.override or (execution.start['taskList']['name'], 'NONE')
        self.record(
            execution, 'DecisionTaskScheduled',
            taskList={'name': task_list},
            taskPriority=execution.start.get('taskPriority'),
            startToCloseTimeout=execution.start['taskStartToCloseTimeout'],
            scheduleToStartTimeout=limit)

    def _save(self, execution: Execution) -> None:
        store, key = self.store, execution.key
        new = execution.history[execution.saved:]
        if new:
            store.append_events(key, new)
            execution.saved = len(execution.history)
        self.world.keep(execution)
        if not execution.open:
            return
        before = self._waiting_before[key]
        for event_id in before - execution.tasks.keys():
            store.remove_task(key, event_id)
        for event_id, waiting in execution.tasks.items():
            if event_id not in before:
                task_list = TaskListKey(execution.region, execution.domain, waiting.kind, waiting.task_list)
                store.add_task(Task(task_list, waiting.priority, key, event_id))
                self.world.ready.add(task_list)
        deadline = execution.next_deadline()
        if deadline is not None and deadline.due < execution.due:
            self.set_due(execution, deadline.due)

    def set_due(self, execution: Execution, due: float) -> None:
        """Have the store tell of an execution at a moment."""
        execution.due = due
        self.store.set_due(execution.key, due)
        self.world.due = min(self.world.due, due)


def _expired(row: ExecutionRow, now: float) -> bool:
    return row.expires is not None and row.expires <= now
