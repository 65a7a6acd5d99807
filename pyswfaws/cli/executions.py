"""Executions: how commands find one, or many, and read what SWF has of them."""

import heapq
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from functools import wraps
from operator import itemgetter
from typing import Any, Final, NamedTuple, TypeVar

import click

from pyswfaws.cli.connection import Connection, connected
from pyswfaws.exceptions import WorkflowNotFoundError
from pyswfaws.protocol.events import CLOSE_STATUS, Event
from pyswfaws.protocol.limits import PAGE
from pyswfaws.workers.place import one_domain

F = TypeVar('F', bound=Callable[..., Any])

EVER: Final = datetime.fromtimestamp(0, UTC)
_PAUSE: Final = 1.0     # seconds between two looks at an execution that is followed


class Execution(NamedTuple):
    """One run of a workflow, as a boto3-shaped SWF client knows it."""

    client: Any
    domain: str
    workflow_id: str
    run_id: str

    @property
    def reference(self) -> dict[str, str]:
        """What SWF calls it by."""
        return {'workflowId': self.workflow_id, 'runId': self.run_id}

    def described(self) -> dict[str, Any]:
        """Give what DescribeWorkflowExecution answers."""
        found: dict[str, Any] = self.client.describe_workflow_execution(domain=self.domain, execution=self.reference)
        return found

    def events(self, seen: Callable[[], None] = lambda: None) -> Iterator[Event]:
        """Give the events so far, in order; `seen` is called for each."""
        for event in self._pages():
            seen()
            yield event

    def followed(self) -> Iterator[list[Event]]:
        """Give the events so far, and then those that are new, as often as there are, until the execution closes."""
        found = list(self.events())
        last = 0
        while True:
            if found:
                yield found
                last = found[-1]['eventId']
                if found[-1]['eventType'] in CLOSE_STATUS:
                    return
            time.sleep(_PAUSE)
            found = self._after(last)

    def _after(self, last: int) -> list[Event]:
        found = []
        for event in self._pages(reverseOrder=True):
            if event['eventId'] <= last:
                break
            found.append(event)
        return found[::-1]

    def _pages(self, **request: Any) -> Iterator[Event]:
        return pages(
            self.client.get_workflow_execution_history, 'events',
            domain=self.domain, execution=self.reference, maximumPageSize=PAGE, **request,
        )


def of_an_execution(command: F) -> F:
    """Give `command` an execution, found by id, as its argument `execution`, and the options of a connection."""

    @click.argument('workflow_id')
    @click.option('--run-id', help='Run of that workflow; else the open one, or the one that was started last.')
    @connected
    @wraps(command)
    def with_execution(connection: Connection, workflow_id: str, run_id: str | None, **arguments: Any) -> Any:
        domain = one_domain(connection.domain, ())
        return command(execution=execution_of(connection.client(), domain, workflow_id, run_id), **arguments)

    return with_execution  # type: ignore[return-value]


def execution_of(client: Any, domain: str, workflow_id: str, run_id: str | None) -> Execution:
    """Find an execution: without `run_id`, the open one of that workflow id, or else the one that was started last.

    Raises a WorkflowNotFoundError where SWF knows none.
    """
    if run_id is None:
        newest = next(listed(client, domain, workflow_id=workflow_id), None)
        if newest is None:
            raise WorkflowNotFoundError(
                f'there is no execution {workflow_id!r} in the domain {domain!r}, open or closed. '
                'Which there are: pyswfaws list'
            )
        run_id = newest['execution']['runId']
    return Execution(client, domain, workflow_id, run_id)


def listed(
    client: Any,
    domain: str,
    *,
    status: str | None = None,
    type_name: str | None = None,
    workflow_id: str | None = None,
    tag: str | None = None,
    since: datetime = EVER,
) -> Iterator[dict[str, Any]]:
    """Give the executions that were started since `since`, the newest first, as SWF has them in its lists.

    `status` is OPEN or a close status; `type_name` a name, or name and version with a space between. SWF takes one
    filter at a time: the one that leaves least, and the others are applied here.
    """
    name, _, version = (type_name or '').partition(' ')
    if workflow_id is not None:
        narrowing = {'executionFilter': {'workflowId': workflow_id}}
    elif tag is not None:
        narrowing = {'tagFilter': {'tag': tag}}
    elif type_name is not None:
        narrowing = {'typeFilter': {'name': name} | ({'version': version} if version else {})}
    else:
        narrowing = {}

    def is_wanted(found: Mapping[str, Any]) -> bool:
        found_type = found['workflowType']
        return (
            status in (None, found.get('closeStatus', 'OPEN'))
            and (not name or found_type['name'] == name)
            and (not version or found_type['version'] == version)
            and (tag is None or tag in found.get('tagList', ()))
        )

    asked = {'domain': domain, 'startTimeFilter': {'oldestDate': since}, **narrowing}
    lists = []
    if status in (None, 'OPEN'):
        lists.append(pages(client.list_open_workflow_executions, 'executionInfos', **asked))
    if status != 'OPEN':
        closed = asked
        if status is not None and not narrowing:
            closed = asked | {'closeStatusFilter': {'status': status}}
        lists.append(pages(client.list_closed_workflow_executions, 'executionInfos', **closed))
    newest_first = heapq.merge(*lists, key=itemgetter('startTimestamp'), reverse=True)
    return (found for found in newest_first if is_wanted(found))


def pages(ask: Callable[..., Any], member: str, **request: Any) -> Iterator[Any]:
    """Give what an operation of SWF lists under `member`, a page after the other as they are wanted."""
    more: dict[str, str] = {}
    while True:
        page = ask(**request, **more)
        yield from page[member]
        if not page.get('nextPageToken'):
            return
        more = {'nextPageToken': page['nextPageToken']}
