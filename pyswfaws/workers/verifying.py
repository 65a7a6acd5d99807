"""Verifying: a sample of what kept deciders decide is compared with what a replay from the start decides.

A program that was kept and one that is replayed decide the same; that is a law of this library, and its tests hold it.
A decider may break it all the same, by what it shares with others, or by what it reads from outside: it then works as
long as it is kept, and stands still, or does other things, on the day that its worker is gone. Who wants to know before
has a share of the decisions replayed once more, from their whole history, and compared. What a cached function computed
in the same decision task is not computed again, and what the program logs is not heard twice.

Where they differ, the replay from the start counts: that is what any other worker would decide.
"""

import logging
import random
from collections.abc import Sequence
from typing import Final

from pyswfaws.binding.checks import is_number
from pyswfaws.exceptions import DefinitionError, describe_value
from pyswfaws.protocol.decisions import Decision
from pyswfaws.replay.decide import decide
from pyswfaws.replay.replay import Replay
from pyswfaws.workers.counts import Counts
from pyswfaws.workers.quiet import Quiet

logger = logging.getLogger('pyswfaws')

_SHOWN: Final = 500     # characters of a decision in a message


class Verification:
    """Of a `share`, from 0 to 1, of the decisions; raises a DefinitionError where it is none.

    `counts` counts what is verified and what is differing.
    """

    def __init__(self, share: float, counts: Counts, quiet: Quiet) -> None:
        if not is_number(share) or not 0 <= share <= 1:
            raise DefinitionError(f'verify is a share from 0 to 1, but it is {describe_value(share)}')
        self._share = share
        self._counts = counts
        self._quiet = quiet

    def is_due(self) -> bool:
        """Whether a decision is in the sample; by lot."""
        return random.random() < self._share  # noqa: S311 - a lot, no secret

    def holds(self, kept: Replay, decisions: Sequence[Decision], replayed: Replay, what: str) -> bool:
        """Whether a replay with the whole history decides what the kept one has decided for the task called `what`.

        Raises what the replay raises where it cannot decide at all.
        """
        self._counts.add('verified')
        try:
            with self._quiet.rehearsal():
                found = difference((*decisions, kept.published), (*decide(replayed), replayed.published))
        except BaseException:
            self._counts.add('differing')
            logger.error(  # noqa: TRY400 - it is logged by whoever gives the task up
                '%s: the decider that was kept has decided this, but a replay from the start cannot', what,
            )
            raise
        if found is not None:
            self._counts.add('differing')
            logger.error('%s: a decider that was kept decides otherwise than a replay from the start: %s', what, found)
        return found is None


def difference(kept: Sequence[object], replayed: Sequence[object]) -> str | None:
    """Say where two lists of decisions, each with the execution context after them, part; None where they do not."""
    for number, (one, other) in enumerate(zip(kept, replayed, strict=False), 1):
        if one != other:
            return f'the {number}. decision is {str(one)[:_SHOWN]}, and from the start {str(other)[:_SHOWN]}'
    return None
