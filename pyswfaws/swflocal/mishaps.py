"""Mishaps: what goes wrong between a client and the service, on purpose and by a seed.

A mishap is a rule: for calls of these operations, with this likelihood, do this. The four kinds are the ones that every
client of a service in another machine meets:

=========  ==============================================================================
throttle   the call is refused with ThrottlingException; nothing happened
error      the call is answered 500 InternalFailure; nothing happened
drop       the call is carried out and committed, but the answer never arrives
delay      the call is carried out, and the answer comes later
=========  ==============================================================================
"""

import fnmatch
import random
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, NamedTuple

KINDS: Final = ('throttle', 'error', 'drop', 'delay')


class Fate(NamedTuple):
    """What shall become of one call."""

    refusal: str | None = None   # 'throttle' or 'error': the call does not reach the service
    lost: bool = False           # the answer does not reach the caller
    delay: float = 0.0           # seconds before the answer


SMOOTH: Final = Fate()


@dataclass(frozen=True)
class Mishap:
    """One rule.

    Args:
        kind: one of `KINDS`.
        operations: which calls, as a pattern in the manner of the shell: ``PollFor*``, ``*``.
        likelihood: from 0.0 to 1.0.
        seconds: of a delay.

    Raises:
        ValueError: an argument is not one of these.
    """

    kind: str
    operations: str = '*'
    likelihood: float = 1.0
    seconds: float = 0.0

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f'mishap kind {self.kind!r} is not known; it is one of {", ".join(KINDS)}')
        if not 0.0 <= self.likelihood <= 1.0:
            raise ValueError(f'likelihood of a mishap is {self.likelihood}; it goes from 0.0 to 1.0')
        if self.seconds < 0.0:
            raise ValueError(f'a mishap delays by {self.seconds} seconds; it cannot be less than 0')

    @classmethod
    def parse(cls, text: str) -> 'Mishap':
        """Read ``kind[:operations[:likelihood[:seconds]]]``, as the command line has it.

        >>> Mishap.parse('delay:Respond*:0.5:0.2')
        Mishap(kind='delay', operations='Respond*', likelihood=0.5, seconds=0.2)
        """
        readers = {'kind': str, 'operations': str, 'likelihood': float, 'seconds': float}
        parts = text.split(':')
        try:
            if len(parts) > len(readers):
                raise ValueError('it has too many parts')   # noqa: TRY301 - worded together with the others below
            return cls(**{name: read(part) for (name, read), part in zip(readers.items(), parts, strict=False)})
        except ValueError as error:
            raise ValueError(f'mishap {text!r}: {error}; it reads kind[:operations[:likelihood[:seconds]]]') from None


class Mishaps:
    """The rules in force, and the seeded dice that they are drawn with."""

    def __init__(self, rules: Iterable[Mishap] = (), seed: int = 0) -> None:
        self._rules = tuple(rules)
        self._dice = random.Random(seed)   # noqa: S311 - it has to be repeatable, not secret

    def draw(self, operation: str) -> Fate:
        """Decide what becomes of the next call of `operation`."""
        fate = SMOOTH
        for rule in self._rules:
            if fnmatch.fnmatchcase(operation, rule.operations) and self._dice.random() < rule.likelihood:
                if rule.kind == 'drop':
                    fate = fate._replace(lost=True)
                elif rule.kind == 'delay':
                    fate = fate._replace(delay=fate.delay + rule.seconds)
                else:
                    fate = fate._replace(refusal=fate.refusal or rule.kind)
        return fate
