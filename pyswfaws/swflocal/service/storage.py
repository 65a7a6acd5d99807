"""What the service asks of a store (stores/ has them), and the rows that pass between them.

A store keeps what the service tells it and finds it again: the registry (domains and types), executions, their events
(append-only), the tasks that wait in task lists, the last heartbeat of running activities, and for each open execution
the moment at which it next needs attention. It knows no rule of SWF. All writes of one request stand in one
`transaction`, which is kept whole or not at all.
"""

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from typing import Any, NamedTuple, Protocol, TypeAlias

#: Anything that JSON can say, with string keys.
Record: TypeAlias = dict[str, Any]
Event: TypeAlias = dict[str, Any]


class TaskListKey(NamedTuple):
    """Names a task list; `kind` is ``decision``, ``activity`` or ``lambda``."""

    region: str
    domain: str
    kind: str
    name: str


class Task(NamedTuple):
    """A task that waits in a task list: the event that scheduled it, in the execution of that key."""

    task_list: TaskListKey
    priority: int
    execution: int
    event_id: int


class ExecutionRow(NamedTuple):
    """One run. Times are seconds since the epoch; `info` holds what visibility shows and never changes."""

    key: int
    region: str
    domain: str
    workflow_id: str
    run_id: str
    info: Record
    started: float
    closed: float | None = None
    close_status: str | None = None
    expires: float | None = None        # when retention ends
    cancel_requested: bool = False
    due: float | None = None            # when it needs attention, while open


class TypeKey(NamedTuple):
    """Names a type; `kind` is ``ActivityType`` or ``WorkflowType``."""

    region: str
    domain: str
    kind: str
    name: str
    version: str


class Query(NamedTuple):
    """Which executions of a domain to list or count; None means any."""

    region: str
    domain: str
    open: bool
    now: float                          # those whose retention has ended by then are not seen
    by_close: bool = False              # the time that is filtered and ordered by: of the close, or of the start
    oldest: float | None = None         # both inclusive
    latest: float | None = None
    workflow_id: str | None = None
    type_name: str | None = None
    type_version: str | None = None
    tag: str | None = None
    close_status: str | None = None


class Page(NamedTuple):
    """A stretch of an ordered listing: what stands after the key `after`, at most `limit` items."""

    after: tuple[Any, ...] | None
    limit: int
    descending: bool


class Heartbeat(NamedTuple):
    """The last heartbeat of a running activity; `details` those of the last heartbeat that gave any."""

    scheduled_event_id: int
    at: float
    details: str | None


class Store(Protocol):
    """The interface of every store. Not safe for threads: the shell that owns the service owns the lock too."""

    def transaction(self) -> AbstractContextManager[None]:
        """Keep every write of the block, or on an exception none.

        Transactions nest: an inner one that fails takes back its own writes only, and what is kept is kept with the
        outermost.
        """

    def close(self) -> None:
        """Give up the file and all else that the store holds."""

    # The registry.
    def domain(self, region: str, name: str) -> Record | None:
        """Give the record of a domain."""

    def put_domain(self, region: str, name: str, record: Record) -> None:
        """Write the record of a domain, a new one or an old one's successor."""

    def domains(self, region: str) -> list[tuple[str, Record]]:
        """Give all domains of a region (at most some hundred), ascending by name."""

    def type(self, key: TypeKey) -> Record | None:
        """Give the record of a type."""

    def put_type(self, key: TypeKey, record: Record) -> None:
        """Write the record of a type; its member ``status`` can be listed by."""

    def delete_type(self, key: TypeKey) -> None:
        """Forget a type."""

    def types(
        self, region: str, domain: str, kind: str, status: str, name: str | None, page: Page,
    ) -> list[tuple[str, str, Record]]:
        """List (name, version, record) of one status, of one name if given, ordered by name and version."""

    def count_types(self, region: str, domain: str, kind: str) -> int:
        """Count the types of any status."""

    # Executions.
    def next_key(self) -> int:
        """Give the key that the next execution is to have."""

    def add_execution(self, row: ExecutionRow) -> None:
        """Add an open execution."""

    def close_execution(self, key: int, closed: float, status: str, expires: float) -> None:
        """Mark an execution closed; it needs no more attention and none of its tasks waits."""

    def mark_cancel_requested(self, key: int) -> None:
        """Remember that the execution was asked to cancel."""

    def execution(self, key: int) -> ExecutionRow | None:
        """Give the execution of that key."""

    def find_execution(self, region: str, domain: str, workflow_id: str, run_id: str | None) -> ExecutionRow | None:
        """Give that run, or with no run id the open one."""

    def executions(self, query: Query, page: Page) -> list[ExecutionRow]:
        """List executions ordered by the query's time, then key; `page.after` is (time, key)."""

    def count_executions(self, query: Query) -> int:
        """Count executions."""

    def forget_expired(self, now: float, limit: int) -> int:
        """Delete at most `limit` executions whose retention has ended; tell how many."""

    # What belongs to an execution.
    def append_events(self, key: int, events: Sequence[Event]) -> None:
        """Append events, whose ids follow those already there without a gap."""

    def events(self, key: int, first: int, last: int) -> list[Event]:
        """Give the events from id `first` to id `last`, ascending, as far as they exist."""

    def count_events(self, key: int) -> int:
        """Give the id of the last event."""

    def put_heartbeat(self, key: int, heartbeat: Heartbeat) -> None:
        """Write the last heartbeat of an activity."""

    def heartbeats(self, key: int) -> Iterable[Heartbeat]:
        """Give the last heartbeats of an execution's activities."""

    # Tasks.
    def add_task(self, task: Task) -> None:
        """Put a task at the end of its list's priority."""

    def remove_task(self, execution: int, event_id: int) -> None:
        """Take a task out of its list, if it is there."""

    def first_task(self, task_list: TaskListKey) -> Task | None:
        """Give the waiting task of the highest priority, of those the first that came."""

    def first_lambda(self) -> Task | None:
        """Give a waiting Lambda task of any region, domain and function."""

    def count_tasks(self, task_list: TaskListKey) -> int:
        """Count the tasks that wait in a list."""

    # Attention.
    def set_due(self, key: int, due: float) -> None:
        """Set the moment at which an open execution needs attention."""

    def first_due(self) -> tuple[float, int] | None:
        """Give the earliest such moment, and the key of its execution."""


