"""Program: the decider's code, in greenlets that can be left in the middle of a read and entered again.

A read of something that is not known switches out of the program to the *hub*, the greenlet that runs the replay. When
more is known the hub switches back in, and the program goes on where it stood. That is parking.

When it is not to go on in this process, it is *sealed*, and the halt is thrown into it so that it can end. From then on
whatever it asks raises the halt again, nothing that it does counts, and a program that swallows the halt and returns,
or raises something else, is noted with the line at which it swallowed it. One that swallows it in a loop is left
standing after a few tries: the read switches out for good, and nobody waits for it.

A program may have several *branches*, each a greenlet of its own; the first is `main`, and all share the one turn. The
scheduler's whole rule: first whatever was newly started, in order; otherwise the blocked branch whose awaited thing
became known earliest (turn, then event id; ties by who blocked first), after moving the turn up to that.
"""

import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextvars import copy_context
from heapq import heapify, heappop, heappush
from typing import Any, Final, NoReturn, Protocol, TypeAlias

from greenlet import getcurrent, greenlet

from pyswfaws.exceptions import DecisionError, UnfulfilledPromiseException, WorkflowCancelled
from pyswfaws.protocol.decisions import Decision
from pyswfaws.replay.interrupts import Interrupt, Scope, in_force
from pyswfaws.replay.lines import line_of
from pyswfaws.replay.outcomes import NOT_KNOWN, Moment

#: Makes the decision that closes the execution, from what has come by the time that it is sent.
Ending: TypeAlias = Callable[[], Decision]

#: How often a sealed program may swallow the halt before it is left standing.
PATIENCE: Final = 10

#: Programs that nothing can end. They are kept, since a greenlet that is thrown away is entered once more.
_LEFT_STANDING: Final[list[greenlet]] = []


class Awaited(Protocol):
    """Something that a program can wait for."""

    @property
    def known_at(self) -> Moment:
        """When it is known; `NOT_KNOWN` while it is not."""


class Branch:
    """A part of the program that waits on its own, and what became of it.

    `path` is what the ids of its calls start with, `line` where in the user's code it was started. `known_at` is when
    it ended; `value` is what it returned then, or `exception` what it raised.
    """

    def __init__(self, path: str, line: str) -> None:
        self.path = path
        self.line = line
        self.known_at: Moment = NOT_KNOWN
        self.value: Any = None
        self.exception: BaseException | None = None
        self.was_read = False               # whether anybody has asked what became of it
        self.branches: list[Branch] = []    # that it started, and that are to end before the program does
        self.scopes: list[Scope] = []       # the deadlines and shields in which it stands, outermost first
        self.cancels: list[Interrupt] = []  # what may cancel it
        self.waiters: list[_Blocked] = []   # who waits for its end

    @property
    def interrupts(self) -> Iterator[Interrupt]:
        """What may end a wait where it stands."""
        return in_force(self.scopes, self.cancels)

    def __str__(self) -> str:
        return f'branch {self.path.removesuffix(".")}'


class _Greenlet(greenlet):
    branch: Branch
    halts = 0       # how many halts it has been shown
    read_at = ''    # the line of the read at which it was halted


class _Blocked:
    """A branch that waits. Its moment is when the first of what it awaits, or of what interrupts it, is known."""

    __slots__ = ('awaited', 'greenlet', 'order')

    def __init__(self, awaited: tuple[Awaited, ...], waiting: _Greenlet, order: int) -> None:
        self.awaited = awaited
        self.greenlet = waiting
        self.order = order

    @property
    def known_at(self) -> Moment:
        return min(_earliest(self.awaited), _earliest(self.greenlet.branch.interrupts))


class Program:
    """Runs `main`, which answers with what makes the decision that closes the execution."""

    def __init__(self, main: Callable[[], Ending]) -> None:
        self.turn = 1
        self.main = Branch('', 'its end')
        self.branches: list[Branch] = []        # the others that are to end before it does, in the order of their start
        self.ending: Ending | None = None       # what `main` returned
        self.ended_in = NOT_KNOWN[0]            # and in which turn
        self.error: Exception | None = None     # why no decision can be made
        self.warnings: list[str] = []
        self.is_recording = False               # a value is computed that history will keep
        self._run_main = main
        self._hub = getcurrent()
        self._started = False
        self._until = 0         # the turn up to which it may run
        self.is_sealed = False
        self._starting: deque[_Greenlet] = deque()
        self._blocked: dict[int, _Blocked] = {}         # by the order in which they blocked
        self._blockings = 0
        self._can_go_on: list[tuple[Moment, int]] = []  # of the blocked: a heap
        self._has_changed = False                       # so that others of the blocked may go on
        self._left: list[_Greenlet] = []                # for good

    # The hub's side.

    def run_until(self, turn: int) -> None:
        """Run as far as what is known in `turn` goes."""
        self._hub = getcurrent()
        self._until = turn
        if not self._started:
            self._started = True
            self._starting.append(self._greenlet(self.main, self._run_main))
        self.look_again()
        while self.error is None and self.ending is None:
            if self._starting:
                self._enter(self._starting.popleft())
                continue
            if self._has_changed:
                self._can_go_on = [(blocked.known_at, order) for order, blocked in self._blocked.items()]
                heapify(self._can_go_on)
                self._has_changed = False
            while self._can_go_on and self._can_go_on[0][1] not in self._blocked:
                heappop(self._can_go_on)    # it stood there twice, and has gone on
            if not self._can_go_on or self._can_go_on[0][0][0] > turn:
                break
            known_at, order = heappop(self._can_go_on)
            self.turn = max(self.turn, known_at[0])
            self._enter(self._blocked.pop(order).greenlet)

    def seal(self) -> None:
        """Throw the halt into whatever still waits: the program will not be entered again."""
        self.is_sealed = True
        self._starting.clear()
        self._hub = getcurrent()
        waiting = [*self._left, *(blocked.greenlet for blocked in self._blocked.values())]
        self._left, self._blocked = [], {}
        for one in reversed(waiting):
            one.read_at, one.halts = _line_in(one), 1
            self._enter(one, UnfulfilledPromiseException('not known yet'))
            if not one.dead:
                _LEFT_STANDING.append(one)
                self._warn(f'the decider swallowed the halt {PATIENCE} times; it was left standing', one)

    def waiting_lines(self) -> list[str]:
        """Give the lines of the program at which its branches wait."""
        return [line for line, _ in self.waits()]

    def waits(self) -> list[tuple[str, tuple[Awaited, ...]]]:
        """Give the line of each wait of the program, and what is awaited there."""
        return [(_line_in(blocked.greenlet), blocked.awaited) for blocked in self._blocked.values()]

    def _enter(self, one: _Greenlet, halt: UnfulfilledPromiseException | None = None) -> None:
        one.parent = self._hub  # where the branch's end, and whatever it lets through, arrives
        if halt is None:
            one.switch()
        else:
            one.throw(halt)

    def _greenlet(self, branch: Branch, run: Callable[[], Any]) -> _Greenlet:
        one = _Greenlet(lambda: self._run(branch, run))
        one.branch = branch
        one.gr_context = copy_context()     # a greenlet would start with an empty one, without our interceptor
        return one

    def _run(self, branch: Branch, run: Callable[[], Any]) -> None:
        try:
            branch.value = run()
        except UnfulfilledPromiseException as halt:
            if not self.is_sealed:
                self.error = DecisionError(f'the decider raised the halt itself: {halt}')
            return
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # user code: what it raises is the branch's failure
            if branch is self.main and not self.is_sealed:
                raise   # `main` answers for what the user's code raises: this is ours
            branch.exception = error
        if self.is_sealed:
            self._warn('the decider swallowed the halt and ended; that is ignored', self._current())
        elif branch is self.main:
            self.ending, self.ended_in = branch.value, self.turn
        else:
            self._finish(branch)

    def _finish(self, branch: Branch) -> None:
        branch.known_at = (self.turn, 0)
        for blocked in branch.waiters:
            self._reconsider(blocked)
        branch.waiters.clear()

    def _reconsider(self, blocked: _Blocked) -> None:
        """Let a blocked branch go on, if it can: something that it waits for has become known just now."""
        if blocked.known_at is not NOT_KNOWN:
            heappush(self._can_go_on, (blocked.known_at, blocked.order))

    def _warn(self, what: str, one: _Greenlet) -> None:
        self.warnings.append(
            f'{what}. The halt was raised by the read at {one.read_at}: let it pass '
            "(no bare 'except:' and no 'except BaseException:' around a read)"
        )

    # The program's side.

    @property
    def branch(self) -> Branch:
        """The branch that runs."""
        return self._current().branch

    def check(self) -> None:
        """Raise the halt where the program is sealed; what it asks does not count any more."""
        if self.is_sealed:
            self._halt()

    def start(self, branch: Branch, run: Callable[[], Any], *, is_joined: bool = True) -> None:
        """Start a branch; it runs when the one that runs now has to wait, and `join` waits for it if asked to."""
        self.check()
        if is_joined:
            self.branches.append(branch)
            self.branch.branches.append(branch)
        self._starting.append(self._greenlet(branch, run))

    def cancel(self, branch: Branch) -> None:
        """Raise WorkflowCancelled in `branch`, at this wait of it or its next; one that has not begun is ended."""
        self.check()
        if branch.known_at is not NOT_KNOWN or any(not cancel.was_raised for cancel in branch.cancels):
            return
        moment = (self.turn, 0)
        branch.cancels.append(Interrupt(lambda: moment, lambda: WorkflowCancelled('the branch was cancelled')))
        for one in self._starting:
            if one.branch is branch:
                self._starting.remove(one)
                branch.exception = branch.cancels[0].exception()
                self._finish(branch)
                return
        self.look_again()

    def look_again(self) -> None:
        """Note that what branches wait for may have become known by what another did, as by a cancel."""
        self._has_changed = True

    def join(self) -> None:
        """Wait until every branch has ended; raise what one of them raised that nobody has read.

        Of several it is the first as the program is written, whichever ended first. One that was cancelled, and let
        that through, has ended as it was told to.
        """
        for branch in self.branches:    # grows while we wait, if branches start branches
            self.wait(branch)
        for branch in _inside(self.main):
            if not branch.was_read and not isinstance(branch.exception, WorkflowCancelled | None):
                branch.was_read = True
                raise branch.exception

    def wait(self, *awaited: Awaited) -> None:
        """Come back when one of `awaited` is known; until then, leave the program.

        What interrupts the branch before that is raised.
        """
        self.check()
        known_at = _earliest(awaited)
        if known_at[0] <= self.turn:
            return
        if self.is_recording:
            raise RuntimeError(
                'a function whose result is recorded (@cached) runs once, so it cannot wait for a promise: read the '
                'result before the call, and hand that over'
            )
        branch = self._current().branch
        turn = min(known_at, _earliest(branch.interrupts))[0]
        if self.turn < turn <= self._until and not self._starting and not self._blocked:
            self.turn = turn    # alone, it is the next to go on: no need to leave
        elif turn > self.turn:
            self._leave(awaited)
        interrupt = min(branch.interrupts, key=lambda one: one.known_at, default=None)
        if interrupt is not None and interrupt.known_at < _earliest(awaited):
            raise interrupt.exception()

    def abort(self, error: Exception) -> NoReturn:
        """Leave the program for good: no decision can be made, because of `error`. The program does not see it."""
        self.check()
        self.error = error
        self._leave_for_good()

    def end(self, ending: Ending) -> NoReturn:
        """Leave the program for good: the execution closes with the decision that `ending` makes."""
        self.check()
        self.ending, self.ended_in = ending, self.turn
        self._leave_for_good()

    def _leave(self, awaited: tuple[Awaited, ...]) -> None:
        self._blockings += 1
        blocked = self._blocked[self._blockings] = _Blocked(awaited, self._current(), self._blockings)
        for thing in awaited:
            branch = getattr(thing, 'branch', thing)    # what a branch makes known is known when it ends
            if isinstance(branch, Branch):
                branch.waiters.append(blocked)
        self._reconsider(blocked)
        self._hub.switch()

    def _leave_for_good(self) -> NoReturn:
        self._left.append(self._current())
        self._hub.switch()
        self._halt()

    def _halt(self) -> NoReturn:
        one = self._current()
        while one.halts - _halts_in_flight() >= PATIENCE:
            self._hub.switch()
        one.halts += 1
        raise UnfulfilledPromiseException('not known yet')

    def _current(self) -> _Greenlet:
        current = getcurrent()
        if not isinstance(current, _Greenlet):
            raise RuntimeError(  # noqa: TRY004 - it is the place that is wrong, not a type
                'a promise was read, or a call made, outside the decider that it belongs to (in another thread, or '
                'after the decider had ended)'
            )
        return current


def _line_in(one: _Greenlet) -> str:
    """Give the line of the user's code at which a greenlet was left; where it has none there, that of its start."""
    return line_of(one.gr_frame) or one.branch.line


def _earliest(things: Iterable[Awaited]) -> Moment:
    return min((thing.known_at for thing in things), default=NOT_KNOWN)


def _inside(branch: Branch) -> Iterator[Branch]:
    for inner in branch.branches:
        yield inner
        yield from _inside(inner)


def _halts_in_flight() -> int:
    """Count the halts that are on their way out: a read in a `finally` raises one more, and swallows none."""
    found, halts = sys.exception(), 0
    while found is not None:
        halts += isinstance(found, UnfulfilledPromiseException)
        found = found.__context__
    return halts
