"""Who waits for the end of an execution, and when to look whether it has come.

Amazon SWF has no call that waits for this; its clients ask again and again. In the process of the service they need
not: an execution closes by a decision, by a termination or by a deadline, and only after one of these is it looked
for.
"""

import threading
from collections.abc import Mapping
from typing import Any, NamedTuple

from pyswfaws.protocol.decisions import CLOSE_DECISIONS
from pyswfaws.swflocal.service.storage import Store


class Run(NamedTuple):
    """Names one run of a workflow, as `Store.find_execution` takes it."""

    region: str
    domain: str
    workflow_id: str
    run_id: str


def is_open(store: Store, run: Run) -> bool:
    """Whether the run is open; one that is not known (any more) is not."""
    row = store.find_execution(*run)
    return row is not None and row.closed is None


def may_close(operation: str, request: Mapping[str, Any]) -> bool:
    """Whether an execution may have closed by this (accepted) request."""
    return operation == 'TerminateWorkflowExecution' or (
        operation == 'RespondDecisionTaskCompleted'
        and any(decision['decisionType'] in CLOSE_DECISIONS for decision in request.get('decisions') or ()))


class Closings:
    """The runs whose end is waited for."""

    def __init__(self) -> None:
        self._waiting: dict[Run, list[threading.Event]] = {}

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def wait_for(self, run: Run) -> threading.Event:
        """Give an event that will be set when the run is found closed."""
        closed = threading.Event()
        self._waiting.setdefault(run, []).append(closed)
        return closed

    def forget(self, run: Run, closed: threading.Event) -> None:
        """Wait for this no longer."""
        waiting = self._waiting.get(run, [])
        if closed in waiting:
            waiting.remove(closed)
        if not waiting:
            self._waiting.pop(run, None)

    def look(self, store: Store) -> None:
        """Tell those whose run has closed."""
        for run in [run for run in self._waiting if not is_open(store, run)]:
            self._tell(run)

    def dismiss(self) -> None:
        """Tell all to wait no longer."""
        for run in list(self._waiting):
            self._tell(run)

    def _tell(self, run: Run) -> None:
        for closed in self._waiting.pop(run):
            closed.set()
