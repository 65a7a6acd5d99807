"""Interrupts: what may end a wait before what is waited for is known.

A branch can be cancelled: from outside, by a request to the execution, which reaches the main branch, or from inside,
by its promise. It can stand in deadlines. And it can stand in shields, behind which only the deadlines that were
entered later count. An interrupt is raised once, at the wait that it ends or, where the branch was not waiting, at its
next one.
"""

from collections.abc import Callable, Iterator, Sequence

from pyswfaws.replay.outcomes import NOT_KNOWN, Moment


class Interrupt:
    """Something that ends a wait with an exception: `moment()` is when it is known, `make()` gives the exception."""

    def __init__(self, moment: Callable[[], Moment], make: Callable[[], BaseException]) -> None:
        self.was_raised = False
        self._moment = moment
        self._make = make

    @property
    def known_at(self) -> Moment:
        """When it strikes; never again once it was raised."""
        return NOT_KNOWN if self.was_raised else self._moment()

    def exception(self) -> BaseException:
        """Give the exception to raise; it will not be raised again."""
        self.was_raised = True
        return self._make()


class Scope:
    """A part of a branch with a deadline, or, where `deadline` is None, behind a shield."""

    def __init__(self, deadline: Interrupt | None = None) -> None:
        self.deadline = deadline
        self.cancels: list[Callable[[], None]] = []     # of what was started inside


def in_force(scopes: Sequence[Scope], cancels: Sequence[Interrupt]) -> Iterator[Interrupt]:
    """Give the interrupts that count for a branch which stands in `scopes`, and which `cancels` may cancel."""
    for scope in reversed(scopes):
        if scope.deadline is None:
            return
        yield scope.deadline
    yield from cancels
