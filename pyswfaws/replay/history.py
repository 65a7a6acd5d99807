"""History: the events of one execution, folded as they come.

The fold keeps three things: the outcomes, the turns, and what came from outside (signals, a cancel request).

A *turn* is a decision task that was started and completed, or the current one. Its number is one more than the number
of decision tasks completed before it, so a task that timed out, having decided nothing, gives its number to the next.
What an event makes known is known in the first turn that starts after the event: it waits in `_unplaced` until the next
DecisionTaskStarted. So what arrives while a decision task runs belongs to the turn after it, as the program that ran
could not have seen it.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Final

from pyswfaws.protocol import limits
from pyswfaws.protocol.events import Event, attributes, seconds
from pyswfaws.replay.outcomes import (
    ENGINE_MARKER,
    MORE_TIMER,
    TRANSITIONS,
    Arrival,
    CancelAsked,
    Kind,
    Moment,
    Outcome,
    Role,
    Rule,
    State,
    id_in_control,
)

#: How many of a kind may be open at a time in one execution.
OPEN_LIMITS: Final[Mapping[Kind, int]] = {
    Kind.ACTIVITY: limits.OPEN_ACTIVITIES,
    Kind.TIMER: limits.OPEN_TIMERS,
    Kind.CHILD_WORKFLOW: limits.OPEN_CHILDREN,
    Kind.LAMBDA: limits.OPEN_LAMBDAS,
}


class History:
    """The fold of an execution's events. Feed it with `fold`, in order, as often as there are more."""

    def __init__(self) -> None:
        self.started: Mapping[str, Any] = {}        # the attributes of WorkflowExecutionStarted
        self.outcomes: dict[tuple[Kind, str], Outcome] = {}
        self.unclaimed: dict[tuple[Kind, str], Outcome] = {}    # recorded, and not (yet) asked for by the program
        self.cancels: dict[tuple[Kind, str], Moment] = {}       # asked for: turn and event, by what was to be cancelled
        self.unclaimed_cancels: dict[tuple[Kind, str], Moment] = {}
        self.turn = 0                               # the current turn, or the last one of a closed execution
        self.completed_turns = 0
        self.turn_started: dict[int, Event] = {}    # the DecisionTaskStarted of each turn; turns count from 1
        self.turn_scheduled: Event = {}             # the latest DecisionTaskScheduled
        self.started_event_id = 0                   # that of the current turn
        self.known_now: list[Outcome] = []          # the outcomes that became known in the current turn
        self.known_when_full: list[Outcome] = []    # those of earlier turns that could not decide all they had to
        self.open: Counter[Kind] = Counter()        # how many outcomes of a kind are not settled
        self.signals: dict[str, list[Arrival]] = {}     # by name, in the order in which they came
        self.cancel_requests: list[Arrival] = []
        self.refused_closes: dict[int, Event] = {}  # by turn
        self.timed_out_turns = 0                    # decision tasks started in vain since the last completed one
        self.execution_context: str | None = None   # as the decider left it last
        self.closed: Event | None = None
        self.last_event_id = 0
        self._by_event: dict[int, Outcome] = {}
        self._unplaced: list[Outcome | Arrival] = []
        self._markers: Counter[str] = Counter()     # how many markers of a name there are
        self._room = dict(OPEN_LIMITS)              # how many of a kind the decisions of a turn may still open
        self._crowded: set[tuple[Kind, int]] = set()    # the turns that had no more room for a kind

    def fold(self, events: Iterable[Event]) -> None:
        """Take in `events`, which follow those already folded. Every optional attribute may be absent."""
        for event in events:
            rule = TRANSITIONS.get(event['eventType'])
            self.last_event_id = event['eventId']
            if isinstance(rule, Rule):
                self._move(rule, event)
            elif isinstance(rule, CancelAsked):
                self._note_cancel(rule.kind, attributes(event).get(rule.name), event)
            elif rule is not None:
                self._play(rule, event)

    def is_full(self, turn: int, *kinds: Kind) -> bool:
        """Whether SWF could not take all that was decided in `turn`: in one answer, or, of `kinds`, at a time."""
        has_more = (Kind.TIMER, f'{MORE_TIMER}{turn}') in self.outcomes
        return has_more or any((kind, turn) in self._crowded for kind in kinds)

    def now(self, turn: int) -> float:
        """Give the time at which `turn` started, in seconds since the epoch."""
        return seconds(self.turn_started[turn].get('eventTimestamp', 0.0))

    def _move(self, rule: Rule, event: Event) -> None:
        found = attributes(event)
        outcome = self._by_event.get(found.get(rule.link, 0)) if rule.link else None
        if outcome is None:
            if rule.name is None:       # it refers to nothing that we know: nobody can be waiting for it
                return
            outcome = self._open(rule, event, found)
        elif outcome.is_settled:        # settled is settled
            return
        if rule.is_asked:
            self._note_cancel(rule.kind, outcome.id, event)
        outcome.state = rule.state
        outcome.latest = event
        if outcome.is_settled:
            self.open[rule.kind] -= 1
            self._unplaced.append(outcome)
        elif rule.state is State.STARTED:
            outcome.begun = event.get('eventTimestamp')
            if rule.kind is Kind.CHILD_WORKFLOW:
                outcome.started = Arrival(event)
                self._unplaced.append(outcome.started)

    def _open(self, rule: Rule, event: Event, found: Mapping[str, Any]) -> Outcome:
        key = (rule.kind, self._name(rule, event, found))
        outcome = Outcome(*key, rule.state, event, self.completed_turns)
        standing = self.outcomes.get(key)
        if standing is None or standing.is_settled:     # a refused duplicate does not replace what is open
            self.outcomes[key] = self.unclaimed[key] = outcome
        self._by_event[event['eventId']] = outcome
        self.open[rule.kind] += 1
        self._take_room(rule.kind, 1, self.completed_turns)
        return outcome

    def _take_room(self, kind: Kind, taken: int, turn: int) -> None:
        """Count down how many of a kind could still be opened in `turn`."""
        if kind in self._room:
            self._room[kind] -= taken
            if self._room[kind] <= 0:
                self._crowded.add((kind, turn))

    def _note_cancel(self, kind: Kind, name: str | None, event: Event) -> None:
        if name is not None:
            asked_at = (self.completed_turns, event['eventId'])
            self.cancels[kind, name] = self.unclaimed_cancels[kind, name] = asked_at

    def _name(self, rule: Rule, event: Event, found: Mapping[str, Any]) -> str:
        ours = id_in_control(found.get('control'))
        if ours is not None:
            return ours
        name = str(found.get(rule.name or '', event['eventId']))
        if rule.kind is Kind.MARKER and not name.startswith(ENGINE_MARKER):
            self._markers[name] += 1
            return f'{name}-{self._markers[name]}'
        return name

    def _play(self, role: Role, event: Event) -> None:
        match role:
            case Role.TURN_STARTED:
                self._start_turn(event)
            case Role.TURN_COMPLETED:
                self.completed_turns += 1
                self.timed_out_turns = 0
                self.execution_context = attributes(event).get('executionContext', self.execution_context)
            case Role.TURN_LOST:
                self.timed_out_turns += attributes(event).get('timeoutType') != 'SCHEDULE_TO_START'
            case Role.SIGNAL_RECEIVED:
                self._arrive(self.signals.setdefault(attributes(event).get('signalName', ''), []), event)
            case Role.CANCEL_REQUESTED:
                self._arrive(self.cancel_requests, event)
            case Role.CLOSE_REFUSED:
                self.refused_closes[self.completed_turns] = event
            case Role.CLOSED:
                self.closed = event
            case Role.EXECUTION_STARTED:
                self.started = attributes(event)
            case Role.TURN_SCHEDULED:
                self.turn_scheduled = event

    def _arrive(self, queue: list[Arrival], event: Event) -> None:
        arrival = Arrival(event)
        queue.append(arrival)
        self._unplaced.append(arrival)

    def _start_turn(self, event: Event) -> None:
        turn = self.completed_turns + 1
        if turn != self.turn:   # else the task before this one timed out: the same turn again, with more known
            if self.is_full(self.turn, *OPEN_LIMITS):
                self.known_when_full += filter(_may_be_followed, self.known_now)
            self.turn = turn
            self.known_now = []
        self._room = dict(OPEN_LIMITS)
        for kind in OPEN_LIMITS:
            self._take_room(kind, self.open[kind], turn)
        self.turn_started[turn] = event
        self.started_event_id = event['eventId']
        for thing in self._unplaced:
            if isinstance(thing, Outcome):
                thing.known_at = self._moment(thing.latest)
                self.known_now.append(thing)
            else:
                thing.known_at = self._moment(thing.event)
        self._unplaced.clear()

    def _moment(self, event: Event) -> Moment:
        return (self.turn, event['eventId'])


def _may_be_followed(outcome: Outcome) -> bool:
    """Whether another attempt may follow: after one that came to no result, and after the wait before one."""
    return outcome.state is not State.COMPLETED or outcome.kind is Kind.TIMER
