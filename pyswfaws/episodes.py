"""Episodes: each thing that a decider asked for, as it went over time: asked for, taken, ended.

The replay folds a history to find out what a program may know (`pyswfaws.replay.history`). Here the same table of
transitions is read for people: who took it, how long it waited, how long it ran.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pyswfaws.protocol.events import CLOSE_STATUS, Event, attributes, seconds
from pyswfaws.replay.outcomes import OPEN, TRANSITIONS, Kind, Role, Rule, State, id_in_control

_CONTROL: Final = re.compile('[\x00-\x1f\x7f-\x9f\u2028\u2029]')
_TYPES: Final = ('activityType', 'workflowType')


@dataclass(slots=True, eq=False)
class Episode:
    """One thing that was asked for.

    `id` is that of the call (``bake-1``; ``bake-1.2`` is its second attempt), `type_name` name and version of its type,
    where it has one. `asked` is the event that opened it, `taken` the one that says that it was begun, if there is one
    (a timer has none), and `latest` the last there is.
    """

    kind: Kind
    id: str
    type_name: str
    asked: Event
    latest: Event
    state: State
    taken: Event | None = None

    @property
    def is_open(self) -> bool:
        """Whether more can become of it."""
        return self.state in OPEN

    @property
    def worker(self) -> str:
        """The identity of who took it; empty where nobody has, or nobody said."""
        return printable(str(attributes(self.taken).get('identity', ''))) if self.taken else ''

    @property
    def task_list(self) -> str:
        """The task list that it was put on, if it was."""
        return str(attributes(self.asked).get('taskList', {}).get('name', ''))

    @property
    def asked_at(self) -> float:
        """When it was asked for, in Unix seconds."""
        return time_of(self.asked)

    @property
    def taken_at(self) -> float | None:
        """When it was begun, in Unix seconds."""
        return None if self.taken is None else time_of(self.taken)

    @property
    def ended_at(self) -> float | None:
        """When it was over, in Unix seconds; None of what is open."""
        return None if self.is_open else time_of(self.latest)


class Episodes:
    """The episodes of an execution, in the order in which they were asked for. Feed it with `note`, in order."""

    def __init__(self) -> None:
        self.started: Event | None = None
        self.closed: Event | None = None
        self.decision: Event | None = None      # the latest event of decision tasks
        self.decider = 'somebody'               # the identity of who took the latest decision task
        self.last_event_id = 0
        self.lost_in_a_row = 0                  # decision tasks taken in vain since the last that was answered
        self._by_event: dict[int, Episode] = {}

    def __iter__(self) -> Iterator[Episode]:
        return iter(self._by_event.values())

    def note(self, event: Event) -> Episode | None:
        """Take in the next event, and give the episode that it belongs to, if it belongs to one."""
        self.last_event_id = event['eventId']
        rule = TRANSITIONS.get(event['eventType'])
        if isinstance(rule, Rule):
            return self._move(rule, event)
        match rule:
            case Role.EXECUTION_STARTED:
                self.started = event
            case Role.CLOSED:
                self.closed = event
            case Role.TURN_SCHEDULED:
                self.decision = event
            case Role.TURN_STARTED:
                self.decision, self.decider = event, printable(attributes(event).get('identity', 'somebody'))
            case Role.TURN_COMPLETED:
                self.decision, self.lost_in_a_row = event, 0
            case Role.TURN_LOST:
                self.decision = event
                self.lost_in_a_row += attributes(event).get('timeoutType') != 'SCHEDULE_TO_START'   # by affinity only
        return None

    def _move(self, rule: Rule, event: Event) -> Episode | None:
        found = attributes(event)
        episode = self._by_event.get(found.get(rule.link, 0)) if rule.link else None
        if episode is None:
            if rule.name is None:
                return None
            episode = Episode(rule.kind, _id(rule, found), _type_name(found), event, event, rule.state)
            self._by_event[event['eventId']] = episode
        episode.latest, episode.state = event, rule.state
        if rule.state is State.STARTED:
            episode.taken = event
        return episode


def episodes_of(events: Iterable[Event]) -> Episodes:
    """Give the episodes of a history, or of its beginning."""
    episodes = Episodes()
    for event in events:
        episodes.note(event)
    return episodes


def status_of(episodes: Episodes) -> str:
    """OPEN, or how the execution closed, in SWF's words."""
    return 'OPEN' if episodes.closed is None else CLOSE_STATUS[episodes.closed['eventType']]


def printable(text: str) -> str:
    r"""Give `text` in one line: what others wrote must neither break a table nor command a terminal.

    >>> printable('one line\nand another')
    'one line\\nand another'
    """
    return _CONTROL.sub(lambda found: found[0].encode('unicode_escape').decode(), text)


def time_of(event: Event) -> float:
    """Give the time of an event in Unix seconds."""
    return seconds(event.get('eventTimestamp', 0.0))


def _id(rule: Rule, found: Mapping[str, Any]) -> str:
    return id_in_control(found.get('control')) or str(found.get(rule.name or '', ''))


def _type_name(found: Mapping[str, Any]) -> str:
    for name in _TYPES:
        if name in found:
            return f'{found[name].get("name", "")} {found[name].get("version", "")}'
    return str(found.get('name', ''))
