"""One execution: its history, and the state that follows from it.

The state is a fold of the events and of nothing else (only the last heartbeats of running activities stand beside them,
for SWF records none). `FOLD` is the rule, event type by event type: live, each appended event goes through it; and an
execution that was not in memory is had again by putting its stored events through it. Types that are not in the table
change nothing but the length of the history.

The state answers what the service has to know: what is open, which task is due to a poller, and what happens next if
nobody does anything. It decides nothing.
"""

import heapq
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, TypeAlias

from pyswfaws.protocol import events as vocabulary
from pyswfaws.protocol.limits import LAMBDA_SECONDS, YEAR

Event: TypeAlias = dict[str, Any]
Attributes: TypeAlias = Mapping[str, Any]

ACTIVITY_TIMEOUTS: Final = {    # the attribute that sets it -> its type; in the order in which ties are decided
    'scheduleToStartTimeout': 'SCHEDULE_TO_START',
    'scheduleToCloseTimeout': 'SCHEDULE_TO_CLOSE',
    'startToCloseTimeout': 'START_TO_CLOSE',
    'heartbeatTimeout': 'HEARTBEAT',
}
#: After these a decision task is due. A refused close is one of them unless its cause is that one is pending already.
_OWES: Final = vocabulary.TRIGGERS | frozenset(vocabulary.CLOSE_FAILED)
_RANK: Final = {kind: rank for rank, kind in enumerate(ACTIVITY_TIMEOUTS.values())}


class Deadline(NamedTuple):
    """What happens at `due` (seconds since the epoch) unless something else does first; the earliest sorts first.

    `event_id` is that of the event that started the clock's subject: of ties, the older subject comes first.
    """

    due: float
    event_id: int
    rank: int
    subject: str            # execution, decision, activity, timer, lambda
    timeout_type: str


class Waiting(NamedTuple):
    """A task that is due to a poller of a list; `kind` is decision, activity or lambda."""

    kind: str
    task_list: str
    priority: int


@dataclass(slots=True)
class Activity:
    """An open activity task."""

    attributes: Attributes      # of ActivityTaskScheduled
    scheduled_id: int
    scheduled_at: float
    started_id: int = 0
    started_at: float = 0.0
    cancel_requested_id: int = 0
    heartbeat_at: float = 0.0
    heartbeat_details: str | None = None

    def due(self, timeout_type: str) -> float | None:
        """When that timeout strikes; None if it cannot any more, or not yet."""
        started = self.started_id > 0
        clock = {
            'SCHEDULE_TO_START': None if started else self.scheduled_at,
            'SCHEDULE_TO_CLOSE': self.scheduled_at,
            'START_TO_CLOSE': self.started_at if started else None,
            'HEARTBEAT': max(self.started_at, self.heartbeat_at) if started else None,
        }[timeout_type]
        length = seconds(self.attributes.get(_ATTRIBUTE[timeout_type]))
        return None if clock is None or length is None else later(clock, length)

    def heartbeat(self, at: float, details: str | None) -> None:
        """Note that the worker lives; absent details leave the last ones."""
        self.heartbeat_at = at
        if details is not None:
            self.heartbeat_details = details


_ATTRIBUTE: Final = {timeout_type: attribute for attribute, timeout_type in ACTIVITY_TIMEOUTS.items()}


@dataclass(slots=True)
class Child:
    """A child workflow execution that was initiated and has not closed; `run_id` is that of its first run."""

    attributes: Attributes      # of StartChildWorkflowExecutionInitiated
    run_id: str = ''
    started_id: int = 0


@dataclass(slots=True)
class Lambda:
    """An open Lambda task."""

    attributes: Attributes      # of LambdaFunctionScheduled
    started_id: int = 0


@dataclass(slots=True)
class DecisionTask:
    """A decision task, pending or started."""

    scheduled_id: int
    attributes: Attributes      # of DecisionTaskScheduled
    started_id: int = 0


@dataclass(slots=True, eq=False)
class Execution:
    """The state of one run, by its key in the store.

    `history` holds all events; those from `saved` on are not in the store yet. `due` is when the store says that the
    execution needs attention: never later than its next deadline, often earlier. `tasks` maps the id of each
    scheduling event whose task is due to a poller to the list it waits in.
    """

    key: int
    region: str
    domain: str
    workflow_id: str
    run_id: str
    history: list[Event] = field(default_factory=list)
    saved: int = 0
    due: float = math.inf
    start: Attributes = field(default_factory=dict)     # of WorkflowExecutionStarted
    started_at: float = 0.0
    close_status: str | None = None
    pending: DecisionTask | None = None     # scheduled, not started
    running: DecisionTask | None = None     # started, not completed
    previous_started_id: int = 0            # DecisionTaskStarted of the last completed decision task
    owes_decision_task: bool = False        # a trigger was recorded, and no decision task is pending yet
    override: tuple[str, str] | None = None     # decider affinity: task list, schedule-to-start timeout
    context: str | None = None              # latestExecutionContext
    cancel_requested: bool = False
    latest_activity_at: float | None = None
    activities: dict[int, Activity] = field(default_factory=dict)       # by the id of the scheduling event
    activity_ids: dict[str, Activity] = field(default_factory=dict)     # by activityId
    timers: dict[int, str] = field(default_factory=dict)                # timerId by the id of the starting event
    timer_ids: dict[str, int] = field(default_factory=dict)             # and the other way round
    children: dict[int, Child] = field(default_factory=dict)            # by the id of the initiating event
    lambdas: dict[int, Lambda] = field(default_factory=dict)            # by the id of the scheduling event
    lambda_ids: dict[str, Lambda] = field(default_factory=dict)         # by id
    tasks: dict[int, Waiting] = field(default_factory=dict)
    deadlines: list[Deadline] = field(default_factory=list)             # a heap; void ones are dropped when met

    @property
    def open(self) -> bool:
        """Whether the execution can still get events."""
        return self.close_status is None

    @property
    def names(self) -> dict[str, str]:
        """The execution as SWF names it."""
        return {'workflowId': self.workflow_id, 'runId': self.run_id}

    def append(self, event_type: str, at: float, attributes: dict[str, Any]) -> int:
        """Record an event at a time; give its id. An attribute that is None is left out.

        Times never run backwards in a history, though a machine's clock may be set back while nobody is looking.
        """
        if self.history:
            at = max(at, self.history[-1]['eventTimestamp'])
        event_id = len(self.history) + 1
        self.fold({
            'eventId': event_id,
            'eventType': event_type,
            'eventTimestamp': at,
            vocabulary.ATTRIBUTES_MEMBER[event_type]: {k: v for k, v in attributes.items() if v is not None},
        })
        return event_id

    def fold(self, event: Event) -> None:
        """Take an event, a new or a stored one, into the history and the state."""
        self.history.append(event)
        event_type = event['eventType']
        attributes = event[vocabulary.ATTRIBUTES_MEMBER[event_type]]
        if (change := FOLD.get(event_type)) is not None:
            change(self, event, attributes)
        if event_type in _OWES:
            self.owes_decision_task = self.pending is None
        elif event_type in vocabulary.CLOSE_STATUS:
            self.close_status = vocabulary.CLOSE_STATUS[event_type]
            self.tasks.clear()

    def next_deadline(self) -> Deadline | None:
        """What happens first if nobody does anything."""
        while self.open and self.deadlines:
            first = self.deadlines[0]
            due = _DUE[first.subject](self, first)
            if due is None:
                heapq.heappop(self.deadlines)
            elif due > first.due:
                heapq.heapreplace(self.deadlines, first._replace(due=due))
            else:
                return first
        return None

    def expect(self, due: float, event_id: int, subject: str, timeout_type: str = 'START_TO_CLOSE') -> None:
        """Expect a clock, which was just started, to strike."""
        heapq.heappush(self.deadlines, Deadline(due, event_id, _RANK[timeout_type], subject, timeout_type))

    def offer(self, task: DecisionTask, at: float) -> None:
        """Put the pending decision task into its list; from now on its schedule-to-start clock runs."""
        attributes = task.attributes
        self.tasks[task.scheduled_id] = Waiting(
            'decision', attributes['taskList']['name'], int(attributes.get('taskPriority', 0)))
        if (length := seconds(attributes.get('scheduleToStartTimeout'))) is not None:
            self.expect(later(at, length), task.scheduled_id, 'decision', 'SCHEDULE_TO_START')


def fold(execution: Execution, events: Iterable[Event]) -> Execution:
    """Bring an empty execution to the state that stored events give it."""
    for event in events:
        execution.fold(event)
    execution.saved = len(execution.history)
    return execution


def seconds(duration: str | None) -> float | None:
    """The length of a duration as SWF writes it; None if it has no limit but that of the execution, at most a year."""
    return None if duration is None or duration == 'NONE' else float(duration)


def later(at: float, length: float) -> float:
    """The moment `length` seconds after `at`; like every moment in whole milliseconds, so that equal ones are equal."""
    return round(at + length, 3)


# When a clock strikes: later than the heap says after a heartbeat, never (None) once its subject is over.

def _decision_due(execution: Execution, deadline: Deadline) -> float | None:
    if deadline.timeout_type == 'SCHEDULE_TO_START':
        return deadline.due if deadline.event_id in execution.tasks else None
    running = execution.running
    return deadline.due if running is not None and running.scheduled_id == deadline.event_id else None


def _activity_due(execution: Execution, deadline: Deadline) -> float | None:
    activity = execution.activities.get(deadline.event_id)
    return None if activity is None else activity.due(deadline.timeout_type)


_DUE: Final[Mapping[str, Callable[[Execution, Deadline], float | None]]] = {
    'execution': lambda _, deadline: deadline.due,
    'decision': _decision_due,
    'activity': _activity_due,
    'timer': lambda execution, deadline: deadline.due if deadline.event_id in execution.timers else None,
    'lambda': lambda execution, deadline: deadline.due if deadline.event_id in execution.lambdas else None,
}


# The fold, type by type.

def _execution_started(execution: Execution, event: Event, attributes: Attributes) -> None:
    execution.start = attributes
    execution.started_at = event['eventTimestamp']
    length = seconds(attributes['executionStartToCloseTimeout'])
    execution.expect(
        later(execution.started_at, YEAR if length is None else length), event['eventId'], 'execution')


def _cancel_requested(execution: Execution, _: Event, __: Attributes) -> None:
    execution.cancel_requested = True


def _decision_scheduled(execution: Execution, event: Event, attributes: Attributes) -> None:
    execution.pending = DecisionTask(event['eventId'], attributes)
    execution.owes_decision_task = False
    if execution.running is None:
        execution.offer(execution.pending, event['eventTimestamp'])


def _decision_started(execution: Execution, event: Event, _: Attributes) -> None:
    task = execution.pending
    assert task is not None
    task.started_id = event['eventId']
    execution.running, execution.pending = task, None
    del execution.tasks[task.scheduled_id]
    if (length := seconds(task.attributes.get('startToCloseTimeout'))) is not None:
        execution.expect(later(event['eventTimestamp'], length), task.scheduled_id, 'decision')


def _decision_completed(execution: Execution, event: Event, attributes: Attributes) -> None:
    execution.running = None
    execution.previous_started_id = attributes['startedEventId']
    execution.context = attributes.get('executionContext', execution.context)
    if 'taskList' in attributes:
        execution.override = (
            attributes['taskList']['name'], attributes.get('taskListScheduleToStartTimeout', 'NONE'))
    if execution.pending is not None:
        execution.offer(execution.pending, event['eventTimestamp'])


def _decision_timed_out(execution: Execution, event: Event, attributes: Attributes) -> None:
    execution.override = None
    if attributes['startedEventId'] == 0:
        execution.pending = None
        del execution.tasks[attributes['scheduledEventId']]
        return
    execution.running = None
    if execution.pending is not None:
        execution.offer(execution.pending, event['eventTimestamp'])


def _activity_scheduled(execution: Execution, event: Event, attributes: Attributes) -> None:
    activity = Activity(attributes, event['eventId'], event['eventTimestamp'])
    execution.activities[activity.scheduled_id] = activity
    execution.activity_ids[attributes['activityId']] = activity
    execution.latest_activity_at = event['eventTimestamp']
    execution.tasks[activity.scheduled_id] = Waiting(
        'activity', attributes['taskList']['name'], int(attributes.get('taskPriority', 0)))
    _start_clocks(execution, activity, 'SCHEDULE_TO_START', 'SCHEDULE_TO_CLOSE')


def _activity_started(execution: Execution, event: Event, attributes: Attributes) -> None:
    activity = execution.activities[attributes['scheduledEventId']]
    activity.started_id, activity.started_at = event['eventId'], event['eventTimestamp']
    execution.latest_activity_at = event['eventTimestamp']
    del execution.tasks[activity.scheduled_id]
    _start_clocks(execution, activity, 'START_TO_CLOSE', 'HEARTBEAT')


def _start_clocks(execution: Execution, activity: Activity, *timeout_types: str) -> None:
    for timeout_type in timeout_types:
        if (due := activity.due(timeout_type)) is not None:
            execution.expect(due, activity.scheduled_id, 'activity', timeout_type)


def _activity_cancel_requested(execution: Execution, event: Event, attributes: Attributes) -> None:
    execution.activity_ids[attributes['activityId']].cancel_requested_id = event['eventId']


def _activity_closed(execution: Execution, event: Event, attributes: Attributes) -> None:
    activity = execution.activities.pop(attributes['scheduledEventId'])
    del execution.activity_ids[activity.attributes['activityId']]
    execution.tasks.pop(activity.scheduled_id, None)
    execution.latest_activity_at = event['eventTimestamp']


def _timer_started(execution: Execution, event: Event, attributes: Attributes) -> None:
    execution.timers[event['eventId']] = attributes['timerId']
    execution.timer_ids[attributes['timerId']] = event['eventId']
    due = later(event['eventTimestamp'], float(attributes['startToFireTimeout']))
    execution.expect(due, event['eventId'], 'timer')


def _timer_over(execution: Execution, _: Event, attributes: Attributes) -> None:
    del execution.timers[execution.timer_ids.pop(attributes['timerId'])]


def _child_initiated(execution: Execution, event: Event, attributes: Attributes) -> None:
    execution.children[event['eventId']] = Child(attributes)


def _child_started(execution: Execution, event: Event, attributes: Attributes) -> None:
    child = execution.children[attributes['initiatedEventId']]
    child.started_id, child.run_id = event['eventId'], attributes['workflowExecution']['runId']


def _child_over(execution: Execution, _: Event, attributes: Attributes) -> None:
    execution.children.pop(attributes['initiatedEventId'], None)    # 0 where the start was refused at once


def _lambda_scheduled(execution: Execution, event: Event, attributes: Attributes) -> None:
    scheduled = Lambda(attributes)
    execution.lambdas[event['eventId']] = execution.lambda_ids[attributes['id']] = scheduled
    if 'lambdaRole' in execution.start:
        execution.tasks[event['eventId']] = Waiting('lambda', attributes['name'], 0)


def _lambda_started(execution: Execution, event: Event, attributes: Attributes) -> None:
    scheduled_id = attributes['scheduledEventId']
    started = execution.lambdas[scheduled_id]
    started.started_id = event['eventId']
    del execution.tasks[scheduled_id]
    length = seconds(started.attributes.get('startToCloseTimeout', str(LAMBDA_SECONDS)))
    if length is not None:
        execution.expect(later(event['eventTimestamp'], length), scheduled_id, 'lambda')


def _lambda_over(execution: Execution, _: Event, attributes: Attributes) -> None:
    closed = execution.lambdas.pop(attributes['scheduledEventId'])
    del execution.lambda_ids[closed.attributes['id']]
    execution.tasks.pop(attributes['scheduledEventId'], None)


#: Event type -> what it changes. Closing the execution and owing a decision task follow from the vocabulary's tables.
FOLD: Final[Mapping[str, Callable[[Execution, Event, Attributes], None]]] = {
    'WorkflowExecutionStarted': _execution_started,
    'WorkflowExecutionCancelRequested': _cancel_requested,
    'DecisionTaskScheduled': _decision_scheduled,
    'DecisionTaskStarted': _decision_started,
    'DecisionTaskCompleted': _decision_completed,
    'DecisionTaskTimedOut': _decision_timed_out,
    'ActivityTaskScheduled': _activity_scheduled,
    'ActivityTaskStarted': _activity_started,
    'ActivityTaskCancelRequested': _activity_cancel_requested,
    'ActivityTaskCompleted': _activity_closed,
    'ActivityTaskFailed': _activity_closed,
    'ActivityTaskTimedOut': _activity_closed,
    'ActivityTaskCanceled': _activity_closed,
    'TimerStarted': _timer_started,
    'TimerFired': _timer_over,
    'TimerCanceled': _timer_over,
    'StartChildWorkflowExecutionInitiated': _child_initiated,
    'ChildWorkflowExecutionStarted': _child_started,
    'StartChildWorkflowExecutionFailed': _child_over,
    'ChildWorkflowExecutionCompleted': _child_over,
    'ChildWorkflowExecutionFailed': _child_over,
    'ChildWorkflowExecutionTimedOut': _child_over,
    'ChildWorkflowExecutionCanceled': _child_over,
    'ChildWorkflowExecutionTerminated': _child_over,
    'LambdaFunctionScheduled': _lambda_scheduled,
    'LambdaFunctionStarted': _lambda_started,
    'StartLambdaFunctionFailed': _lambda_over,
    'LambdaFunctionCompleted': _lambda_over,
    'LambdaFunctionFailed': _lambda_over,
    'LambdaFunctionTimedOut': _lambda_over,
}
