"""History: the events of one execution, folded as they come.

The fold keeps three things: the outcomes, the turns, and what came from outside (signals, a cancel request).

A *turn* is a decision task that was started and completed, or the current one. Its number is one more than the number
of decision tasks completed before it, so a task that timed out, having decided nothing, gives its number to the next.
What an event makes known is known in the first turn that starts after the event: it waits in `_unplaced` until the next
DecisionTaskStarted. So what arrives while a decision task runs belongs to the turn after it, as the program that ran
could not have seen it.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar, Final, NamedTuple, TypeVar

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

T = TypeVar('T')

#: How many of a kind may be open at a time in one execution.
OPEN_LIMITS: Final[Mapping[Kind, int]] = {
    Kind.ACTIVITY: limits.OPEN_ACTIVITIES,
    Kind.TIMER: limits.OPEN_TIMERS,
    Kind.CHILD_WORKFLOW: limits.OPEN_CHILDREN,
    Kind.LAMBDA: limits.OPEN_LAMBDAS,
}


def _by_event_type(roles: Mapping[Role, T]) -> dict[str, T]:
    rules = TRANSITIONS.items()
    return {event_type: roles[rule] for event_type, rule in rules if isinstance(rule, Role) and rule in roles}


class TurnStart(NamedTuple):
    """The DecisionTaskStarted of a turn: its id, and its time in seconds since the epoch."""

    event_id: int
    time: float


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
        self.turn_started: dict[int, TurnStart] = {}    # turns count from 1
        self.turn_scheduled_at = 0.0                # when a task was scheduled last, in seconds since the epoch
        self.started_event_id = 0                   # that of the current turn
        self.known_now: list[Outcome] = []          # the outcomes that became known in the current turn
        self.known_when_full: list[Outcome] = []    # those of earlier turns that could not decide all they had to
        self.characters = 0                         # of the texts that are kept: inputs, results, details
        self.open: Counter[Kind] = Counter()        # how many outcomes of a kind are not settled
        self.signals: dict[str, list[Arrival]] = {}     # by name, in the order in which they came
        self.cancel_requests: list[Arrival] = []
        self.refused_closes: dict[int, Event] = {}  # by turn
        self.timed_out_turns = 0                    # decision tasks started in vain since the last completed one
        self.reverted_turns = 0                     # and those that a worker's own list gave back, as nobody took them
        self.execution_context: str | None = None   # as the decider left it last
        self.closed: Event | None = None
        self.last_event_id = 0
        self._open_by_event: dict[int, Outcome] = {}    # by the event that opened it, until it is settled
        self._types: dict[tuple[str | None, str | None], Mapping[str, str]] = {}    # one object for all of a type
        self._unplaced: list[Outcome | Arrival] = []
        self._markers: Counter[str] = Counter()     # how many markers of a name there are
        self._taken: dict[Kind, int] = {}           # of a kind: open at the start of the turn, or opened by it
        self._crowded: set[tuple[Kind, int]] = set()    # the turns that had no more room for a kind

    def fold(self, events: Iterable[Event]) -> None:
        """Take in `events`, which follow those already folded. Every optional attribute may be absent."""
        for event in events:
            event_type = event['eventType']
            rule, play = TRANSITIONS.get(event_type), self._plays.get(event_type)
            self.last_event_id = event['eventId']
            if play is not None:
                play(self, event)
            elif isinstance(rule, Rule):
                self._move(rule, event)
            elif isinstance(rule, CancelAsked):
                self._note_cancel(rule.kind, attributes(event).get(rule.name), event)

    def is_full(self, turn: int, *kinds: Kind) -> bool:
        """Whether SWF could not take all that was decided in `turn`: in one answer, or, of `kinds`, at a time."""
        if self._crowded and any((kind, turn) in self._crowded for kind in kinds):
            return True
        return (Kind.TIMER, f'{MORE_TIMER}{turn}') in self.outcomes

    def now(self, turn: int) -> float:
        """Give the time at which `turn` started, in seconds since the epoch."""
        return self.turn_started[turn].time

    def _move(self, rule: Rule, event: Event) -> None:
        found = attributes(event)
        link = found.get(rule.link, 0) if rule.link else 0
        outcome = self._open_by_event.get(link)
        if outcome is None:
            if link or rule.name is None:   # of what is settled, and stays so, or of nothing that we know
                return
            outcome = self._open(rule, event, found)
        if rule.is_asked:
            self._note_cancel(rule.kind, outcome.id, event)
        outcome.state = rule.state
        outcome.event_id = event['eventId']
        if rule.state is State.STARTED:
            outcome.begun_at = _time(event)
            if rule.kind is Kind.CHILD_WORKFLOW:
                outcome.started = Arrival(event)
                self._unplaced.append(outcome.started)
        elif rule.state is not State.SCHEDULED:
            self._settle(outcome, event, found)

    def _open(self, rule: Rule, event: Event, found: Mapping[str, Any]) -> Outcome:
        key = (rule.kind, self._name(rule, event, found))
        outcome = Outcome(*key, rule.state, event['eventId'], self.completed_turns)
        outcome.opened_at = _time(event)
        outcome.type = self._type(found.get('activityType') or found.get('workflowType'))
        outcome.input = found.get('input')
        self.characters += len(outcome.input or '')
        standing = self.outcomes.get(key)
        if standing is None or standing.is_settled:     # a refused duplicate does not replace what is open
            self.outcomes[key] = self.unclaimed[key] = outcome
        self._open_by_event[outcome.opening_id] = outcome
        self.open[rule.kind] += 1
        self._take(rule.kind, 1, self.completed_turns)
        return outcome

    def _settle(self, outcome: Outcome, event: Event, found: Mapping[str, Any]) -> None:
        outcome.ended_at = _time(event)
        outcome.text = found.get('result', found.get('details'))
        self.characters += len(outcome.text or '')
        if outcome.state is State.COMPLETED:
            self.characters -= len(outcome.input or '')
            outcome.input = None
        else:
            outcome.reason = found.get('timeoutType') or found.get('reason') or found.get('cause')
        self.open[outcome.kind] -= 1
        del self._open_by_event[outcome.opening_id]
        self._unplaced.append(outcome)

    def _type(self, found: Mapping[str, str] | None) -> Mapping[str, str] | None:
        return None if found is None else self._types.setdefault((found.get('name'), found.get('version')), found)

    def _take(self, kind: Kind, count: int, turn: int) -> None:
        """Count up what is open of a kind, or was opened, in `turn`."""
        taken = self._taken[kind] = self._taken.get(kind, 0) + count
        if taken >= OPEN_LIMITS.get(kind, taken + 1):
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

    # What the events do that move no outcome.

    def _start(self, event: Event) -> None:
        self.started = attributes(event)
        self.characters += len(self.started.get('input') or '')

    def _schedule_turn(self, event: Event) -> None:
        self.turn_scheduled_at = _time(event)

    def _complete_turn(self, event: Event) -> None:
        self.completed_turns += 1
        self.timed_out_turns = self.reverted_turns = 0
        self.execution_context = attributes(event).get('executionContext', self.execution_context)

    def _lose_turn(self, event: Event) -> None:
        if attributes(event).get('timeoutType') == 'SCHEDULE_TO_START':
            self.reverted_turns += 1
        else:
            self.timed_out_turns += 1

    def _signal(self, event: Event) -> None:
        self._arrive(self.signals.setdefault(attributes(event).get('signalName', ''), []), event)

    def _request_cancel(self, event: Event) -> None:
        self._arrive(self.cancel_requests, event)

    def _refuse_close(self, event: Event) -> None:
        self.refused_closes[self.completed_turns] = event

    def _close(self, event: Event) -> None:
        self.closed = event

    def _arrive(self, queue: list[Arrival], event: Event) -> None:
        arrival = Arrival(event)
        self.characters += len(attributes(event).get('input') or '')
        queue.append(arrival)
        self._unplaced.append(arrival)

    def _start_turn(self, event: Event) -> None:
        turn = self.completed_turns + 1
        if turn != self.turn:   # else the task before this one timed out: the same turn again, with more known
            if self.is_full(self.turn, *OPEN_LIMITS):
                self.known_when_full += filter(_may_be_followed, self.known_now)
            self.turn = turn
            self.known_now = []
        self._taken = {}
        for kind, count in self.open.items():
            self._take(kind, count, turn)
        self.turn_started[turn] = TurnStart(event['eventId'], _time(event))
        self.started_event_id = event['eventId']
        for thing in self._unplaced:
            if isinstance(thing, Outcome):
                thing.known_at = (turn, thing.event_id)
                self.known_now.append(thing)
            else:
                thing.known_at = (turn, thing.event['eventId'])
        self._unplaced.clear()

    #: What each role does, and so each event type that has one.
    _ROLES: ClassVar[Mapping[Role, Callable[['History', Event], None]]] = {
        Role.EXECUTION_STARTED: _start,
        Role.TURN_SCHEDULED: _schedule_turn,
        Role.TURN_STARTED: _start_turn,
        Role.TURN_COMPLETED: _complete_turn,
        Role.TURN_LOST: _lose_turn,
        Role.SIGNAL_RECEIVED: _signal,
        Role.CANCEL_REQUESTED: _request_cancel,
        Role.CLOSE_REFUSED: _refuse_close,
        Role.CLOSED: _close,
    }
    _plays = _by_event_type(_ROLES)


def _time(event: Event) -> float:
    return seconds(event.get('eventTimestamp', 0.0))


def _may_be_followed(outcome: Outcome) -> bool:
    """Whether another attempt may follow: after one that came to no result, and after the wait before one."""
    return outcome.state is not State.COMPLETED or outcome.kind is Kind.TIMER
