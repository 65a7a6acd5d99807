"""The 13 decisions: what may stand in the way of each, and what it does.

`OBSTACLES` gives the cause for which a decision is refused, or None; `CARRY_OUT` does it, and returns what should
happen in other executions once this one is written. A refused decision leaves the event that `protocol.decisions`
names. All events of a list follow its DecisionTaskCompleted in the order of the list.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from pyswfaws.protocol.decisions import ATTRIBUTES_MEMBER, REFUSALS

from .effects import ReachOut, RefuseLambda, StartChild
from .execution import ACTIVITY_TIMEOUTS, Attributes, Execution
from .starting import REQUIRED, resolve, start_execution

if TYPE_CHECKING:
    from .unit import Effect, Unit

Wanted: TypeAlias = Mapping[str, Any]

#: What each refusal repeats of its decision.
_ECHOED: Final[Mapping[str, tuple[str, ...]]] = {
    'ScheduleActivityTask': ('activityType', 'activityId'),
    'RequestCancelActivityTask': ('activityId',),
    'StartTimer': ('timerId',),
    'CancelTimer': ('timerId',),
    'RecordMarker': ('markerName',),
    'StartChildWorkflowExecution': ('workflowType', 'workflowId', 'control'),
    'SignalExternalWorkflowExecution': ('workflowId', 'runId', 'control'),
    'RequestCancelExternalWorkflowExecution': ('workflowId', 'runId', 'control'),
    'ScheduleLambdaFunction': ('id', 'name'),
}
#: A refusal of what has an Initiated event on success says with id 0 that there is none.
_INITIATED_ID: Final[Mapping[str, int]] = {
    'StartChildWorkflowExecution': 0,
    'SignalExternalWorkflowExecution': 0,
    'RequestCancelExternalWorkflowExecution': 0,
}


@dataclass(frozen=True, slots=True)
class Batch:
    """One list of decisions at work on its execution."""

    unit: 'Unit'
    execution: Execution
    completed_id: int   # of DecisionTaskCompleted

    def record(self, event_type: str, **attributes: Any) -> int:
        """Append an event that this list of decisions causes."""
        return self.unit.record(
            self.execution, event_type, decisionTaskCompletedEventId=self.completed_id, **attributes)

    def apply(self, decision: Wanted) -> None:
        """Carry out one decision, or record why not."""
        kind = decision['decisionType']
        wanted = decision.get(ATTRIBUTES_MEMBER[kind], {})
        cause = self._injected(kind) or OBSTACLES[kind](self, wanted) or self._over_rate(kind)
        if cause is not None:
            self.record(
                REFUSALS[kind].event_type, cause=cause,
                initiatedEventId=_INITIATED_ID.get(kind),
                **{name: wanted.get(name) for name in _ECHOED.get(kind, ())})
            return
        effect = CARRY_OUT[kind](self, wanted)
        if effect is not None:
            self.unit.then(effect)

    def _injected(self, kind: str) -> str | None:
        causes = self.unit.world.refusals.get(kind)
        return causes.pop(0) if causes else None

    def _over_rate(self, kind: str) -> str | None:
        unit = self.unit
        if unit.world.buckets.take(kind, unit.region, unit.now):
            return None
        return next((cause for cause in REFUSALS[kind].causes if cause.endswith('_RATE_EXCEEDED')), None)


def apply_decisions(unit: 'Unit', execution: Execution, completed_id: int, decisions: Sequence[Wanted]) -> None:
    """Carry out a validated list of decisions, and cancel the activities that it found not started."""
    batch = Batch(unit, execution, completed_id)
    for decision in decisions:
        batch.apply(decision)
    if any(decision['decisionType'] == 'RequestCancelActivityTask' for decision in decisions) and execution.open:
        for activity in list(execution.activities.values()):
            if activity.cancel_requested_id > completed_id and activity.started_id == 0:
                unit.record(
                    execution, 'ActivityTaskCanceled', scheduledEventId=activity.scheduled_id, startedEventId=0,
                    latestCancelRequestedEventId=activity.cancel_requested_id)


# Obstacles.

def _none(_: Batch, __: Wanted) -> None:
    return None


def _type_obstacle(batch: Batch, kind: str, named: dict[str, str]) -> str | None:
    found = batch.unit.type(kind, batch.execution.domain, named)
    if found is None:
        return f'{_CAUSE_PREFIX[kind]}_DOES_NOT_EXIST'
    return f'{_CAUSE_PREFIX[kind]}_DEPRECATED' if found['status'] == 'DEPRECATED' else None


_CAUSE_PREFIX: Final = {'ActivityType': 'ACTIVITY_TYPE', 'WorkflowType': 'WORKFLOW_TYPE'}

#: Member of ScheduleActivityTask -> the type's default, and the cause if neither has it; in the order of the checks.
_ACTIVITY_DEFAULTS: Final[Mapping[str, tuple[str, str]]] = {
    'taskList': ('defaultTaskList', 'DEFAULT_TASK_LIST_UNDEFINED'),
    'scheduleToStartTimeout': (
        'defaultTaskScheduleToStartTimeout', 'DEFAULT_SCHEDULE_TO_START_TIMEOUT_UNDEFINED'),
    'scheduleToCloseTimeout': (
        'defaultTaskScheduleToCloseTimeout', 'DEFAULT_SCHEDULE_TO_CLOSE_TIMEOUT_UNDEFINED'),
    'startToCloseTimeout': ('defaultTaskStartToCloseTimeout', 'DEFAULT_START_TO_CLOSE_TIMEOUT_UNDEFINED'),
    'heartbeatTimeout': ('defaultTaskHeartbeatTimeout', 'DEFAULT_HEARTBEAT_TIMEOUT_UNDEFINED'),
}


def _activity_obstacle(batch: Batch, wanted: Wanted) -> str | None:
    execution, unit = batch.execution, batch.unit
    if (cause := _type_obstacle(batch, 'ActivityType', wanted['activityType'])) is not None:
        return cause
    if wanted['activityId'] in execution.activity_ids:
        return 'ACTIVITY_ID_ALREADY_IN_USE'
    defaults = _configuration(batch, 'ActivityType', wanted['activityType'])
    for member, (default, cause) in _ACTIVITY_DEFAULTS.items():
        if member not in wanted and default not in defaults:
            return cause
    if len(execution.activities) >= unit.quotas.open_activities:
        return 'OPEN_ACTIVITIES_LIMIT_EXCEEDED'
    task_list = (unit.region, execution.domain, wanted.get('taskList', defaults.get('defaultTaskList'))['name'])
    allowed = unit.world.buckets.take('ScheduleActivityTask/taskList', task_list, unit.now)
    return None if allowed else 'ACTIVITY_CREATION_RATE_EXCEEDED'


def _cancel_activity_obstacle(batch: Batch, wanted: Wanted) -> str | None:
    return None if wanted['activityId'] in batch.execution.activity_ids else 'ACTIVITY_ID_UNKNOWN'


def _timer_obstacle(batch: Batch, wanted: Wanted) -> str | None:
    if wanted['timerId'] in batch.execution.timer_ids:
        return 'TIMER_ID_ALREADY_IN_USE'
    return 'OPEN_TIMERS_LIMIT_EXCEEDED' if len(batch.execution.timers) >= batch.unit.quotas.open_timers else None


def _cancel_timer_obstacle(batch: Batch, wanted: Wanted) -> str | None:
    return None if wanted['timerId'] in batch.execution.timer_ids else 'TIMER_ID_UNKNOWN'


def _close_obstacle(batch: Batch, _: Wanted) -> str | None:
    """News that the decider has not seen: a decision task was pending before this list; its own events do not count."""
    return 'UNHANDLED_DECISION' if batch.execution.pending is not None else None


def _workflow_obstacle(batch: Batch, named: dict[str, str], wanted: Wanted) -> str | None:
    if (cause := _type_obstacle(batch, 'WorkflowType', named)) is not None:
        return cause
    resolved = resolve(wanted, _configuration(batch, 'WorkflowType', named))
    return next((default.cause for member, default in REQUIRED.items() if member not in resolved), None)


def _continue_obstacle(batch: Batch, wanted: Wanted) -> str | None:
    return _close_obstacle(batch, wanted) or _workflow_obstacle(batch, _next_type(batch, wanted), wanted)


def _child_obstacle(batch: Batch, wanted: Wanted) -> str | None:
    unit, execution = batch.unit, batch.execution
    if (cause := _workflow_obstacle(batch, wanted['workflowType'], wanted)) is not None:
        return cause
    if len(execution.children) >= unit.quotas.open_children:
        return 'OPEN_CHILDREN_LIMIT_EXCEEDED'
    starting = sum(child.started_id == 0 for child in execution.children.values())
    if unit.open_count(execution.domain) + starting >= unit.quotas.open_executions:
        return 'OPEN_WORKFLOWS_LIMIT_EXCEEDED'
    return None


def _lambda_obstacle(batch: Batch, wanted: Wanted) -> str | None:
    if wanted['id'] in batch.execution.lambda_ids:
        return 'ID_ALREADY_IN_USE'
    too_many = len(batch.execution.lambdas) >= batch.unit.quotas.open_lambdas
    return 'OPEN_LAMBDA_FUNCTIONS_LIMIT_EXCEEDED' if too_many else None


#: Decision type -> the cause to refuse it with, or None.
OBSTACLES: Final[Mapping[str, Callable[[Batch, Wanted], str | None]]] = {
    'ScheduleActivityTask': _activity_obstacle,
    'RequestCancelActivityTask': _cancel_activity_obstacle,
    'StartTimer': _timer_obstacle,
    'CancelTimer': _cancel_timer_obstacle,
    'RecordMarker': _none,
    'CompleteWorkflowExecution': _close_obstacle,
    'FailWorkflowExecution': _close_obstacle,
    'CancelWorkflowExecution': _close_obstacle,
    'ContinueAsNewWorkflowExecution': _continue_obstacle,
    'SignalExternalWorkflowExecution': _none,
    'RequestCancelExternalWorkflowExecution': _none,
    'StartChildWorkflowExecution': _child_obstacle,
    'ScheduleLambdaFunction': _lambda_obstacle,
}


# What each decision does.

_PARENT: Final = ('parentWorkflowExecution', 'parentInitiatedEventId')      # what a continued child keeps


def _configuration(batch: Batch, kind: str, named: dict[str, str]) -> Wanted:
    found = batch.unit.type(kind, batch.execution.domain, named)
    configuration: Wanted = {} if found is None else found['configuration']
    return configuration


def _next_type(batch: Batch, wanted: Wanted) -> dict[str, str]:
    current = batch.execution.start['workflowType']
    return {'name': current['name'], 'version': wanted.get('workflowTypeVersion', current['version'])}


def _schedule_activity(batch: Batch, wanted: Wanted) -> None:
    defaults = _configuration(batch, 'ActivityType', wanted['activityType'])
    batch.record(
        'ActivityTaskScheduled', activityType=wanted['activityType'], activityId=wanted['activityId'],
        input=wanted.get('input'), control=wanted.get('control'),
        taskList=wanted.get('taskList', defaults.get('defaultTaskList')),
        taskPriority=wanted.get('taskPriority', defaults.get('defaultTaskPriority')),
        **{member: wanted.get(member, defaults.get(_ACTIVITY_DEFAULTS[member][0])) for member in ACTIVITY_TIMEOUTS})


def _cancel_activity(batch: Batch, wanted: Wanted) -> None:
    batch.record('ActivityTaskCancelRequested', activityId=wanted['activityId'])


def _start_timer(batch: Batch, wanted: Wanted) -> None:
    batch.record('TimerStarted', **wanted)


def _cancel_timer(batch: Batch, wanted: Wanted) -> None:
    timer_id = wanted['timerId']
    batch.record('TimerCanceled', timerId=timer_id, startedEventId=batch.execution.timer_ids[timer_id])


def _record_marker(batch: Batch, wanted: Wanted) -> None:
    batch.record('MarkerRecorded', **wanted)


def _complete(batch: Batch, wanted: Wanted) -> None:
    batch.record('WorkflowExecutionCompleted', **wanted)


def _fail(batch: Batch, wanted: Wanted) -> None:
    batch.record('WorkflowExecutionFailed', **wanted)


def _cancel(batch: Batch, wanted: Wanted) -> None:
    batch.record('WorkflowExecutionCanceled', **wanted)


def _continue_as_new(batch: Batch, wanted: Wanted) -> None:
    """Close the run and start its successor in the same instant, so that no moment is without an open run."""
    unit, execution, named = batch.unit, batch.execution, _next_type(batch, wanted)
    attributes = {
        **{name: wanted[name] for name in ('input', 'tagList') if name in wanted},
        **resolve(wanted, _configuration(batch, 'WorkflowType', named)),
        'workflowType': named,
    }
    successor = unit.next_run(execution.domain, execution.workflow_id)
    batch.record('WorkflowExecutionContinuedAsNew', newExecutionRunId=successor.run_id, **attributes)
    start_execution(
        unit, successor, attributes, continuedExecutionRunId=execution.run_id,
        **{name: execution.start[name] for name in _PARENT if name in execution.start})


def _start_child(batch: Batch, wanted: Wanted) -> 'Effect':
    attributes = {
        **wanted,
        **resolve(wanted, _configuration(batch, 'WorkflowType', wanted['workflowType'])),
    }
    initiated_id = batch.record('StartChildWorkflowExecutionInitiated', **attributes)
    return StartChild(
        batch.execution, initiated_id, {**attributes, 'decisionTaskCompletedEventId': batch.completed_id})


def _reach_out(batch: Batch, wanted: Wanted, initiated: str, received: str, delivered: str, failed: str) -> 'Effect':
    initiated_id = batch.record(initiated, **wanted)
    attributes: Attributes = {**wanted, 'decisionTaskCompletedEventId': batch.completed_id}
    return ReachOut(batch.execution, initiated_id, attributes, received, delivered, failed)


def _signal(batch: Batch, wanted: Wanted) -> 'Effect':
    return _reach_out(
        batch, wanted, 'SignalExternalWorkflowExecutionInitiated', 'WorkflowExecutionSignaled',
        'ExternalWorkflowExecutionSignaled', 'SignalExternalWorkflowExecutionFailed')


def _request_cancel(batch: Batch, wanted: Wanted) -> 'Effect':
    return _reach_out(
        batch, wanted, 'RequestCancelExternalWorkflowExecutionInitiated', 'WorkflowExecutionCancelRequested',
        'ExternalWorkflowExecutionCancelRequested', 'RequestCancelExternalWorkflowExecutionFailed')


def _schedule_lambda(batch: Batch, wanted: Wanted) -> 'Effect | None':
    scheduled_id = batch.record('LambdaFunctionScheduled', **wanted)
    return None if 'lambdaRole' in batch.execution.start else RefuseLambda(batch.execution, scheduled_id)


#: Decision type -> what it does; it may return what follows outside the execution.
CARRY_OUT: Final[Mapping[str, 'Callable[[Batch, Wanted], Effect | None]']] = {
    'ScheduleActivityTask': _schedule_activity,
    'RequestCancelActivityTask': _cancel_activity,
    'StartTimer': _start_timer,
    'CancelTimer': _cancel_timer,
    'RecordMarker': _record_marker,
    'CompleteWorkflowExecution': _complete,
    'FailWorkflowExecution': _fail,
    'CancelWorkflowExecution': _cancel,
    'ContinueAsNewWorkflowExecution': _continue_as_new,
    'SignalExternalWorkflowExecution': _signal,
    'RequestCancelExternalWorkflowExecution': _request_cancel,
    'StartChildWorkflowExecution': _start_child,
    'ScheduleLambdaFunction': _schedule_lambda,
}
