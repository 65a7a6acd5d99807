"""Executions listed and counted, by time and at most one other filter."""

from typing import TYPE_CHECKING, Any, Final

from pyswfaws.swflocal.service import faults
from pyswfaws.swflocal.service.paging import page_of
from pyswfaws.swflocal.service.storage import ExecutionRow, Page, Query

if TYPE_CHECKING:
    from pyswfaws.swflocal.service.unit import Unit

_EXCLUSIVE: Final = ('executionFilter', 'typeFilter', 'tagFilter', 'closeStatusFilter')


def list_open(unit: 'Unit', request: dict[str, Any]) -> dict[str, Any]:
    """ListOpenWorkflowExecutions: the latest started first."""
    return _list(unit, 'ListOpenWorkflowExecutions', request, open_ones=True)


def list_closed(unit: 'Unit', request: dict[str, Any]) -> dict[str, Any]:
    """ListClosedWorkflowExecutions: the latest first, by the time that is filtered by."""
    return _list(unit, 'ListClosedWorkflowExecutions', request, open_ones=False)


def count_open(unit: 'Unit', request: dict[str, Any]) -> dict[str, Any]:
    """CountOpenWorkflowExecutions."""
    return {'count': unit.store.count_executions(_query(unit, request, open_ones=True)), 'truncated': False}


def count_closed(unit: 'Unit', request: dict[str, Any]) -> dict[str, Any]:
    """CountClosedWorkflowExecutions."""
    return {'count': unit.store.count_executions(_query(unit, request, open_ones=False)), 'truncated': False}


def execution_info(row: ExecutionRow) -> dict[str, Any]:
    """Give what listings show of an execution; a closed one has no cancel request any more, as recorded."""
    info = {
        'execution': {'workflowId': row.workflow_id, 'runId': row.run_id},
        **row.info,
        'startTimestamp': row.started,
        'executionStatus': 'OPEN' if row.closed is None else 'CLOSED',
        'cancelRequested': row.cancel_requested and row.closed is None,
    }
    if row.closed is not None:
        info |= {'closeTimestamp': row.closed, 'closeStatus': row.close_status}
    return info


def _list(unit: 'Unit', operation: str, request: dict[str, Any], *, open_ones: bool) -> dict[str, Any]:
    query = _query(unit, request, open_ones=open_ones)
    page = page_of(unit, operation, request)
    found = unit.store.executions(query, Page(
        tuple(page.after) if page.after else None, page.limit + 1, not request.get('reverseOrder', False)))
    return page.answer(
        'executionInfos', found, show=execution_info,
        key=lambda row: [row.closed if query.by_close else row.started, row.key])


def _query(unit: 'Unit', request: dict[str, Any], *, open_ones: bool) -> Query:
    unit.domain(request['domain'])
    filters = [name for name in _EXCLUSIVE if name in request]
    if len(filters) > 1:
        raise faults.invalid(
            f'Cannot specify more than one exclusive filters in the same query: [{", ".join(filters)}]')
    by_close = 'closeTimeFilter' in request
    if by_close and 'startTimeFilter' in request:
        raise faults.invalid('Cannot specify both a startTimeFilter and a closeTimeFilter')
    times = request.get('closeTimeFilter') or request.get('startTimeFilter')
    if times is None:
        raise faults.invalid('Must specify time filter')
    kind = request.get('typeFilter', {})
    return Query(
        unit.region, request['domain'], open_ones, unit.now, by_close,
        oldest=times['oldestDate'], latest=times.get('latestDate'),
        workflow_id=request.get('executionFilter', {}).get('workflowId'),
        type_name=kind.get('name'), type_version=kind.get('version'),
        tag=request.get('tagFilter', {}).get('tag'),
        close_status=request.get('closeStatusFilter', {}).get('status'))
