"""Waiting: a picture of where a program stands."""

from typing import NamedTuple

from pyswfaws.replay.replay import Replay


class Waiting(NamedTuple):
    """A wait of a program, or of one of its branches.

    `line` is file and line of the read; `promises` are what it waits for, of which one is enough: kind, id, and how far
    it was when the decider last looked.
    """

    line: str
    promises: tuple[str, ...]

    def __str__(self) -> str:
        return f'{self.line} waits for {" or ".join(self.promises)}'


def waits_of(replay: Replay) -> tuple[Waiting, ...]:
    """Give the waits of a program, in the order in which they began."""
    return tuple(Waiting(line, tuple(map(str, awaited))) for line, awaited in replay.program.waits())
