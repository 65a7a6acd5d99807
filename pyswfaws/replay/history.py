"""History: the events of one execution, folded as they come.

The fold keeps three things: the outcomes, the turns, and what came from outside (signals, a cancel request).

A *turn* is a decision task that was started and completed, or the current one. Its number is one more than the number
of decision tasks completed before it, so a task that timed out, having decided nothing, gives its number to the next.
What an event makes known is known in the first turn that starts after the event: it waits in `_unplaced` until the next
DecisionTaskStarted. So what arrives while a decision task runs belongs to the turn after it, as the program that ran
could not have seen it.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from pyswfaws.protocol.events import Event, attributes, seconds
from pyswfaws.replay.outcomes import (
    ENGINE_MARKER,
    NOT_KNOWN,
    TRANSITIONS,
    Kind,
    Moment,
    Outcome,
    Role,
    Rule,
    id_in_control,
)


class Arrival:
    """Something that came from outside: a signal or a cancel request."""

    __slots__ = ('event', 'known_at')

    def __init__(self, event: Event) -> None:
        self.event = event
        self.known_at = NOT_KNOWN


class History:
    """The fold of an execution's events. Feed it with `fold`, in order, as often as there are more."""

    def __init__(self) -> None:
        self.started: Mapping[str, Any] = {}        # the attributes of WorkflowExecutionStarted
        self.outcomes: dict[tuple[Kind, str], Outcome] = {}
        self.unclaimed: dict[tuple[Kind, str], Outcome] = {}    # recorded, and not (yet) asked for by the program
        self.turn = 0                               # the current turn, or the last one of a closed execution
        self.completed_turns = 0
        self.turn_started_at: dict[int, float] = {}     # by turn, in seconds since the epoch; turns count from 1
        self.started_event_id = 0                   # the DecisionTaskStarted of the current turn
        self.known_now: list[Outcome] = []          # the outcomes that became known in the current turn
        self.signals: list[Arrival] = []
        self.cancel_requests: list[Arrival] = []
        self.refused_closes: dict[int, Event] = {}  # by turn
        self.timed_out_turns = 0                    # decision tasks lost since the last completed one
        self.closed: Event | None = None
        self.last_event_id = 0
        self._by_event: dict[int, Outcome] = {}
        self._unplaced: list[Outcome | Arrival] = []
        self._markers: dict[str, int] = {}          # how many markers of a name there are

    def fold(self, events: Iterable[Event]) -> None:
        """Take in `events`, which follow those already folded. Every optional attribute may be absent."""
        for event in events:
            rule = TRANSITIONS.get(event['eventType'], Role.NOTED)
            self.last_event_id = event['eventId']
            if isinstance(rule, Rule):
                self._move(rule, event)
            else:
                self._play(rule, event)

    def _move(self, rule: Rule, event: Event) -> None:
        found = attributes(event)
        outcome = self._by_event.get(found.get(rule.link, 0)) if rule.link else None
        if outcome is None:
            if rule.name is None:       # it refers to nothing that we know: nobody can be waiting for it
                return
            outcome = self._open(rule, event, found)
        elif outcome.is_settled:        # settled is settled
            return
        outcome.state = rule.state
        outcome.latest = event
        if outcome.is_settled:
            self._unplaced.append(outcome)

    def _open(self, rule: Rule, event: Event, found: Mapping[str, Any]) -> Outcome:
        key = (rule.kind, self._name(rule, event, found))
        outcome = Outcome(*key, rule.state, event, self.completed_turns)
        standing = self.outcomes.get(key)
        if standing is None or standing.is_settled:     # a refused duplicate does not replace what is open
            self.outcomes[key] = self.unclaimed[key] = outcome
        self._by_event[event['eventId']] = outcome
        return outcome

    def _name(self, rule: Rule, event: Event, found: Mapping[str, Any]) -> str:
        ours = id_in_control(found.get('control'))
        if ours is not None:
            return ours
        name = str(found.get(rule.name or '', event['eventId']))
        if rule.kind is Kind.MARKER and not name.startswith(ENGINE_MARKER):
            self._markers[name] = ordinal = self._markers.get(name, 0) + 1
            return f'{name}-{ordinal}'
        return name

    def _play(self, role: Role, event: Event) -> None:
        match role:
            case Role.TURN_STARTED:
                self._start_turn(event)
            case Role.TURN_COMPLETED:
                self.completed_turns += 1
                self.timed_out_turns = 0
            case Role.TURN_LOST:
                self.timed_out_turns += 1
            case Role.SIGNAL_RECEIVED:
                self._arrive(self.signals, event)
            case Role.CANCEL_REQUESTED:
                self._arrive(self.cancel_requests, event)
            case Role.CLOSE_REFUSED:
                self.refused_closes[self.completed_turns] = event
            case Role.CLOSED:
                self.closed = event
            case Role.EXECUTION_STARTED:
                self.started = attributes(event)
            case Role.TURN_SCHEDULED | Role.NOTED:
                pass

    def _arrive(self, queue: list[Arrival], event: Event) -> None:
        arrival = Arrival(event)
        queue.append(arrival)
        self._unplaced.append(arrival)

    def _start_turn(self, event: Event) -> None:
        turn = self.completed_turns + 1
        if turn != self.turn:   # else the task before this one timed out: the same turn again, with more known
            self.turn = turn
            self.known_now.clear()
        self.turn_started_at[turn] = seconds(event.get('eventTimestamp', 0.0))
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
