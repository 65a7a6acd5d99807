"""Program: the decider's code, in greenlets that can be left in the middle of a read and entered again.

A read of something that is not known switches out of the program to the *hub*, the greenlet that runs the replay. When
more is known the hub switches back in, and the program goes on where it stood. That is parking.

When it is not to go on in this process, it is *sealed*, and the halt is thrown into it so that it can end. From then on
whatever it asks raises the halt again, nothing that it does counts, and a program that swallows the halt and returns,
or raises something else, is noted with the line at which it swallowed it. One that swallows it in a loop is left
standing after a few tries: the read switches out for good, and nobody waits for it.

The scheduler's whole rule: first whatever was newly started, in order; otherwise the blocked branch whose awaited
promise became known earliest (turn, then event id; ties by who blocked first), after moving the turn up to that.
"""

import sys
from collections.abc import Callable
from contextvars import copy_context
from types import FrameType
from typing import Final, NoReturn, Protocol

from greenlet import getcurrent, greenlet

from pyswfaws.exceptions import DecisionError, UnfulfilledPromiseException
from pyswfaws.protocol.decisions import Decision
from pyswfaws.replay.outcomes import NOT_KNOWN, Moment

#: How often a sealed program may swallow the halt before it is left standing.
PATIENCE: Final = 10

#: Modules whose frames are the library's own, not the user's.
_ENGINE: Final = ('pyswfaws.replay', 'pyswfaws.binding', 'pyswfaws.decorators', 'pyswfaws.promise')

#: Programs that nothing can end. They are kept, since a greenlet that is thrown away is entered once more.
_LEFT_STANDING: Final[list[greenlet]] = []


class Awaited(Protocol):
    """Something that a program can wait for."""

    @property
    def known_at(self) -> Moment:
        """When it is known; `NOT_KNOWN` while it is not."""


class _Branch(greenlet):
    """A part of the program that waits on its own."""

    path: str = ''      # what the ids of its calls start with
    halts = 0           # how often the halt was raised in it
    read_at = ''        # the line of the read at which it was halted


class _Blocked:
    __slots__ = ('awaited', 'branch')

    def __init__(self, awaited: tuple[Awaited, ...], branch: _Branch) -> None:
        self.awaited = awaited
        self.branch = branch

    @property
    def known_at(self) -> Moment:
        return min(awaited.known_at for awaited in self.awaited)


class Program:
    """Runs `main`, which answers with the decision that closes the execution."""

    def __init__(self, main: Callable[[], Decision]) -> None:
        self.turn = 1
        self.close: Decision | None = None      # what `main` returned
        self.closed_turn = 0                    # and in which turn
        self.error: Exception | None = None     # why no decision can be made
        self.warnings: list[str] = []
        self.is_recording = False               # a value is computed that history will keep
        self._main = main
        self._hub = getcurrent()
        self._started = False
        self._sealed = False
        self._starting: list[_Branch] = []
        self._blocked: list[_Blocked] = []      # in the order in which they blocked

    # The hub's side.

    def run_until(self, turn: int) -> None:
        """Run as far as what is known in `turn` goes."""
        self._hub = getcurrent()
        if not self._started:
            self._started = True
            self._starting.append(self._branch(self._run_main))
        while self.error is None:
            if self._starting:
                self._enter(self._starting.pop(0))
                continue
            ready = min(self._blocked, default=None, key=lambda blocked: blocked.known_at)
            if ready is None or ready.known_at[0] > turn:
                break
            self.turn = max(self.turn, ready.known_at[0])
            self._blocked.remove(ready)
            self._enter(ready.branch)

    def seal(self) -> None:
        """Throw the halt into whatever still waits: the program will not be entered again."""
        self._sealed = True
        self._starting.clear()
        self._hub = getcurrent()
        while self._blocked:
            branch = self._blocked.pop().branch
            branch.read_at, branch.halts = line_of(branch.gr_frame), 1
            self._enter(branch, UnfulfilledPromiseException('not known yet'))
            if not branch.dead:
                _LEFT_STANDING.append(branch)
                self._warn(f'the decider swallowed the halt {PATIENCE} times; it was left standing', branch)

    def waiting_lines(self) -> list[str]:
        """Give the lines of the program at which its branches wait."""
        return [line_of(blocked.branch.gr_frame) for blocked in self._blocked]

    def _enter(self, branch: _Branch, halt: UnfulfilledPromiseException | None = None) -> None:
        branch.parent = self._hub   # where the branch's end, and whatever it lets through, arrives
        if halt is None:
            branch.switch()
        else:
            branch.throw(halt)

    def _branch(self, run: Callable[[], None]) -> _Branch:
        branch = _Branch(run)
        branch.gr_context = copy_context()      # a greenlet would start with an empty one, without our interceptor
        return branch

    def _run_main(self) -> None:
        try:
            close = self._main()
        except UnfulfilledPromiseException as halt:
            if not self._sealed:
                self.error = DecisionError(f'the decider raised the halt itself: {halt}')
            return
        except KeyboardInterrupt:
            raise
        except BaseException:
            if not self._sealed:
                raise
        if self._sealed:
            self._warn('the decider swallowed the halt and ended; that is ignored', self._current())
        else:
            self.close, self.closed_turn = close, self.turn

    def _warn(self, what: str, branch: _Branch) -> None:
        self.warnings.append(
            f'{what}. The halt was raised by the read at {branch.read_at}: let it pass '
            "(no bare 'except:' and no 'except BaseException:' around a read)"
        )

    # The program's side.

    @property
    def path(self) -> str:
        """What the ids of calls in the running branch start with."""
        return self._current().path

    def check(self) -> None:
        """Raise the halt where the program is sealed; what it asks does not count any more."""
        if self._sealed:
            self._halt()

    def wait(self, *awaited: Awaited) -> None:
        """Come back when one of `awaited` is known; until then, leave the program."""
        self.check()
        if min(thing.known_at for thing in awaited)[0] <= self.turn:
            return
        if self.is_recording:
            raise RuntimeError(
                'a function whose result is recorded (@cached) runs once, so it cannot wait for a promise: read the '
                'result before the call, and hand that over'
            )
        self._leave(awaited)

    def abort(self, error: Exception) -> NoReturn:
        """Leave the program for good: no decision can be made, because of `error`. The program does not see it."""
        self.check()
        self.error = error
        self._leave((_NEVER,))
        self._halt()

    def _leave(self, awaited: tuple[Awaited, ...]) -> None:
        branch = self._current()
        self._blocked.append(_Blocked(awaited, branch))
        self._hub.switch()

    def _halt(self) -> NoReturn:
        branch = self._current()
        while branch.halts - _halts_in_flight() >= PATIENCE:
            self._hub.switch()
        branch.halts += 1
        raise UnfulfilledPromiseException('not known yet')

    def _current(self) -> _Branch:
        current = getcurrent()
        if not isinstance(current, _Branch):
            raise RuntimeError(  # noqa: TRY004 - it is the place that is wrong, not a type
                'a promise was read, or a call made, outside the decider that it belongs to (in another thread, or '
                'after the decider had ended)'
            )
        return current


class _Never:
    known_at = NOT_KNOWN


_NEVER: Final = _Never()


def _halts_in_flight() -> int:
    """Count the halts that are on their way out: a read in a `finally` raises one more, and swallows none."""
    found, halts = sys.exception(), 0
    while found is not None:
        halts += isinstance(found, UnfulfilledPromiseException)
        found = found.__context__
    return halts


def line_of(frame: FrameType | None) -> str:
    """Give file and line of the innermost frame of the user's code, from `frame` outwards."""
    while frame is not None:
        if not frame.f_globals.get('__name__', '').startswith(_ENGINE):
            return f'{frame.f_code.co_filename}:{frame.f_lineno}'
        frame = frame.f_back
    return 'an unknown line'


def calling_line() -> str:
    """Give file and line of the user's code that runs now."""
    return line_of(sys._getframe(1))  # noqa: SLF001 - the documented way to a caller's frame without a traceback
