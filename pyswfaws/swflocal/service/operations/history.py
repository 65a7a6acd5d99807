"""Histories, page by page, in either order."""

from typing import TYPE_CHECKING, Any

from pyswfaws.swflocal.service import faults
from pyswfaws.swflocal.service.paging import PageRequest, page_of

if TYPE_CHECKING:
    from pyswfaws.swflocal.service.execution import Event
    from pyswfaws.swflocal.service.unit import Unit


def get_history(unit: 'Unit', request: dict[str, Any]) -> dict[str, Any]:
    """GetWorkflowExecutionHistory: of an open execution, or of a closed one while retention lasts."""
    unit.domain(request['domain'])
    named = request['execution']
    row = unit.row(request['domain'], named['workflowId'], named['runId'])
    if row is None:
        raise faults.unknown_execution(named['workflowId'], named['runId'])
    page = page_of(unit, 'GetWorkflowExecutionHistory', request)
    events, following = stretch(unit, row.key, page, 1, unit.count_events(row.key))
    answer: dict[str, Any] = {'events': events}
    if following is not None:
        answer['nextPageToken'] = page.token([following])
    return answer


def stretch(unit: 'Unit', key: int, page: PageRequest, first: int, last: int) -> 'tuple[list[Event], int | None]':
    """Give the page's events of those from `first` to `last`, and the id at which the next page starts, if there is.

    The first member of the page's cursor is the id at which it starts.
    """
    if page.request.get('reverseOrder', False):
        top = last if page.after is None else page.after[0]
        bottom = max(first, top - page.limit + 1)
        return unit.events(key, bottom, top)[::-1], bottom - 1 if bottom > first else None
    bottom = first if page.after is None else page.after[0]
    top = min(last, bottom + page.limit - 1)
    return unit.events(key, bottom, top), top + 1 if top < last else None
