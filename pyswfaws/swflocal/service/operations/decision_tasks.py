"""Decision tasks: handed to a decider with its history, and answered with decisions."""

from typing import TYPE_CHECKING, Any, Final

from pyswfaws.protocol.limits import EVENTS_A_POLL
from pyswfaws.swflocal.service import faults, tokens
from pyswfaws.swflocal.service.decisions import apply_decisions
from pyswfaws.swflocal.service.paging import PageRequest, page_of
from pyswfaws.swflocal.service.storage import TaskListKey

from .history import stretch

if TYPE_CHECKING:
    from pyswfaws.swflocal.service.unit import Unit

_EMPTY: Final = {'previousStartedEventId': 0, 'startedEventId': 0}


def poll(unit: 'Unit', request: dict[str, Any]) -> dict[str, Any]:
    """PollForDecisionTask: a new task's first page, or with ``nextPageToken`` another page of a task.

    The pages of a task end at its own DecisionTaskStarted, whatever has happened since.
    """
    unit.domain(request['domain'])
    page = page_of(unit, 'PollForDecisionTask', request, EVENTS_A_POLL)
    if page.after is not None:
        _, token, previous_id, first = page.after
        task_again = tokens.decode_task(token, 'decision')
        row = unit.row_of_key(task_again.execution, task_again.run_id)
        names = {'workflowId': row.workflow_id, 'runId': row.run_id}
        return _page(unit, page, task_again, names, row.info['workflowType'], previous_id, first)
    task = unit.store.first_task(TaskListKey(unit.region, request['domain'], 'decision', request['taskList']['name']))
    if task is None:
        return dict(_EMPTY)
    execution = unit.execution_at(task.execution)
    started_id = unit.record(
        execution, 'DecisionTaskStarted', scheduledEventId=task.event_id, identity=request.get('identity'))
    previous_id = execution.previous_started_id
    first = max(previous_id, 1) if request.get('startAtPreviousStartedEvent', False) else 1
    named = tokens.TaskToken('decision', execution.key, execution.run_id, task.event_id, started_id)
    return _page(unit, page, named, execution.names, execution.start['workflowType'], previous_id, first)


def _page(
    unit: 'Unit', page: PageRequest, task: tokens.TaskToken, names: dict[str, str], workflow_type: dict[str, str],
    previous_id: int, first: int,
) -> dict[str, Any]:
    events, following = stretch(unit, task.execution, page, first, task.started_id)
    token = tokens.encode_task(task)
    answer = {
        'taskToken': token,
        'startedEventId': task.started_id,
        'previousStartedEventId': previous_id,
        'workflowExecution': names,
        'workflowType': workflow_type,
        'events': events,
    }
    if following is not None:
        answer['nextPageToken'] = page.token([following, token, previous_id, first])
    return answer


def respond_completed(unit: 'Unit', request: dict[str, Any]) -> dict[str, Any]:
    """RespondDecisionTaskCompleted: the list was checked as a whole; each decision succeeds or leaves its failure."""
    task = tokens.decode_task(request['taskToken'], 'decision')
    execution = unit.execution_of_key(task.execution, task.run_id)
    if execution.running is None or execution.running.started_id != task.started_id:
        raise faults.unknown_decision_task(task.scheduled_id)
    completed_id = unit.record(
        execution, 'DecisionTaskCompleted', scheduledEventId=task.scheduled_id, startedEventId=task.started_id,
        executionContext=request.get('executionContext'), taskList=request.get('taskList'),
        taskListScheduleToStartTimeout=request.get('taskListScheduleToStartTimeout'))
    apply_decisions(unit, execution, completed_id, request.get('decisions', ()))
    return {}


def count_pending(unit: 'Unit', request: dict[str, Any]) -> dict[str, Any]:
    """CountPendingDecisionTasks: those that wait in the list."""
    unit.domain(request['domain'])
    task_list = TaskListKey(unit.region, request['domain'], 'decision', request['taskList']['name'])
    return {'count': unit.store.count_tasks(task_list), 'truncated': False}
