"""Histories: decision tasks, and the events that a decider has not seen yet, page by page.

A poll gives up to a hundred events, and further pages to whoever polls on; with affinity, those since the last decision
only. A worker that does not keep the decider reads the history itself, which gives a thousand events a page.
Source: the SWF API, PollForDecisionTask and GetWorkflowExecutionHistory.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, TypeAlias

from pyswfaws.exceptions import DecisionError
from pyswfaws.protocol.events import Event
from pyswfaws.workers.affinity import Affinity
from pyswfaws.workers.responses import Reader

#: Makes a call for a task, again and again while that is of use.
Insist: TypeAlias = Callable[[Callable[[], Any]], Any]


class Histories:
    """The decision tasks of a worker: `polls` is the client that polls for them, `client` the one for all else."""

    def __init__(self, polls: Any, client: Any, domain: str, identity: str, affinity: Affinity) -> None:
        self._polls = Reader(polls)
        self._client = Reader(client)
        self._domain = domain
        self._identity = identity
        self._affinity = affinity

    def poll(self, task_list: str, **more: str) -> Any:
        """Ask for a task, for up to a minute. Where there is affinity, its history begins after the last decision."""
        ask = partial(
            self._polls.poll_for_decision_task,
            domain=self._domain, taskList={'name': task_list}, identity=self._identity, **more,
        )
        return self._affinity.tried(ask, startAtPreviousStartedEvent=True)

    def unseen(self, task: Any, task_list: str, known: int, insist: Insist) -> Iterator[list[Event]]:
        """Give the events from the one after `known` up to the start of `task`, page by page.

        `task_list` is where the task was polled, and `insist` makes a call of SWF. Raises what that raises, and a
        DecisionError where events are missing.
        """
        page, last = task, task['startedEventId']
        ask: Callable[..., Any] = partial(self.poll, task_list)
        if not page['events'] or page['events'][0]['eventId'] > known + 1:
            execution = {name: task['workflowExecution'][name] for name in ('workflowId', 'runId')}
            ask = partial(self._client.get_workflow_execution_history, domain=self._domain, execution=execution)
            page = insist(ask)
        while True:
            new = _between(known, last, page['events'])
            if new:
                known = new[-1]['eventId']
                yield new
            if known == last:
                return
            if not page.get('nextPageToken'):
                raise DecisionError(f'the history ends at event {known}, before its decision task {last}')
            page = insist(partial(ask, nextPageToken=page['nextPageToken']))


def _between(known: int, last: int, events: list[Event]) -> list[Event]:
    """Give the events after `known` up to `last`, of a page; their ids count up by one."""
    first = events[0]['eventId'] if events else known + 1
    new = events[max(0, known + 1 - first):max(0, last + 1 - first)]
    if new and not new[0]['eventId'] - 1 == known == new[-1]['eventId'] - len(new):
        raise DecisionError(f'events are missing from the history after event {known}')
    return new
