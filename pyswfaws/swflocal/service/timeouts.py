"""What happens when a clock strikes: the rule of each kind of deadline.

A timeout is recorded with the moment at which it is noticed, never before it is due: a service that was down fires what
it missed in the order of the deadlines, with the time of its return.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from .execution import Deadline, Execution

if TYPE_CHECKING:
    from .unit import Unit


def _execution_timed_out(unit: 'Unit', execution: Execution, deadline: Deadline) -> None:
    unit.record(
        execution, 'WorkflowExecutionTimedOut',
        timeoutType=deadline.timeout_type, childPolicy=execution.start['childPolicy'])


def _decision_timed_out(unit: 'Unit', execution: Execution, deadline: Deadline) -> None:
    started = deadline.timeout_type == 'START_TO_CLOSE' and execution.running
    unit.record(
        execution, 'DecisionTaskTimedOut', timeoutType=deadline.timeout_type,
        scheduledEventId=deadline.event_id, startedEventId=started.started_id if started else 0)


def _activity_timed_out(unit: 'Unit', execution: Execution, deadline: Deadline) -> None:
    activity = execution.activities[deadline.event_id]
    unit.record(
        execution, 'ActivityTaskTimedOut', timeoutType=deadline.timeout_type,
        scheduledEventId=activity.scheduled_id, startedEventId=activity.started_id,
        details=activity.heartbeat_details)


def _timer_fired(unit: 'Unit', execution: Execution, deadline: Deadline) -> None:
    unit.record(
        execution, 'TimerFired', timerId=execution.timers[deadline.event_id], startedEventId=deadline.event_id)


def _lambda_timed_out(unit: 'Unit', execution: Execution, deadline: Deadline) -> None:
    unit.record(
        execution, 'LambdaFunctionTimedOut', timeoutType=deadline.timeout_type,
        scheduledEventId=deadline.event_id, startedEventId=execution.lambdas[deadline.event_id].started_id)


_RULES: Final[Mapping[str, 'Callable[[Unit, Execution, Deadline], None]']] = {
    'execution': _execution_timed_out,
    'decision': _decision_timed_out,
    'activity': _activity_timed_out,
    'timer': _timer_fired,
    'lambda': _lambda_timed_out,
}


def fire(unit: 'Unit', execution: Execution, deadline: Deadline) -> None:
    """Record what the deadline brings."""
    _RULES[deadline.subject](unit, execution, deadline)
