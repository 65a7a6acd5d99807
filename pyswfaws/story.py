"""Story: what happened in an execution, in lines for people, made of nothing but its events.

A line is told for each event that says something of the workflow: that a task was scheduled, who took it and after how
long, what became of it and when. Of decision tasks only those are told of that were lost. What the library records for
itself is told as what it means. Inputs and results are the user's own: a line has them apart from its text, so that
whoever shows it chooses whether to show them. What failed is told with its reason, and with the place in the code.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from pyswfaws.episodes import Episode, Episodes, printable, time_of
from pyswfaws.failures import Failure
from pyswfaws.protocol.events import Event, attributes
from pyswfaws.replay.outcomes import BACKOFF, ENGINE_MARKER, MORE_TIMER

_FRAME: Final = re.compile(r'^\s*File "(.+)", line (\d+), in (\S+)', re.MULTILINE)
_LONGEST_DETAIL: Final = 200    # characters of what a failure says beside its reason


class Line(NamedTuple):
    """A line of the story: what is told of `event`.

    `at` is when, in seconds since the execution started. `data` is the input, result or detail that the event carries,
    as it stands in SWF.
    """

    event: Event
    at: float
    text: str
    data: str | None


@dataclass(frozen=True, slots=True)
class _Told:
    """What a line is made of: the attributes of the event, the episode that it belongs to, and all up to there."""

    found: Mapping[str, Any]
    episode: Episode | None
    episodes: Episodes

    def __getitem__(self, name: str) -> Any:
        """Give an attribute; SWF leaves out what is empty."""
        return self.found.get(name, '')

    @property
    def id(self) -> str:
        """The call, as people say it."""
        return '' if self.episode is None else spoken_id(self.episode)

    @property
    def by(self) -> str:
        return (self.episode and self.episode.worker) or 'somebody'

    @property
    def ran(self) -> str:
        """How long it ran, up to this event."""
        return '' if self.episode is None else f'after {duration(ran(self.episode, time_of(self.episode.latest)))}'

    @property
    def why(self) -> str:
        """The reason of a failure, and a short detail."""
        failure = Failure.read(self.found.get('reason'), self.found.get('details'))
        detail = _detail(failure)
        return f': {failure.reason or "no reason given"}' + (f' ({detail})' if detail else '')


def _detail(failure: Failure) -> str:
    """Give the place in the code that failed; of another client's failure, the beginning of its details."""
    frames = _FRAME.findall(failure.traceback)
    text = 'at {}:{} in {}'.format(*frames[-1]) if frames else '' if failure.types else failure.message
    return text if len(text) <= _LONGEST_DETAIL else f'{text[:_LONGEST_DETAIL]}...'


def _starts(told: _Told) -> str:
    parent, before = told['parentWorkflowExecution'], told['continuedExecutionRunId']
    return ''.join((
        f'the workflow {_type(told["workflowType"])} starts, on the task list {_name(told["taskList"])}',
        f', as a child of {parent["workflowId"]}' if parent else '',
        f', as the continuation of the run {before}' if before else '',
    ))


def _lost(told: _Told) -> str:
    what, row = f'a decision task timed out ({told["timeoutType"]})', told.episodes.lost_in_a_row
    if told['timeoutType'] == 'SCHEDULE_TO_START':
        return f'{what}: the worker that kept the execution did not take it'
    return f'{what}: {told.episodes.decider} did not decide in time' + (f'; {row} in a row' if row > 1 else '')


def _timed_out(told: _Told) -> str:
    kind = told['timeoutType']
    if told.episode is not None and told.episode.taken is None:
        return f'{told.id} timed out ({kind}): nobody took it from the task list {told.episode.task_list}'
    what = 'is not heard of any more' if kind == 'HEARTBEAT' else 'did not finish in time'
    return f'{told.id} timed out ({kind}) {told.ran}: {told.by} {what}'


def _marker(told: _Told) -> str:
    name = str(told['markerName'])
    kind, _, of = name.removeprefix(ENGINE_MARKER).partition(':')
    if not name.startswith(ENGINE_MARKER):
        return f'marker {name}'
    return {
        'cached': f'the value of {of} is remembered',
        'patch': f'the patch {of} is taken',
        'canceled': f'the cancel of {of} is remembered',
        'seed': '',
    }.get(kind, f'the library records {kind}')


def _timer_starts(told: _Told) -> str:
    span = duration(float(told['startToFireTimeout'] or 0))
    name = str(told['timerId'])
    if name.startswith(MORE_TIMER):
        return ''
    if name.endswith(BACKOFF):
        return f'{span} pass {told.id}'
    return f'timer {told.id} starts: {span}'


def _timer_ends(how: str) -> Callable[[_Told], str]:
    """Tell how a timer ends; of those that the library starts for itself, nothing: what they were for comes next."""
    return lambda told: '' if _is_of_the_library(str(told['timerId'])) else f'timer {told.id} {how}'


def _is_of_the_library(timer_id: str) -> bool:
    return timer_id.startswith(MORE_TIMER) or timer_id.endswith(BACKOFF)


def _signalled(told: _Told) -> str:
    sender = told['externalWorkflowExecution']
    return f'the signal {told["signalName"]} arrives' + (f', from {sender["workflowId"]}' if sender else '')


def _sent_to(told: _Told) -> str:
    return str(attributes(told.episode.asked).get('workflowId', '')) if told.episode is not None else ''


def _refused(what: str) -> Callable[[_Told], str]:
    return lambda told: f'{what} {told.id} is refused: {told["cause"]}'


def _end_refused(told: _Told) -> str:
    return f'the end is refused: {told["cause"]}; something came meanwhile, and is decided upon first'


#: Event type -> style, and what is told; nothing where that is empty. All others are not told of.
_LINES: Final[Mapping[str, tuple[str, Callable[[_Told], str]]]] = {
    'WorkflowExecutionStarted': ('bold', _starts),
    'WorkflowExecutionSignaled': ('cyan', _signalled),
    'WorkflowExecutionCancelRequested': ('yellow', lambda _: 'a cancel is requested'),
    'WorkflowExecutionCompleted': ('bold green', lambda _: 'the workflow is done'),
    'WorkflowExecutionFailed': ('bold red', lambda told: f'the workflow failed{told.why}'),
    'WorkflowExecutionCanceled': ('bold yellow', lambda _: 'the workflow is canceled'),
    'WorkflowExecutionTerminated': ('bold red', lambda told: f'the workflow was terminated{_reason(told)}'),
    'WorkflowExecutionTimedOut': ('bold red', lambda _: 'the workflow timed out'),
    'WorkflowExecutionContinuedAsNew': ('bold', lambda told: f'goes on as the run {told["newExecutionRunId"]}'),
    **dict.fromkeys(
        ('CompleteWorkflowExecutionFailed', 'FailWorkflowExecutionFailed', 'CancelWorkflowExecutionFailed',
         'ContinueAsNewWorkflowExecutionFailed'), ('yellow', _end_refused),
    ),
    'DecisionTaskTimedOut': ('yellow', _lost),

    'ActivityTaskScheduled': ('', lambda told: f'{told.id} is scheduled, on the task list {_name(told["taskList"])}'),
    'ScheduleActivityTaskFailed': ('red', _refused('activity')),
    'ActivityTaskStarted': ('', lambda told: f'{told.by} takes {told.id} {_waited(told)}'),
    'ActivityTaskCompleted': ('green', lambda told: f'{told.by} finishes {told.id} {told.ran}'),
    'ActivityTaskFailed': ('yellow', lambda told: f'{told.by} fails at {told.id} {told.ran}{told.why}'),
    'ActivityTaskTimedOut': ('yellow', _timed_out),
    'ActivityTaskCancelRequested': ('', lambda told: f'{told["activityId"]} is asked to cancel'),
    'ActivityTaskCanceled': ('yellow', lambda told: f'{told.id} is canceled {told.ran}'),

    'TimerStarted': ('', _timer_starts),
    'StartTimerFailed': ('red', _refused('timer')),
    'TimerFired': ('green', _timer_ends('fires')),
    'TimerCanceled': ('', _timer_ends('is canceled')),

    'MarkerRecorded': ('', _marker),
    'RecordMarkerFailed': ('red', _refused('marker')),

    'StartChildWorkflowExecutionInitiated': ('', lambda told: f'child {told.id} is asked for: {told["workflowId"]}'),
    'StartChildWorkflowExecutionFailed': ('red', _refused('child')),
    'ChildWorkflowExecutionStarted': ('', lambda told: f'child {told.id} starts {_waited(told)}'),
    'ChildWorkflowExecutionCompleted': ('green', lambda told: f'child {told.id} is done {told.ran}'),
    'ChildWorkflowExecutionFailed': ('yellow', lambda told: f'child {told.id} failed {told.ran}{told.why}'),
    'ChildWorkflowExecutionTimedOut': ('yellow', lambda told: f'child {told.id} timed out {told.ran}'),
    'ChildWorkflowExecutionCanceled': ('yellow', lambda told: f'child {told.id} is canceled {told.ran}'),
    'ChildWorkflowExecutionTerminated': ('yellow', lambda told: f'child {told.id} was terminated {told.ran}'),

    'SignalExternalWorkflowExecutionInitiated': (
        '', lambda told: f'the signal {told["signalName"]} is sent to {told["workflowId"]}',
    ),
    'SignalExternalWorkflowExecutionFailed': ('red', _refused('signal')),
    'ExternalWorkflowExecutionSignaled': ('green', lambda told: f'signal {told.id} has reached {_sent_to(told)}'),
    'RequestCancelExternalWorkflowExecutionInitiated': (
        '', lambda told: f'{told["workflowId"]} is asked to cancel',
    ),
    'RequestCancelExternalWorkflowExecutionFailed': ('red', _refused('cancel')),
    'ExternalWorkflowExecutionCancelRequested': (
        'green', lambda told: f'the request to cancel has reached {_sent_to(told)}',
    ),

    'LambdaFunctionScheduled': ('', lambda told: f'Lambda function {told.id} is scheduled: {told["name"]}'),
    'ScheduleLambdaFunctionFailed': ('red', _refused('Lambda function')),
    'LambdaFunctionStarted': ('', lambda told: f'Lambda function {told.id} starts {_waited(told)}'),
    'StartLambdaFunctionFailed': ('red', _refused('Lambda function')),
    'LambdaFunctionCompleted': ('green', lambda told: f'Lambda function {told.id} is done {told.ran}'),
    'LambdaFunctionFailed': ('yellow', lambda told: f'Lambda function {told.id} failed {told.ran}{told.why}'),
    'LambdaFunctionTimedOut': ('yellow', lambda told: f'Lambda function {told.id} timed out {told.ran}'),
}

#: Members of an event that are the user's own.
_DATA: Final = ('input', 'result', 'details')


class Story:
    """Tells the events of one execution as they come, each once."""

    def __init__(self) -> None:
        self.episodes = Episodes()

    def lines(self, events: Iterable[Event]) -> Iterator[Line]:
        """Give the lines of `events`, in order; those that were told before are passed over."""
        for event in events:
            if event['eventId'] <= self.episodes.last_event_id:
                continue
            episode = self.episodes.note(event)
            if event['eventType'] not in _LINES:
                continue
            _, tell = _LINES[event['eventType']]
            found = attributes(event)
            text = printable(tell(_Told(found, episode, self.episodes)))
            if text:
                data = None if 'reason' in found else next((found[name] for name in _DATA if found.get(name)), None)
                began = self.episodes.started or event
                yield Line(event, time_of(event) - time_of(began), text, data)


def style_of(event_type: str) -> str:
    """Give the style of the lines about events of a type, as rich names it, such as ``bold red``."""
    return _LINES[event_type][0]


def spoken_id(episode: Episode) -> str:
    """Give the id of a call, and where it is a further attempt, which."""
    base, _, attempt = episode.id.removesuffix(BACKOFF).rpartition('.')
    if not base or not attempt.isdigit():
        return episode.id
    return f'{"before " * episode.id.endswith(BACKOFF)}attempt {attempt} of {base}'


def ran(episode: Episode, now: float) -> float:
    """Give the seconds that it ran, up to `now` in Unix seconds if it still does; of what nobody takes, that it was."""
    began = episode.asked_at if episode.taken_at is None else episode.taken_at
    return max(0.0, (now if episode.ended_at is None else episode.ended_at) - began)


def duration(span: float) -> str:
    """Give a number of seconds as people say it.

    >>> [duration(span) for span in (0.25, 12.3, 75, 7380, 90_000)]
    ['0.25 s', '12.3 s', '1 min 15 s', '2 h 3 min', '1 d 1 h']
    """
    for unit, part, name, part_name in ((86_400, 3_600, 'd', 'h'), (3_600, 60, 'h', 'min'), (60, 1, 'min', 's')):
        if span >= unit:
            whole, rest = divmod(int(span), unit)
            return f'{whole} {name} {rest // part} {part_name}' if rest // part else f'{whole} {name}'
    return f'{span:.2f} s' if span < 1 else f'{span:.1f} s'


def _waited(told: _Told) -> str:
    episode = told.episode
    waited = 0.0 if episode is None or episode.taken_at is None else episode.taken_at - episode.asked_at
    return f'after {duration(max(0.0, waited))}'


def _reason(told: _Told) -> str:
    said = [str(text) for text in (told['reason'], told['details']) if text]
    return f' ({told["cause"]})' * bool(told['cause']) + ''.join(f': {text}' for text in said)


def _type(found: Any) -> str:
    return f'{found.get("name")} {found.get("version")}' if found else ''


def _name(found: Any) -> str:
    return str(found.get('name', '')) if found else ''
