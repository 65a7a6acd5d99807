"""Faults: what is to go wrong, and when; an occasion is one attempt of an activity, or one decision task."""

from collections import defaultdict, deque
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Final

from pyswfaws.exceptions import DefinitionError, describe_value


@dataclass(frozen=True)
class Fault:
    """What befalls a task: the work fails with `error`, or it is done and answered so many times.

    No answer means that the worker died with it, two that it did not hear how the first was received.
    """

    answers: int = 1
    error: BaseException | type[BaseException] | None = None


NONE: Final = Fault()


class Faults:
    """The faults that are planned, by what they befall. Plans for one subject follow each other."""

    def __init__(self) -> None:
        self._plans: dict[Hashable, deque[Fault]] = defaultdict(deque)

    def plan(self, subject: Hashable, fault: Fault, times: int, after: int) -> None:
        """Let `fault` befall `times` occasions of `subject`, after `after` that go well."""
        for name, value, least in (('times', times, 1), ('after', after, 0)):
            if not isinstance(value, int) or value < least:
                raise DefinitionError(f'{name} is an int of {least} or more, but it is {describe_value(value)}')
        self._plans[subject].extend([NONE] * after + [fault] * times)

    def next(self, subject: Hashable) -> Fault:
        """Give the fault of this occasion."""
        return self._plans[subject].popleft() if self._plans[subject] else NONE
