"""Executions from outside: start, signal, request to cancel, terminate, describe."""

from typing import TYPE_CHECKING, Any, Final

from pyswfaws.swflocal.service import faults
from pyswfaws.swflocal.service.starting import OPTIONAL, REQUIRED, resolve, start_execution

from .visibility import execution_info

if TYPE_CHECKING:
    from pyswfaws.swflocal.service.execution import Execution
    from pyswfaws.swflocal.service.unit import Unit

#: The order in which a start is checked for what neither it nor its type says.
_CHECKED: Final = ('executionStartToCloseTimeout', 'taskList', 'taskStartToCloseTimeout', 'childPolicy')


def start(unit: 'Unit', request: dict[str, Any]) -> dict[str, Any]:
    """StartWorkflowExecution."""
    domain, named, workflow_id = request['domain'], request['workflowType'], request['workflowId']
    unit.domain(domain)
    record = unit.type('WorkflowType', domain, named)
    if record is None:
        raise faults.unknown_type('WorkflowType', named['name'], named['version'])
    if record['status'] == 'DEPRECATED':
        raise faults.modelled(
            'TypeDeprecatedFault', faults.type_text('WorkflowType', named['name'], named['version']))
    if unit.row(domain, workflow_id, None) is not None:
        raise faults.modelled('WorkflowExecutionAlreadyStartedFault', 'Already Started')
    resolved = resolve(request, record['configuration'])
    for member in _CHECKED:
        if member not in resolved:
            raise faults.modelled('DefaultUndefinedFault', member)
    if unit.open_count(domain) >= unit.quotas.open_executions:
        raise faults.modelled('LimitExceededFault', f'Too many open executions: {unit.quotas.open_executions}')
    execution = start_execution(unit, unit.next_run(domain, workflow_id), {**request, **resolved})
    return {'runId': execution.run_id}


def signal(unit: 'Unit', request: dict[str, Any]) -> dict[str, Any]:
    """SignalWorkflowExecution."""
    unit.record(
        _open(unit, request), 'WorkflowExecutionSignaled',
        signalName=request['signalName'], input=request.get('input'), externalInitiatedEventId=0)
    return {}


def request_cancel(unit: 'Unit', request: dict[str, Any]) -> dict[str, Any]:
    """RequestCancelWorkflowExecution: one event for each request."""
    unit.record(_open(unit, request), 'WorkflowExecutionCancelRequested', externalInitiatedEventId=0)
    return {}


def terminate(unit: 'Unit', request: dict[str, Any]) -> dict[str, Any]:
    """TerminateWorkflowExecution: the policy that it names holds for this time."""
    execution = _open(unit, request)
    unit.record(
        execution, 'WorkflowExecutionTerminated',
        cause='OPERATOR_INITIATED', childPolicy=request.get('childPolicy', execution.start['childPolicy']),
        reason=request.get('reason'), details=request.get('details'))
    return {}


def describe(unit: 'Unit', request: dict[str, Any]) -> dict[str, Any]:
    """DescribeWorkflowExecution: the counts of a closed execution are those at its close."""
    unit.domain(request['domain'])
    named = request['execution']
    row = unit.row(request['domain'], named['workflowId'], named['runId'])
    if row is None:
        raise faults.unknown_execution(named['workflowId'], named['runId'])
    execution = unit.state(row)
    members = (*REQUIRED, *OPTIONAL)
    detail = {
        'executionInfo': execution_info(row),
        'executionConfiguration': {name: execution.start[name] for name in members if name in execution.start},
        'openCounts': _open_counts(execution),
        'latestActivityTaskTimestamp': execution.latest_activity_at,
        'latestExecutionContext': execution.context,
    }
    return {name: value for name, value in detail.items() if value is not None}


def _open(unit: 'Unit', request: dict[str, Any]) -> 'Execution':
    return unit.open_execution(request['domain'], request['workflowId'], request.get('runId'))


def _open_counts(execution: 'Execution') -> dict[str, int]:
    return {
        'openActivityTasks': len(execution.activities),
        'openDecisionTasks': int(execution.pending is not None or execution.running is not None),
        'openTimers': len(execution.timers),
        'openChildWorkflowExecutions': len(execution.children),
        'openLambdaFunctions': len(execution.lambdas),
    }
