"""Failures: an exception as it crosses SWF, as two texts that hold nothing but data."""

import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from pyswfaws.exceptions import UnreadablePayloadError
from pyswfaws.payload import characters, make_envelope, open_envelope
from pyswfaws.protocol.limits import DATA, NAME, REASON

_LONGEST_MESSAGE: Final = 4_000     # characters of an exception's message that details keep
_LONGEST_ENTRY: Final = 2_000       # characters of a frame, or of the message, in a traceback


@dataclass(frozen=True)
class Failure:
    """An exception as it crosses SWF: `reason` for people, and a `details` text that holds the rest as data.

    `types` are the full names of its class and the classes that it derives from, most special first. `is_final` says
    that trying again cannot help.
    """

    reason: str
    message: str = ''
    types: tuple[str, ...] = ()
    traceback: str = ''
    is_final: bool = False

    @classmethod
    def of(cls, exception: BaseException, *, is_final: bool = False) -> 'Failure':
        """Take what can be said of `exception` in text."""
        try:
            message = str(exception)
        except Exception:  # noqa: BLE001 - user code: an exception that cannot say what it is has still happened
            message = '(its message cannot be shown)'
        types = tuple(full_name(base) for base in type(exception).__mro__[:-1])
        lines = ''.join(map(_shortened, traceback.format_exception(exception)))
        return cls(_reason(types, message), message, types, lines, is_final)

    @classmethod
    def read(cls, reason: str | None, details: str | None) -> 'Failure':
        """Read what `reason` and `details` say; of another client's they are just texts."""
        try:
            found = (open_envelope(details or '') or {}).get('failure')
        except UnreadablePayloadError:
            found = None
        if not isinstance(found, dict):
            return cls(reason or '', details or '')
        types, message = found.get('types'), str(found.get('message', ''))
        types = tuple(map(str, types)) if isinstance(types, list) else ()
        return cls(
            _reason(types, message) if reason is None else reason,
            message,
            types,
            str(found.get('traceback', '')),
            found.get('final') is True,
        )

    @property
    def details(self) -> str:
        """The envelope that `read` reads, cut to fit a field: the innermost frames of the traceback are kept."""
        message, lines = self.message[:_LONGEST_MESSAGE], self.traceback[-DATA:]
        types = [name[:NAME] for name in self.types[:20]]
        while True:
            found = {'message': message, 'types': types, 'traceback': lines}
            text = make_envelope(failure={**found, 'final': True} if self.is_final else found)
            excess = len(text) - DATA
            if excess <= 0:
                return text
            if lines:
                lines = lines[excess:]
            else:   # only escapes can make that much of types and message
                message = message[:-excess]


def full_name(cls: type) -> str:
    """Give the name of a class, with its module unless it is a built-in one."""
    return cls.__qualname__ if cls.__module__ == 'builtins' else f'{cls.__module__}.{cls.__qualname__}'


def _reason(types: Sequence[str], message: str) -> str:
    """Name an exception in the 256 characters of a reason."""
    name = types[0].rpartition('.')[2] if types else 'Exception'
    return characters(f'{name}: {message}' if message else name)[:REASON]


def _shortened(entry: str) -> str:
    """Cut one entry of a traceback: a message of any length must not push out the frames."""
    return entry if len(entry) <= _LONGEST_ENTRY else f'{entry[:_LONGEST_ENTRY]}...\n'
