"""Calls: what the program asked for, with its attempts and its cancel.

An attempt is known by its id: ``name-n`` is the first, ``name-n.2`` the second, and ``name-n.2.backoff`` the timer
before that. What history recorded of attempts stands, whatever today's retry rule would say. So a cancel between two
attempts is recorded too, in a marker: without it, a replay would take the failure before it for the last.
"""

import math
from collections.abc import Callable, Sequence

from pyswfaws.protocol.decisions import Decision, decision
from pyswfaws.replay.history import History
from pyswfaws.replay.outcomes import BACKOFF, ENGINE_MARKER, NOT_KNOWN, Kind, Moment, Outcome, State

#: Says whether, and after how many seconds, failed attempts (the latest last) are followed by another; None: they are
#: not.
RetryRule = Callable[[Sequence[Outcome]], float | None]

#: Makes the decision that starts an attempt, from its id and its input.
MakeDecision = Callable[[str, str | None], Decision]


def no_retry(_attempts: Sequence[Outcome]) -> float | None:
    """Let every failure stand."""
    return None


class Call:
    """One call of the program, and what history has of it."""

    __slots__ = (
        '_completed', '_history', '_retry', 'asked_in', 'attempt', 'canceled_at', 'canceled_in', 'id', 'input', 'kind',
        'line', 'make',
    )

    def __init__(
        self,
        history: History,
        kind: Kind,
        call_id: str,
        make: MakeDecision,
        retry: RetryRule,
        asked_in: int,
        line: str,
    ) -> None:
        self.kind = kind
        self.id = call_id
        self.make = make                # goes, like `input` and the rule, when no other attempt can follow
        self.asked_in = asked_in        # the turn
        self.line = line                # of the user's code
        self.attempt = 1
        self.input: str | None = None   # as it was first sent; every attempt has the same
        self.canceled_in: int | None = None         # the turn in which the program cancelled it
        self.canceled_at: Moment | None = None      # when that was known to take effect, where it is ours to say
        self._completed: Outcome | None = None      # the last attempt, where it came to a result
        self._history = history
        self._retry = retry

    def __str__(self) -> str:
        outcome = self.outcome
        if outcome is None:
            return f'{self.kind} {self.id} (asked for)'
        return f'{self.kind} {outcome.id} ({outcome.state}, event {outcome.event_id})'

    @property
    def outcome(self) -> Outcome | None:
        """What history has of the latest attempt."""
        while self._completed is None:
            found = self._of_attempt(self.attempt)
            if found is not None and found.state is State.COMPLETED:
                self._completed = found
                del self.make, self.input, self._retry      # no attempt follows
            elif found is None or not found.is_settled or self._of_attempt(self.attempt + 1) is None:
                return found
            else:
                self.attempt += 1
        return self._completed

    @property
    def is_completed(self) -> bool:
        """Whether history has its result."""
        outcome = self.outcome
        return outcome is not None and outcome.state is State.COMPLETED

    @property
    def known_at(self) -> Moment:
        """When the last attempt's outcome is known."""
        if self.canceled_at is not None:
            return self.canceled_at
        outcome = self.outcome
        if outcome is None or outcome.known_at is NOT_KNOWN:
            return NOT_KNOWN
        return NOT_KNOWN if self._is_followed(outcome) else outcome.known_at

    @property
    def cancel_marker(self) -> str:
        """The name of the marker that records a cancel between two attempts."""
        return f'{ENGINE_MARKER}canceled:{self.id}'

    @property
    def recorded_input(self) -> str | None:
        """The input as history has it: a refused attempt's events do not hold it, so look at every one."""
        for attempt in range(1, self.attempt + 1):
            outcome = self._of_attempt(attempt)
            if outcome is not None and outcome.input is not None:
                return outcome.input
        return None

    def following(self) -> tuple[Kind, str, Decision] | None:
        """Give what follows an attempt that failed, or the wait after it: kind and id, and the decision for it."""
        outcome, backoff = self.outcome, self._backoff
        if self.canceled_in is not None or outcome is None or outcome.state is State.COMPLETED:
            return None
        following = self._attempt_id(self.attempt + 1)
        if backoff is not None:
            if backoff.known_at is NOT_KNOWN or not self._is_open_yet(backoff):
                return None
            return (self.kind, following, self.make(following, self.input))
        delay = self._delay(outcome) if outcome.known_at is not NOT_KNOWN else None
        if delay is None:
            return None
        if delay > 0:
            return (Kind.TIMER, f'{following}{BACKOFF}', start_timer(f'{following}{BACKOFF}', delay))
        return (self.kind, following, self.make(following, self.input))

    def open_in(self, turn: int) -> tuple[Kind, str] | None:
        """Give what of this call is open to the program in `turn`: an attempt, or a wait before one."""
        attempt = 1
        while True:
            found, following = self._of_attempt(attempt), self._attempt_id(attempt + 1)
            if found is None or found.known_at[0] > turn:
                return (self.kind, self._attempt_id(attempt))
            backoff = self._history.outcomes.get((Kind.TIMER, f'{following}{BACKOFF}'))
            if backoff is not None and backoff.opened_in < turn < backoff.known_at[0]:
                return (Kind.TIMER, backoff.id)
            further = self._of_attempt(attempt + 1)
            if found.state is State.COMPLETED or further is None or further.opened_in >= turn:
                return None
            attempt += 1

    def held_back(self) -> tuple[tuple[Kind, str], ...]:
        """Give what may have been asked after the latest attempt: another, and the wait before it."""
        following = self._attempt_id(self.attempt + 1)
        return (self.kind, following), (Kind.TIMER, f'{following}{BACKOFF}')

    def _attempt_id(self, attempt: int) -> str:
        return self.id if attempt == 1 else f'{self.id}.{attempt}'

    def _of_attempt(self, attempt: int) -> Outcome | None:
        return self._history.outcomes.get((self.kind, self._attempt_id(attempt)))

    @property
    def _backoff(self) -> Outcome | None:
        """The timer before the attempt after the latest, where history has one."""
        return self._history.outcomes.get((Kind.TIMER, f'{self._attempt_id(self.attempt + 1)}{BACKOFF}'))

    def _is_followed(self, outcome: Outcome) -> bool:
        """Whether another attempt follows `outcome`, or would have, had the call not been cancelled before it."""
        if outcome.state is State.COMPLETED:
            return False
        was_canceled = (Kind.MARKER, self.cancel_marker) in self._history.outcomes
        return was_canceled or self._backoff is not None or self._delay(outcome) is not None

    def _delay(self, outcome: Outcome) -> float | None:
        """Give the seconds before the attempt after `outcome`; None where it was the last."""
        if self.canceled_in is not None or not self._is_open_yet(outcome):
            return None
        attempts = (self._of_attempt(attempt) for attempt in range(1, self.attempt + 1))
        return self._retry([attempt for attempt in attempts if attempt is not None])

    def _is_open_yet(self, outcome: Outcome) -> bool:
        """Whether what follows `outcome`, and is not recorded, may still come.

        Of an earlier turn history would have recorded it, unless that turn could not decide all that it had to, or the
        program ended in it: a program that ends makes no more attempts, but SWF may refuse that end, and then the end
        has to come out the same.
        """
        turn, history = outcome.known_at[0], self._history
        return turn == history.turn or turn in history.refused_closes or history.is_full(turn, self.kind, Kind.TIMER)


def start_timer(timer_id: str, seconds: float) -> Decision:
    """Make the decision that starts a timer; SWF counts whole seconds, so a fraction is rounded up."""
    return decision('StartTimer', timerId=timer_id, startToFireTimeout=str(math.ceil(seconds)))
