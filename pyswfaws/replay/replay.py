"""Replay: what a decider may ask for, answered from its history.

A call that history knows is answered by its outcome. A call that it does not know becomes a decision, which may only
happen in the current turn: at an earlier one the program has asked for something else than it did when it ran.

Ids are names and ordinals: the n-th call of a name in its branch is ``name-n``, its second attempt ``name-n.2``, and
the timer before that attempt ``name-n.2.backoff``. A dot in a name becomes an underscore, so that no two can meet.
"""

import hashlib
import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, TypeVar

from pyswfaws.exceptions import MarkerException, NonDeterminismError
from pyswfaws.protocol.decisions import Decision, decision
from pyswfaws.protocol.events import Event
from pyswfaws.protocol.limits import FORBIDDEN_IN_NAMES
from pyswfaws.replay.history import History
from pyswfaws.replay.outcomes import ENGINE_MARKER, NOT_KNOWN, Kind, Moment, Outcome, State, control
from pyswfaws.replay.program import Program, calling_line
from pyswfaws.replay.promise import Promise

T = TypeVar('T')

#: Says whether, and after how many seconds, a failed attempt (counted from 1) is followed by another; None: it is not.
RetryRule = Callable[[int, Outcome], float | None]

#: Makes the decision that starts an attempt, from its id and its input.
MakeDecision = Callable[[str, str | None], Decision]

_LONGEST_ID: Final = 160    # leaves room for an attempt's number and a run id (of at most 64) within SWF's 256


def no_retry(_attempt: int, _outcome: Outcome) -> float | None:
    """Let every failure stand."""
    return None


class Call:
    """One call of the program: its id and, where it is tried again, the attempts made so far."""

    __slots__ = ('_history', '_retry', 'attempt', 'id', 'input', 'kind', 'make', 'opened_by')

    def __init__(
        self, history: History, kind: Kind, call_id: str, make: MakeDecision, retry: RetryRule, opened_by: str,
    ) -> None:
        self.kind = kind
        self.id = call_id
        self.make = make
        self.opened_by = opened_by      # the line of the call
        self.attempt = 1
        self.input: str | None = None   # as it was first sent; every attempt has the same
        self._history = history
        self._retry = retry

    @property
    def outcome(self) -> Outcome | None:
        """What history has of the latest attempt. What it recorded stands, whatever today's retry rule would say."""
        while True:
            found = self._of_attempt(self.attempt)
            if found is None or not found.is_settled or found.state is State.COMPLETED:
                return found
            if self._of_attempt(self.attempt + 1) is None:
                return found
            self.attempt += 1

    @property
    def known_at(self) -> Moment:
        """When the last attempt's outcome is known."""
        outcome = self.outcome
        if outcome is None or outcome.known_at is NOT_KNOWN:
            return NOT_KNOWN
        if outcome.state is not State.COMPLETED and (self._backoff is not None or self._is_tried_again(outcome)):
            return NOT_KNOWN
        return outcome.known_at

    @property
    def recorded_input(self) -> str | None:
        """The input as history has it: a refused attempt's events do not hold it, so look at every one."""
        for attempt in range(1, self.attempt + 1):
            outcome = self._of_attempt(attempt)
            text: str | None = outcome.attribute('input') if outcome is not None else None
            if text is not None:
                return text
        return None

    def next_decision(self) -> Decision | None:
        """Give the decision that follows from what became known in the current turn, if any."""
        outcome, backoff, turn = self.outcome, self._backoff, self._history.turn
        if outcome is None or outcome.state is State.COMPLETED:
            return None
        following = self._attempt_id(self.attempt + 1)
        if backoff is not None:
            return self.make(following, self.input) if backoff.known_at[0] == turn else None
        delay = self._retry(self.attempt, outcome) if outcome.known_at[0] == turn else None
        if delay is None:
            return None
        return start_timer(f'{following}.backoff', delay) if delay > 0 else self.make(following, self.input)

    def _attempt_id(self, attempt: int) -> str:
        return self.id if attempt == 1 else f'{self.id}.{attempt}'

    def _of_attempt(self, attempt: int) -> Outcome | None:
        return self._history.outcomes.get((self.kind, self._attempt_id(attempt)))

    @property
    def _backoff(self) -> Outcome | None:
        """The timer before the attempt after the latest, where history has one."""
        return self._history.outcomes.get((Kind.TIMER, f'{self._attempt_id(self.attempt + 1)}.backoff'))

    def _is_tried_again(self, outcome: Outcome) -> bool:
        """Whether another attempt follows. In an earlier turn history would have recorded it, unless the program ended.

        A program that ends makes no more attempts. SWF may refuse that end, and then the end has to come out the same.
        """
        turn, history = outcome.known_at[0], self._history
        is_unrecorded = turn == history.turn or turn in history.refused_closes
        return is_unrecorded and self._retry(self.attempt, outcome) is not None


def start_timer(timer_id: str, seconds: float) -> Decision:
    """Make the decision that starts a timer; SWF counts whole seconds, so a fraction is rounded up."""
    return decision('StartTimer', timerId=timer_id, startToFireTimeout=str(math.ceil(seconds)))


class CallPromise(Promise[T]):
    """The promise that a call inside a decider answers."""

    def __init__(self, program: Program, call: Call, read: Callable[[Outcome], T]) -> None:
        self._program = program
        self._call = call
        self._read = read

    @property
    def is_ready(self) -> bool:
        """Whether the outcome is known at this point of the program, on every replay alike."""
        self._program.check()
        return self._call.known_at[0] <= self._program.turn

    @property
    def id(self) -> str:
        """The id of the call in the history, such as ``Double-1``."""
        return self._call.id

    def _wait(self) -> None:
        self._program.wait(self._call)
        outcome = self._call.outcome
        if self._settled or outcome is None:
            return
        try:
            self.result = self._read(outcome)
        except Exception as failure:  # noqa: BLE001 - whatever `read` makes of the outcome is for the program
            self.settle_failure(failure)

    def __repr__(self) -> str:
        return f'<promise of {self._call.kind} {self._call.id}>'


class Replay:
    """One execution's history, its program, and what the program asks for.

    `main(replay)` is the program; it answers with the decision that closes the execution. `run_id` is the execution's,
    from which the ids of its children derive.
    """

    def __init__(self, main: Callable[['Replay'], Decision], run_id: str = '') -> None:
        self.run_id = run_id
        self.history = History()
        self.program = Program(lambda: main(self))
        self.decisions: list[Decision] = []     # asked for in the current turn
        self.decided_in = (0, 0)                # that turn, and the DecisionTaskStarted of its task
        self._calls: dict[tuple[Kind, str], Call] = {}
        self._tried_again: dict[str, Call] = {}
        self._counts: dict[str, int] = {}
        self._markers: dict[str, int] = {}

    def fold(self, events: Iterable[Event]) -> None:
        """Take in events; the program sees what they make known when it is run again."""
        self.history.fold(events)

    def close(self) -> None:
        """Throw the program away: the halt is thrown into it, and nothing that it still asks counts."""
        self.program.seal()

    def owner(self, outcome: Outcome) -> Call | None:
        """Give the call that asked for `outcome`, as itself, as a further attempt, or as the wait before one."""
        call = self._calls.get((outcome.kind, outcome.id))
        if call is not None:
            return call
        call_id, _, attempt = outcome.id.removesuffix('.backoff').rpartition('.')
        return self._tried_again.get(call_id) if attempt.isdigit() else None

    # What a decider may ask for.

    def activity(
        self,
        attributes: Mapping[str, Any],
        make_input: Callable[[str], str | None],
        read: Callable[[Outcome], T],
        retry: RetryRule = no_retry,
    ) -> CallPromise[T]:
        """Schedule an activity.

        `attributes` are those of the ScheduleActivityTask decision without id and input; `make_input(call_id)` gives
        the input, and is asked only where history does not hold it; `read(outcome)` gives the promise's value or
        raises its failure.
        """

        def make(attempt_id: str, text: str | None) -> Decision:
            return decision('ScheduleActivityTask', activityId=attempt_id, input=text, **attributes)

        call_id = self._next_id(attributes['activityType']['name'])
        call = self._call(Kind.ACTIVITY, call_id, make, retry, make_input)
        self._check_type(call, 'activityType', attributes['activityType'])
        return CallPromise(self.program, call, read)

    def child_workflow(
        self,
        attributes: Mapping[str, Any],
        make_input: Callable[[str], str | None],
        read: Callable[[Outcome], T],
        workflow_id: str | None = None,
    ) -> CallPromise[T]:
        """Start a child workflow, as `activity` does; its workflow id derives from our run id unless one is given."""

        def make(attempt_id: str, text: str | None) -> Decision:
            return decision(
                'StartChildWorkflowExecution',
                workflowId=workflow_id or clean(f'{self.run_id}.{attempt_id}'),
                control=control(attempt_id),
                input=text,
                **attributes,
            )

        call_id = self._next_id(attributes['workflowType']['name'])
        call = self._call(Kind.CHILD_WORKFLOW, call_id, make, no_retry, make_input)
        self._check_type(call, 'workflowType', attributes['workflowType'])
        return CallPromise(self.program, call, read)

    def timer(self, seconds: float, read: Callable[[Outcome], T]) -> CallPromise[T]:
        """Start a timer of `seconds`."""
        call = self._call(Kind.TIMER, self._next_id('timer'), lambda timer_id, _: start_timer(timer_id, seconds))
        return CallPromise(self.program, call, read)

    def marker(self, name: str, details: str | None) -> None:
        """Record a marker under `name` as it stands: the n-th of a name is the n-th that the program records."""
        self.program.check()
        ordinal = self._markers[name] = self._markers.get(name, 0) + 1
        self._record(f'{name}-{ordinal}', name, details)

    def recorded_value(self, name: str, compute: Callable[[str], str]) -> tuple[str, str]:
        """Give this call's id, and the text that `compute(call_id)` gave when the program first came by.

        History keeps the text in a marker.

        Raises a MarkerException where SWF refused to record it: the next replay would get another value.
        """
        call_id = self._next_id(name)
        marker_name = f'{ENGINE_MARKER}cached:{call_id}'
        recorded = self._recorded(Kind.MARKER, marker_name)
        text = self._computed(compute, call_id) if recorded is None else str(recorded.attribute('details'))
        self._record(marker_name, marker_name, text)
        if recorded is not None and recorded.state is State.REFUSED:
            raise MarkerException(name, None, call_id, recorded.attribute('cause'), recorded.state.value)
        return call_id, text

    def _computed(self, compute: Callable[[str], str], call_id: str) -> str:
        self.program.is_recording = True
        try:
            return compute(call_id)
        finally:
            self.program.is_recording = False

    def now(self) -> float:
        """Give the time at which the program's current turn started, in seconds since the epoch."""
        self.program.check()
        return self.history.turn_started_at[self.program.turn]

    # What those have in common.

    def _next_id(self, name: str) -> str:
        self.program.check()
        base = id_base(name, self.program.path)
        ordinal = self._counts[base] = self._counts.get(base, 0) + 1
        return f'{base}-{ordinal}'

    def _record(self, marker_id: str, name: str, details: str | None) -> None:
        self._call(Kind.MARKER, marker_id, lambda _id, _: decision('RecordMarker', markerName=name, details=details))

    def _call(
        self,
        kind: Kind,
        call_id: str,
        make: MakeDecision,
        retry: RetryRule = no_retry,
        make_input: Callable[[str], str | None] | None = None,
    ) -> Call:
        call = Call(self.history, kind, call_id, make, retry, calling_line())
        if make_input is not None:  # comes first: arguments that cannot be written raise the same in every replay
            call.input = (call.recorded_input if call.outcome is not None else None) or make_input(call_id)
        if self._recorded(kind, call_id) is None:
            self.decisions.append(make(call_id, call.input))
        self.history.unclaimed.pop((kind, call_id), None)
        self._calls[kind, call_id] = call
        if retry is not no_retry:
            self._tried_again[call_id] = call
        return call

    def _recorded(self, kind: Kind, call_id: str) -> Outcome | None:
        """Give what history has of a call; where it has nothing, the call may only happen in the current turn."""
        outcome = self.history.outcomes.get((kind, call_id))
        if outcome is None and self.program.turn < self.history.turn:
            other = next((o for o in self.history.unclaimed.values() if o.id == call_id), None)
            self.program.abort(non_determinism(
                self.program.turn,
                other.opened['eventId'] if other else None,
                f'{other.kind} {call_id}' if other else f'no {kind} {call_id}',
                f'{kind} {call_id}, at {calling_line()}',
            ))
        return outcome

    def _check_type(self, call: Call, member: str, asked: Mapping[str, str]) -> None:
        outcome = call.outcome
        recorded = outcome.attribute(member) if outcome is not None else None
        if outcome is not None and recorded is not None and dict(recorded) != dict(asked):
            self.program.abort(non_determinism(
                self.program.turn,
                outcome.opened['eventId'],
                f'{call.kind} {call.id} of type {_type_text(recorded)}',
                f'the same of type {_type_text(asked)}, at {call.opened_by}',
            ))


def non_determinism(turn: int, event_id: int | None, recorded: str, asked: str) -> NonDeterminismError:
    """Make the error that says where history and program part."""
    where = f'turn {turn}' if event_id is None else f'turn {turn}, event {event_id}'
    return NonDeterminismError(
        f'at {where} history recorded {recorded}; the decider now asks for {asked}. '
        'The likely cause: the code was changed under a running execution, or depends on something that differs '
        'between two replays (time, randomness, environment, the order of a set). The execution is left as it is.'
    )


def clean(name: str) -> str:
    """Give `name` with the characters that SWF forbids in ids replaced."""
    return FORBIDDEN_IN_NAMES.sub('_', name)


def id_base(name: str, path: str = '') -> str:
    """Give what the ids of the calls of `name` start with; where it would leave no room, cut, but as unique."""
    base = path + clean(name).replace('.', '_')
    if len(base) <= _LONGEST_ID:
        return base
    digest = hashlib.sha256(base.encode()).hexdigest()[:16]
    return f'{base[: _LONGEST_ID - len(digest) - 1]}~{digest}'


def _type_text(found: Mapping[str, str]) -> str:
    return f'{found.get("name")} {found.get("version")}'
