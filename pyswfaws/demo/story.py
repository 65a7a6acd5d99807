"""Story: the events of an execution as lines for people, while it runs."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from pyswfaws.protocol.events import Event, attributes

Found = Mapping[str, Any]


class Line(NamedTuple):
    """A line of the story; `style` is what rich calls it."""

    style: str
    text: str


def _of_child(found: Found) -> str:
    return f'{found["workflowType"]["name"]} (a child workflow)'


#: Event type -> style, and the line: of the event's attributes, and the id and worker of what they refer to.
_LINES: Final[Mapping[str, tuple[str, Callable[[Found, str, str], str]]]] = {
    'WorkflowExecutionStarted': (
        'bold', lambda found, _id, _by: f'the workflow {found["workflowType"]["name"]} starts',
    ),
    'ActivityTaskStarted': ('', lambda found, name, _by: f'{found.get("identity")} takes {name}'),
    'ActivityTaskCompleted': ('green', lambda found, name, by: f'{by} finishes {name}: {found.get("result")}'),
    'ActivityTaskFailed': ('yellow', lambda found, name, by: f'{by} fails at {name}: {found.get("reason")}'),
    'ActivityTaskTimedOut': (
        'yellow', lambda found, name, by: f'{name} timed out ({found["timeoutType"]}): {by} is not heard of any more',
    ),
    'TimerStarted': ('', lambda found, _id, _by: f'timer {found["timerId"]}: {found["startToFireTimeout"]} s'),
    'TimerFired': ('green', lambda found, _id, _by: f'timer {found["timerId"]} fires'),
    'MarkerRecorded': ('', lambda found, _id, _by: f'recorded {found["markerName"]}: {found.get("details")}'),
    'StartChildWorkflowExecutionInitiated': ('', lambda found, _id, _by: f'{_of_child(found)} is started'),
    'ChildWorkflowExecutionCompleted': (
        'green', lambda found, _id, _by: f'{_of_child(found)} is done: {found.get("result")}',
    ),
    'WorkflowExecutionCompleted': (
        'bold green', lambda found, _id, _by: f'the workflow is done: {found.get("result")}',
    ),
    'WorkflowExecutionFailed': ('bold red', lambda found, _id, _by: f'the workflow failed: {found.get("reason")}'),
    'WorkflowExecutionTimedOut': ('bold red', lambda _found, _id, _by: 'the workflow timed out'),
    'WorkflowExecutionTerminated': ('bold red', lambda _found, _id, _by: 'the workflow was terminated'),
}


class Story:
    """Tells the events of one execution, each once."""

    def __init__(self) -> None:
        self._told = 0
        self._activities: dict[int, str] = {}   # by the id of the event that scheduled it
        self._workers: dict[int, str] = {}      # likewise

    def lines(self, events: list[Event]) -> Iterator[tuple[Event, Line]]:
        """Give the lines of the events that are new since the last call; `events` is the whole history."""
        for event in events[self._told:]:
            found = attributes(event)
            self._note(event, found)
            if event['eventType'] in _LINES:
                style, tell = _LINES[event['eventType']]
                scheduled = found.get('scheduledEventId', 0)
                text = tell(found, self._activities.get(scheduled, ''), self._workers.get(scheduled, 'nobody'))
                yield event, Line(style, text)
        self._told = len(events)

    def _note(self, event: Event, found: Found) -> None:
        if event['eventType'] == 'ActivityTaskScheduled':
            self._activities[event['eventId']] = found['activityId']
        elif event['eventType'] == 'ActivityTaskStarted':
            self._workers[found['scheduledEventId']] = found.get('identity', 'somebody')
