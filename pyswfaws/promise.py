"""Promises, timers and markers, under their historical names."""

from datetime import timedelta
from typing import Any, NamedTuple

from pyswfaws.binding.context import current
from pyswfaws.binding.passthrough import PASS_THROUGH
from pyswfaws.exceptions import DefinitionError, SerializationError, describe_value
from pyswfaws.protocol.limits import NAME, YEAR
from pyswfaws.replay.outcomes import ENGINE_MARKER
from pyswfaws.replay.promise import Promise
from pyswfaws.serializers.plain import dump

__all__ = ['Marker', 'Promise', 'RecordedMarker', 'Signal', 'Timer']


class Timer:
    """A wait that SWF keeps: no process has to be there for it to end."""

    @staticmethod
    def get(seconds: float | timedelta) -> Promise[None]:
        """Start a timer and give its promise, whose result is None.

        SWF counts whole seconds, so a fraction is rounded up inside a distributed decider. In serial mode, and outside
        a decider, it is a wait by the clock. Raises a DefinitionError unless 0 <= seconds <= 31,536,000 (a year).
        """
        value: Any = seconds.total_seconds() if isinstance(seconds, timedelta) else seconds
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= YEAR:
            raise DefinitionError(
                f'seconds is a number from 0 to {YEAR:,} (a year) or a timedelta, but it is {describe_value(seconds)}'
            )
        return current(PASS_THROUGH).timer(value)


class Signal:
    """A message from outside: from a client, another execution, or the AWS console."""

    @staticmethod
    def get(name: str) -> Promise[Any]:
        """Give the promise of the next signal of that name: each call the one after, in the order in which they came.

        None is lost: one that comes before anybody asks waits for that, also across a continue-as-new. The result is
        what was sent as JSON, or the text itself.
        """
        if not isinstance(name, str) or not 1 <= len(name) <= NAME:
            raise DefinitionError(f'name is a text of 1 to {NAME} characters, but it is {describe_value(name)}')
        return current(PASS_THROUGH).next_signal(name)


class RecordedMarker(NamedTuple):
    """What a marker holds."""

    name: str
    details: Any


class Marker(Promise[RecordedMarker]):
    """A note in the history, for people and for other clients; ready at once.

    `name` is a text of 1 to 256 characters; `details` is a text, which stands in the history as it is, or any value
    that JSON can write.
    """

    def __init__(self, name: str, details: Any = None) -> None:
        if not isinstance(name, str) or not 1 <= len(name) <= NAME or name.startswith(ENGINE_MARKER):
            raise DefinitionError(
                f'name is a text of 1 to {NAME} characters that does not start with {ENGINE_MARKER!r}, '
                f'but it is {describe_value(name)}'
            )
        try:
            text = details if isinstance(details, str | None) else dump(details, 'details')
            (text or '').encode()   # a lone surrogate is no character; better refused here than by the wire
        except ValueError as error:
            raise SerializationError(f'the details of the marker {name!r} cannot be written: {error}') from error
        current(PASS_THROUGH).marker(name, text)
        self.result = RecordedMarker(name, details)
