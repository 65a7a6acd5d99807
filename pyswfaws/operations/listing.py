"""Listing: the executions of a domain, filtered by anything, in one order.

SWF lists the open ones and the closed ones apart, wants a range of times, and filters by one more thing at the most.
Here that is a plan: which of the two lists are asked, by which times and which one filter; what is left is filtered by
us, and the lists are merged as they come, page by page. SWF's lists are a little late: an execution may be missing for
a few seconds after its start or its end.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple, Protocol, cast

from botocore.exceptions import ClientError

from pyswfaws.binding.checks import check_count, check_text
from pyswfaws.binding.decorated import DecisionTask
from pyswfaws.binding.definitions import WorkflowType
from pyswfaws.exceptions import ConfigurationError, DefinitionError, describe_value
from pyswfaws.operations.descriptions import ExecutionInfo
from pyswfaws.operations.steps import Call, Give, Steps, Stream, next_given
from pyswfaws.protocol.events import CLOSE_STATUS
from pyswfaws.protocol.limits import NAME, PAGE
from pyswfaws.workers.clients import fault_of

SINCE_EVER: Final = datetime.fromtimestamp(0, UTC)

#: What `status` may be, beside how an execution closed.
OPEN, CLOSED = 'OPEN', 'CLOSED'
STATUSES: Final = (OPEN, CLOSED, *sorted(CLOSE_STATUS.values()))


class ExecutionCount(NamedTuple):
    """How many executions there are; at least so many, where SWF did not count to the end (`is_truncated`)."""

    number: int
    is_truncated: bool = False


class Within(Protocol):
    """Who lists and counts executions, namely of a domain."""

    domain: str


def list_executions(
    within: Within,
    *,
    status: str | None = None,
    workflow_id: str | None = None,
    workflow_type: str | tuple[str, str] | DecisionTask[..., Any] | None = None,
    tag: str | None = None,
    started_after: datetime | None = None,
    started_before: datetime | None = None,
    closed_after: datetime | None = None,
    closed_before: datetime | None = None,
    limit: int | None = None,
    oldest_first: bool = False,
) -> Stream[ExecutionInfo]:
    """List executions, the latest started first; with `closed_after` or `closed_before`, the latest closed first.

    `status` is OPEN, CLOSED, or how they closed: COMPLETED, FAILED, CANCELED, TERMINATED, CONTINUED_AS_NEW or
    TIMED_OUT. `workflow_type` is the name of a type, a tuple of name and version, or a decider. The times are datetimes
    with a time zone, and are themselves included. `limit` is how many are given at the most.

    They are read page by page, a thousand at a time, as they are asked for. What SWF cannot filter by in one request is
    filtered here, so a listing of few among many may take a while. Raises a DefinitionError for what no filter can be,
    a ConfigurationError where there is no such domain. See the SWF API, ListOpenWorkflowExecutions and
    ListClosedWorkflowExecutions.
    """
    wanted = Filter.of(
        workflow_type, status=status, workflow_id=workflow_id, tag=tag, started_after=started_after,
        started_before=started_before, closed_after=closed_after, closed_before=closed_before,
    )
    if limit is not None:
        check_count(limit, 'limit')
    return _listed(within.domain, wanted, limit, oldest_first)


def count_executions(
    within: Within,
    *,
    status: str | None = None,
    workflow_id: str | None = None,
    workflow_type: str | tuple[str, str] | DecisionTask[..., Any] | None = None,
    tag: str | None = None,
    started_after: datetime | None = None,
    started_before: datetime | None = None,
    closed_after: datetime | None = None,
    closed_before: datetime | None = None,
) -> Steps[ExecutionCount]:
    """Count executions; the arguments are those of `list`.

    SWF counts them, unless it cannot filter by all of that in one request; then they are listed here. See the SWF API,
    CountOpenWorkflowExecutions and CountClosedWorkflowExecutions.
    """
    return _counted(within.domain, Filter.of(
        workflow_type, status=status, workflow_id=workflow_id, tag=tag, started_after=started_after,
        started_before=started_before, closed_after=closed_after, closed_before=closed_before,
    ))


@dataclass(frozen=True, kw_only=True)
class Filter:
    """Which executions are meant; what is None does not matter. Times are included; `name` and `version` are a type."""

    status: str | None = None
    workflow_id: str | None = None
    name: str | None = None
    version: str | None = None
    tag: str | None = None
    started_after: datetime | None = None
    started_before: datetime | None = None
    closed_after: datetime | None = None
    closed_before: datetime | None = None

    def __post_init__(self) -> None:
        if self.status is not None and self.status not in STATUSES:
            raise DefinitionError(f'status is one of {", ".join(STATUSES)}, but it is {describe_value(self.status)}')
        for name in ('workflow_id', 'tag'):
            if getattr(self, name) is not None:
                check_text(getattr(self, name), name, NAME)
        for name in ('started_after', 'started_before', 'closed_after', 'closed_before'):
            value = getattr(self, name)
            if value is not None and (not isinstance(value, datetime) or value.tzinfo is None):
                raise DefinitionError(f'{name} is a datetime with a time zone, but it is {describe_value(value)}')
        if self.status == OPEN and self.is_by_close:
            raise DefinitionError('what is OPEN has not closed: leave out status, or closed_after and closed_before')

    @classmethod
    def of(cls, workflow_type: Any, **others: Any) -> 'Filter':
        """Make a filter; `workflow_type` is the name of a type, a tuple of name and version, or a decider."""
        definition = getattr(workflow_type, 'definition', None)
        match definition.key if isinstance(definition, WorkflowType) else workflow_type:
            case None:
                return cls(**others)
            case str(name):
                return cls(name=name, **others)
            case (str(name), str(version)):
                return cls(name=name, version=version, **others)
        raise DefinitionError(
            'workflow_type is a name, a tuple of name and version, or a decider, but it is '
            f'{describe_value(workflow_type)}'
        )

    @property
    def is_by_close(self) -> bool:
        """Whether the times of the close matter, by which the executions are then in order."""
        return self.closed_after is not None or self.closed_before is not None

    def matches(self, info: ExecutionInfo) -> bool:
        """Whether an execution is meant."""
        return (
            self.status in (None, info.status, None if info.is_open else CLOSED)
            and self.workflow_id in (None, info.workflow_id)
            and self.name in (None, info.name)
            and self.version in (None, info.version)
            and (self.tag is None or self.tag in info.tags)
            and _is_between(self.started_after, info.started_at, self.started_before)
            and (not self.is_by_close or _is_between(self.closed_after, info.closed_at, self.closed_before))
        )

    def queries(self) -> list['Query']:
        """Give what SWF is asked for: the open ones, the closed ones, or both."""
        started = _times(self.started_after, self.started_before)
        exclusive = self._exclusive()
        open_ones = Query('open', {'startTimeFilter': started, **dict(exclusive[:1])}, is_whole=len(exclusive) <= 1)
        if self.status not in (None, OPEN, CLOSED):
            exclusive.append(('closeStatusFilter', {'status': str(self.status)}))
        times = {'startTimeFilter': started}
        if self.is_by_close:
            times = {'closeTimeFilter': _times(self.closed_after, self.closed_before)}
        is_whole = len(exclusive) <= 1 and not (self.is_by_close and (self.started_after or self.started_before))
        closed = Query('closed', {**times, **dict(exclusive[:1])}, is_whole=is_whole)
        if self.status == OPEN:
            return [open_ones]
        return [closed] if self.is_by_close or self.status is not None else [open_ones, closed]

    def _exclusive(self) -> list[tuple[str, dict[str, str]]]:
        """Give the filters of which SWF takes one: first the one that fewest executions get through, as a rule."""
        found: list[tuple[str, dict[str, str]]] = []
        if self.workflow_id is not None:
            found.append(('executionFilter', {'workflowId': self.workflow_id}))
        if self.tag is not None:
            found.append(('tagFilter', {'tag': self.tag}))
        if self.name is not None:
            version = {} if self.version is None else {'version': self.version}
            found.append(('typeFilter', {'name': self.name, **version}))
        return found


class Query(NamedTuple):
    """One list that SWF is asked for, of the 'open' or 'closed' ones; `is_whole` if nothing is left to be filtered."""

    which: str
    members: dict[str, Any]
    is_whole: bool


def _listed(domain: str, wanted: Filter, limit: int | None, oldest_first: bool) -> Stream[ExecutionInfo]:
    """Give the executions that are meant, of both lists in one order."""
    streams = [_pages(domain, query, wanted, limit, oldest_first) for query in wanted.queries()]
    heads: list[Give[ExecutionInfo] | None] = []
    for stream in streams:      # the open ones are asked for first: what closes meanwhile comes twice, not never
        heads += [(yield from next_given(stream))]
    seen_open, given = set[str](), 0
    while standing := [(number, head.item) for number, head in enumerate(heads) if head is not None]:
        number, info = (min if oldest_first else max)(standing, key=lambda one: _moment(one[1], wanted))
        if info.run_id not in seen_open:
            yield Give(info)
            given += 1
            if given == limit:
                return
            if info.is_open:
                seen_open.add(info.run_id)
        heads[number] = yield from next_given(streams[number])


def _counted(domain: str, wanted: Filter) -> Steps[ExecutionCount]:
    queries = wanted.queries()
    if not all(query.is_whole for query in queries):
        stream, count = _listed(domain, wanted, None, oldest_first=False), 0
        while (yield from next_given(stream)) is not None:
            count += 1
        return ExecutionCount(count)
    total, is_truncated = 0, False
    for query in queries:
        found = yield from _ask(domain, f'count_{query.which}_workflow_executions', query.members)
        total += found['count']
        is_truncated |= found.get('truncated', False)
    return ExecutionCount(total, is_truncated)


def latest_of(domain: str, workflow_id: str, *, open_only: bool = False) -> Steps[ExecutionInfo | None]:
    """Give the open execution of that workflow id, or else the one that was started last; None if there is none."""
    for query in Filter(workflow_id=workflow_id, status=OPEN if open_only else None).queries():
        found = yield from _ask(
            domain, f'list_{query.which}_workflow_executions', {'maximumPageSize': 1, **query.members},
        )
        if found['executionInfos']:
            return ExecutionInfo.of(found['executionInfos'][0])
    return None


def _pages(
    domain: str, query: Query, wanted: Filter, limit: int | None, oldest_first: bool,
) -> Stream[ExecutionInfo]:
    """Give what one list has of the executions that are meant."""
    size = PAGE if limit is None or not query.is_whole else min(limit, PAGE)
    more: Mapping[str, str] = {}
    while True:
        page = yield from _ask(domain, f'list_{query.which}_workflow_executions', {
            'maximumPageSize': size, 'reverseOrder': oldest_first, **query.members, **more,
        })
        for info in map(ExecutionInfo.of, page['executionInfos']):
            if query.is_whole or wanted.matches(info):
                yield Give(info)
        if not page.get('nextPageToken'):
            return
        more = {'nextPageToken': page['nextPageToken']}


def _ask(domain: str, method: str, members: Mapping[str, Any]) -> Steps[dict[str, Any]]:
    """Ask SWF about a domain; raises a ConfigurationError where there is no such domain."""
    try:
        return cast('dict[str, Any]', (yield Call(method, {'domain': domain, **members})))
    except ClientError as error:
        if fault_of(error) != 'UnknownResourceFault':
            raise
        raise ConfigurationError(
            f'{error.response["Error"]["Message"]}. Which domains and types there are: pyswfaws doctor. To make one: '
            f'pyswfaws register TARGET --domain {domain}'
        ) from error


def _moment(info: ExecutionInfo, wanted: Filter) -> datetime:
    """Give the time by which it is in order."""
    return info.closed_at or info.started_at if wanted.is_by_close else info.started_at


def _times(oldest: datetime | None, latest: datetime | None) -> dict[str, datetime]:
    return {'oldestDate': oldest or SINCE_EVER, **({} if latest is None else {'latestDate': latest})}


def _is_between(oldest: datetime | None, moment: datetime | None, latest: datetime | None) -> bool:
    return moment is not None and (oldest is None or oldest <= moment) and (latest is None or moment <= latest)
