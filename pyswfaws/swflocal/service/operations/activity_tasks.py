"""Activity tasks: handed to a worker, kept alive by it, and answered in one of three ways."""

from typing import TYPE_CHECKING, Any

from pyswfaws.swflocal.service import faults, tokens
from pyswfaws.swflocal.service.storage import TaskListKey

if TYPE_CHECKING:
    from pyswfaws.swflocal.service.execution import Activity, Execution
    from pyswfaws.swflocal.service.unit import Unit


def poll(unit: 'Unit', request: dict[str, Any]) -> dict[str, Any]:
    """PollForActivityTask."""
    unit.domain(request['domain'])
    task = unit.store.first_task(TaskListKey(unit.region, request['domain'], 'activity', request['taskList']['name']))
    if task is None:
        return {'startedEventId': 0}
    execution = unit.execution_at(task.execution)
    started_id = unit.record(
        execution, 'ActivityTaskStarted', scheduledEventId=task.event_id, identity=request.get('identity'))
    attributes = execution.activities[task.event_id].attributes
    answer = {
        'taskToken': tokens.encode_task(
            tokens.TaskToken('activity', execution.key, execution.run_id, task.event_id, started_id)),
        'activityId': attributes['activityId'],
        'startedEventId': started_id,
        'workflowExecution': execution.names,
        'activityType': attributes['activityType'],
    }
    if 'input' in attributes:
        answer['input'] = attributes['input']
    return answer


def heartbeat(unit: 'Unit', request: dict[str, Any]) -> dict[str, Any]:
    """RecordActivityTaskHeartbeat: writes no event; its details are kept for a timeout."""
    execution, activity = _started(unit, request)
    unit.beat(execution, activity, request.get('details'))
    return {'cancelRequested': activity.cancel_requested_id > 0}


def respond_completed(unit: 'Unit', request: dict[str, Any]) -> dict[str, Any]:
    """RespondActivityTaskCompleted."""
    return _close(unit, request, 'ActivityTaskCompleted', result=request.get('result'))


def respond_failed(unit: 'Unit', request: dict[str, Any]) -> dict[str, Any]:
    """RespondActivityTaskFailed."""
    return _close(
        unit, request, 'ActivityTaskFailed', reason=request.get('reason'), details=request.get('details'))


def respond_canceled(unit: 'Unit', request: dict[str, Any]) -> dict[str, Any]:
    """RespondActivityTaskCanceled: accepted without a request to cancel too."""
    _, activity = _started(unit, request)
    return _close(
        unit, request, 'ActivityTaskCanceled', details=request.get('details'),
        latestCancelRequestedEventId=activity.cancel_requested_id or None)


def count_pending(unit: 'Unit', request: dict[str, Any]) -> dict[str, Any]:
    """CountPendingActivityTasks: those that wait in the list."""
    unit.domain(request['domain'])
    task_list = TaskListKey(unit.region, request['domain'], 'activity', request['taskList']['name'])
    return {'count': unit.store.count_tasks(task_list), 'truncated': False}


def _started(unit: 'Unit', request: dict[str, Any]) -> 'tuple[Execution, Activity]':
    task = tokens.decode_task(request['taskToken'], 'activity')
    execution = unit.execution_of_key(task.execution, task.run_id)
    activity = execution.activities.get(task.scheduled_id)
    if activity is None:
        raise faults.unknown_activity(task.scheduled_id)
    return execution, activity


def _close(unit: 'Unit', request: dict[str, Any], event_type: str, **attributes: Any) -> dict[str, Any]:
    execution, activity = _started(unit, request)
    unit.record(
        execution, event_type, scheduledEventId=activity.scheduled_id, startedEventId=activity.started_id,
        **attributes)
    return {}
