"""Verifying: a sample of what kept deciders decide is compared with what a replay from the start decides.

A program that was kept and one that is replayed decide the same; that is a law of this library, and its tests hold it.
A decider may break it all the same, by what it shares with others, or by what it reads from outside: it then works as
long as it is kept, and stands still, or does other things, on the day that its worker is gone. Who wants to know before
has a share of the decisions replayed once more, from their whole history, and compared. What a cached function computed
in the same decision task is not computed again, and what the program logs is not heard twice.
"""

import random
from collections.abc import Sequence
from typing import Final

from pyswfaws.binding.checks import is_number
from pyswfaws.exceptions import DefinitionError, describe_value
from pyswfaws.protocol.decisions import Decision

_SHOWN: Final = 500     # characters of a decision in a message


class Sample:
    """A `share`, from 0 to 1, of what happens, by lot. Raises a DefinitionError where it is none."""

    def __init__(self, share: float) -> None:
        if not is_number(share) or not 0 <= share <= 1:
            raise DefinitionError(f'verify is a share from 0 to 1, but it is {describe_value(share)}')
        self._share = share

    def takes(self) -> bool:
        """Whether this one is in the sample."""
        return random.random() < self._share  # noqa: S311 - a lot, no secret


def difference(kept: Sequence[Decision], replayed: Sequence[Decision]) -> str | None:
    """Say where two lists of decisions part; None where they do not."""
    for number, (one, other) in enumerate(zip(kept, replayed, strict=False), 1):
        if one != other:
            return f'decision {number} was {str(one)[:_SHOWN]}, and is {str(other)[:_SHOWN]} from the start'
    if len(kept) != len(replayed):
        return f'there were {len(kept)} decisions, and there are {len(replayed)} from the start'
    return None
