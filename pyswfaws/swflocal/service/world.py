"""What outlives a request: the store, the figures of the rules, and what is kept in memory of the store.

Memory is bounded: of the open executions those used last are kept, by the number of their events; the rest is had again
from the store when it is needed.
"""

import math
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from .execution import Execution, fold
from .quotas import Buckets, Quotas

if TYPE_CHECKING:
    from .storage import ExecutionRow, Record, Store, TaskListKey, TypeKey

EVENTS_IN_MEMORY: Final = 100_000   # some 100 MB
TYPES_IN_MEMORY: Final = 10_000


@dataclass(slots=True)
class World:
    """The one world of a service, all regions of it."""

    store: 'Store'
    quotas: Quotas
    buckets: Buckets
    account: str
    due: float = -math.inf      # when the store's first execution needs attention; -inf: to be asked for
    ready: 'set[TaskListKey]' = field(default_factory=set)      # lists that got a task
    refusals: dict[str, list[str]] = field(default_factory=dict)    # decision type -> causes for the next ones
    domains: 'dict[tuple[str, str], Record]' = field(default_factory=dict)      # by region and name
    types: 'dict[TypeKey, Record]' = field(default_factory=dict)
    open_counts: dict[tuple[str, str], int] = field(default_factory=dict)       # by region and domain
    _executions: OrderedDict[int, Execution] = field(default_factory=OrderedDict)   # the one used last at the end
    _sizes: dict[int, int] = field(default_factory=dict)    # how many events each of them is counted with
    _events: int = 0    # the sum

    def in_memory(self, key: int) -> Execution | None:
        """Give an open execution if it is in memory."""
        execution = self._executions.get(key)
        if execution is not None:
            self._executions.move_to_end(key)
        return execution

    def hydrate(self, row: 'ExecutionRow') -> Execution:
        """Give the state of an open execution."""
        execution = self.in_memory(row.key)
        if execution is None:
            execution = Execution(row.key, row.region, row.domain, row.workflow_id, row.run_id)
            fold(execution, self.store.events(row.key, 1, self.store.count_events(row.key)))
            for beat in self.store.heartbeats(row.key):
                if (activity := execution.activities.get(beat.scheduled_event_id)) is not None:
                    activity.heartbeat_at, activity.heartbeat_details = beat.at, beat.details
            execution.due = row.due or 0.0
            self.keep(execution)
        return execution

    def keep(self, execution: Execution) -> None:
        """Keep an open execution in memory as it is now, and forget those used longest ago for it."""
        key = execution.key
        if not execution.open:
            self.forget(key)
            return
        self._executions[key] = execution
        self._executions.move_to_end(key)
        self._events += len(execution.history) - self._sizes.get(key, 0)
        self._sizes[key] = len(execution.history)
        while self._events > EVENTS_IN_MEMORY and len(self._executions) > 1:
            self.forget(next(iter(self._executions)))

    def forget(self, key: int) -> None:
        """Drop an execution from memory, if it is there."""
        if self._executions.pop(key, None) is not None:
            self._events -= self._sizes.pop(key)

    def forget_all(self) -> None:
        """Drop everything that can be had again from the store."""
        for key in list(self._executions):
            self.forget(key)
        self.due = -math.inf
        self.forget_registry()

    def forget_registry(self) -> None:
        """Drop what is known of domains and types."""
        self.domains.clear()
        self.types.clear()
        self.open_counts.clear()
