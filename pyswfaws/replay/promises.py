"""Promises inside a decider: of a call, of its start, of a branch; and what they have in common."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from pyswfaws.exceptions import TaskException, UnfulfilledPromiseException, WorkflowCancelled
from pyswfaws.replay.calls import Call
from pyswfaws.replay.outcomes import NOT_KNOWN, Arrival, Moment, Outcome, State
from pyswfaws.replay.program import Awaited, Branch, Program
from pyswfaws.replay.promise import Promise

T = TypeVar('T')


class AwaitedPromise(Promise[T]):
    """A promise inside a decider: of something that history, or another branch, makes known."""

    def __init__(self, program: Program, awaited: Awaited, read: Callable[[], T]) -> None:
        self.awaited = awaited
        self._program = program
        self._read = read

    @property
    def is_ready(self) -> bool:
        """Whether the outcome is known at this point of the program, on every replay alike."""
        self._program.check()
        return self.awaited.known_at[0] <= self._program.turn

    def _wait(self) -> None:
        self._program.wait(self.awaited)
        if self._settled:
            return
        try:
            self.result = self._read()
        except (UnfulfilledPromiseException, KeyboardInterrupt):
            raise
        except BaseException as failure:  # noqa: BLE001 - whatever `read` makes of the outcome is for the program
            self.settle_failure(failure)
        del self._read      # and what it holds: it is not read again


class CallPromise(AwaitedPromise[T]):
    """The promise that a call inside a decider answers."""

    def __init__(
        self, program: Program, call: Call, read: Callable[[Outcome], T], cancel: Callable[[Call], None],
    ) -> None:
        super().__init__(program, call, lambda: read(_outcome_of(call)))
        self._call = call
        self._cancel = cancel

    @property
    def id(self) -> str:
        """The id of the call in the history, such as ``Double-1``."""
        return self._call.id

    @property
    def started(self) -> Promise[None]:
        """The start of a child workflow; raises, as `result` does, where it never started."""
        return AwaitedPromise(self._program, _Start(self._call), self._read_start)

    def cancel(self) -> None:
        """Ask for an end; the promise is then known when it has come to one, of whatever kind."""
        self._cancel(self._call)

    def _read_start(self) -> None:
        outcome = self._call.outcome
        if outcome is None or outcome.started is None:
            _ = self.result

    def __repr__(self) -> str:
        return f'<promise of {self._call.kind} {self._call.id}>'


def _outcome_of(call: Call) -> Outcome:
    if call.canceled_at is not None:
        return Outcome(call.kind, call.id, State.CANCELED)
    outcome = call.outcome
    assert outcome is not None, 'what is known has an outcome'
    return outcome


class _Start:
    def __init__(self, call: Call) -> None:
        self._call = call

    def __str__(self) -> str:
        return f'the start of {self._call}'

    @property
    def known_at(self) -> Moment:
        outcome = self._call.outcome
        started: Arrival | None = outcome.started if outcome is not None else None
        return min(started.known_at if started is not None else NOT_KNOWN, self._call.known_at)


class BranchPromise(AwaitedPromise[T]):
    """The promise of a branch: of what it returns or raises; of one that was cancelled, it raises `canceled`."""

    def __init__(
        self,
        program: Program,
        branch: Branch,
        branch_id: str,
        canceled: TaskException,
        made: Sequence[Promise[T]] = (),
    ) -> None:
        super().__init__(program, branch, lambda: _result_of(branch, canceled))
        self.id = branch_id
        self._branch = branch
        self._made = made       # the call that the branch is there to make, once it has made it

    @property
    def started(self) -> Promise[None]:
        """The start of a child workflow that waits for its arguments first; else known when the branch has ended."""
        return AwaitedPromise(self._program, _StartOfMade(self._branch, self._made), self._read_start)

    def cancel(self) -> None:
        """Raise WorkflowCancelled in the branch, at the wait in which it is or at its next."""
        self._program.cancel(self._branch)

    def _read_start(self) -> None:
        for call in self._made:
            return call.started.result
        _ = self.result
        return None

    def __repr__(self) -> str:
        return f'<promise of branch {self.id}>'


def _result_of(branch: Branch, canceled: TaskException) -> Any:
    branch.was_read = True
    if isinstance(branch.exception, WorkflowCancelled):
        raise canceled
    if branch.exception is not None:
        raise branch.exception
    return branch.value


class _StartOfMade:
    def __init__(self, branch: Branch, made: Sequence[Promise[Any]]) -> None:
        self.branch = branch
        self._made = made

    def __str__(self) -> str:
        return f'the start of {self.branch}'

    @property
    def known_at(self) -> Moment:
        starts = (call.started for call in self._made)
        moments = [start.awaited.known_at for start in starts if isinstance(start, AwaitedPromise)]
        return min(moments, default=self.branch.known_at)
