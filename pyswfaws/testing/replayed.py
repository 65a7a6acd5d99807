"""Replayed: a recorded history played to today's code, which has to decide as was decided then.

A worker replays a history to go on from its end, and only has to be sure that it can. Here it is the past that counts:
the program is let run turn by turn, and after each turn what it has asked for so far must be what history recorded so
far: no less, no more, of the same kind, id and type. Of decisions in one turn the order does not matter, since ids tell
them apart; that an end comes last, and when it comes, does.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Final, NoReturn

from pyswfaws.binding.decider import program_of
from pyswfaws.binding.decorated import DecisionTask
from pyswfaws.exceptions import DefinitionError, describe_value
from pyswfaws.protocol.decisions import CLOSE_DECISIONS, Decision
from pyswfaws.protocol.events import CLOSE_STATUS, Event, attributes
from pyswfaws.replay.decide import decide
from pyswfaws.replay.names import non_determinism
from pyswfaws.replay.outcomes import ENGINE_MARKER, MORE_TIMER, NOT_KNOWN, Kind, Outcome
from pyswfaws.replay.replay import Replay
from pyswfaws.testing.recorded import Recorded, events_of
from pyswfaws.testing.waiting import Waiting, waits_of

#: The decision that each event of a close records.
_CLOSED_BY: Final[Mapping[str, str]] = {
    'WorkflowExecutionCompleted': 'CompleteWorkflowExecution',
    'WorkflowExecutionFailed': 'FailWorkflowExecution',
    'WorkflowExecutionCanceled': 'CancelWorkflowExecution',
    'WorkflowExecutionContinuedAsNew': 'ContinueAsNewWorkflowExecution',
}


@dataclass(frozen=True)
class Replayed:
    """How a replay ended.

    `events` and `turns` were replayed; `status` is OPEN, or how the execution closed. `waiting` says where the program
    waits, and `decisions` are those that it makes at the end: of an open execution those to come, of a closed one what
    closed it. `calls` tells file and line of the call behind each event that records one, by the event's id; what the
    library asks for by itself has none.
    """

    events: int
    turns: int
    status: str
    waiting: tuple[Waiting, ...]
    decisions: tuple[Decision, ...]
    calls: Mapping[int, str]


def replay_history(decider: DecisionTask[..., Any], history: Recorded, *, until: int | None = None) -> Replayed:
    """Replay a recorded history, of an open or a closed execution, and tell where the program stands at its end.

    `history` is a path, what ``aws swf get-workflow-execution-history`` wrote there, once it is parsed, or a list of
    events. With `until` the events after that id are left out; in the middle of what one turn decided, all of that is.
    Nothing is run but the decider: a function under
    ``@cached`` whose value history does not hold is waited for.

    Raises a NonDeterminismError where today's code decides otherwise than history recorded; a ConfigurationError where
    `history` is none; an UnreadablePayloadError where the decider cannot read its input or a result.
    """
    if not isinstance(decider, DecisionTask):
        raise DefinitionError(
            f'what is replayed is a function with @decision_task above it, but this is {describe_value(decider)}'
        )
    events = _cut(events_of(history), until)
    program = program_of(decider.definition, decider.function_of(None))
    with closing(_Watched(program, _run_id(events))) as replay:
        replay.fold(events)
        closed = replay.history.closed
        closes_by = _CLOSED_BY.get(closed['eventType']) if closed is not None else None
        if closes_by is None and not _is_decided_now(events):
            replay.fold([{**events[-1], 'eventId': len(events) + 1, 'eventType': 'DecisionTaskStarted'}])
        _check_turns(replay)
        decisions = decide(replay)
        if closes_by is not None:
            _check_end(replay, decisions, closes_by)
        return Replayed(
            events=len(events),
            turns=replay.history.turn,
            status='OPEN' if closed is None else CLOSE_STATUS[closed['eventType']],
            waiting=waits_of(replay),
            decisions=tuple(decisions),
            calls=_lines_of_calls(replay),
        )


class _Watched(Replay):
    """A replay that computes nothing."""

    def _computed(self, compute: Callable[[str], str], call_id: str) -> NoReturn:  # noqa: ARG002
        self.program.wait(_Uncomputed(call_id))
        raise AssertionError('what is never known is never waited out')


class _Uncomputed:
    """The value of a cached function that history does not hold."""

    known_at = NOT_KNOWN

    def __init__(self, call_id: str) -> None:
        self._call_id = call_id

    def __str__(self) -> str:
        return f'cached call {self._call_id} (not in history yet)'


def _cut(events: list[Event], until: int | None) -> list[Event]:
    """Leave out the events after `until`, and the decisions of a turn that would not be whole."""
    kept = events[:until]
    completed = next((e['eventId'] for e in reversed(kept) if e['eventType'] == 'DecisionTaskCompleted'), 0)
    is_whole = all(attributes(event).get('decisionTaskCompletedEventId') != completed for event in events[len(kept):])
    return kept if is_whole or not completed else kept[:completed - 1]


def _run_id(events: list[Event]) -> str:
    """Give the run id, by which the program's random numbers are seeded, as far as the history has it."""
    for event in events:
        if event['eventType'] == 'MarkerRecorded' and attributes(event).get('markerName') == f'{ENGINE_MARKER}seed':
            return str(attributes(event).get('details'))
    return ''


def _is_decided_now(events: list[Event]) -> bool:
    """Whether the history ends while a decision task runs."""
    ends = ('DecisionTaskStarted', 'DecisionTaskCompleted', 'DecisionTaskTimedOut')
    last = next((event['eventType'] for event in reversed(events) if event['eventType'] in ends), None)
    return last == 'DecisionTaskStarted'


def _check_turns(replay: Replay) -> None:
    """Run the program turn by turn, and see that it asks in each for what history recorded of that turn.

    That it asks for nothing else then the replay itself sees to.
    """
    history, program = replay.history, replay.program
    opened: dict[int, list[Outcome]] = defaultdict(list)
    for outcome in history.outcomes.values():
        opened[outcome.opened_in].append(outcome)
    for turn in range(1, history.turn + 1):
        program.run_until(turn)
        if program.error is not None:
            raise program.error
        for outcome in opened[turn]:
            if (outcome.kind, outcome.id) in history.unclaimed and not _is_the_engines(replay, outcome):
                where = ', '.join(program.waiting_lines())
                raise non_determinism(
                    turn, outcome.opening_id, f'{outcome.kind} {outcome.id}',
                    f'nothing of that id; {f"it waits at {where}" if where else "it has ended"}',
                )


def _is_the_engines(replay: Replay, outcome: Outcome) -> bool:
    """Whether the engine asked for it: a further attempt, the wait before one, the cancel of a child."""
    return replay.owner(outcome) is not None or outcome.id.startswith(MORE_TIMER)


def _lines_of_calls(replay: Replay) -> dict[int, str]:
    owners = ((outcome, replay.owner(outcome)) for outcome in replay.history.outcomes.values())
    return {outcome.opening_id: owner.line for outcome, owner in owners if owner is not None}


def _check_end(replay: Replay, decisions: list[Decision], closes_by: str) -> None:
    """Check that the last turn decides what history recorded of it, and nothing but: the end that closed it."""
    history, closed = replay.history, replay.history.closed
    assert closed is not None, 'it has closed'
    *others, last = [decision['decisionType'] for decision in decisions] or ['nothing']
    if last != closes_by:
        where = ', '.join(replay.program.waiting_lines())
        asked = last if last in CLOSE_DECISIONS else f'no end; it waits at {where}'
        raise non_determinism(history.turn, closed['eventId'], f'an end by {closes_by}', asked)
    if others and not any(history.is_full(history.turn, kind) for kind in (None, *Kind)):
        raise non_determinism(history.turn, None, 'nothing before the end', f'{", ".join(others)} as well')
