"""Checks: what an argument of a decorator or an option may be, and the message where it is not."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any, Literal, TypeAlias

from pyswfaws.exceptions import DefinitionError, describe_value
from pyswfaws.protocol.limits import FORBIDDEN_IN_NAMES, YEAR

#: A duration: seconds, a timedelta, or 'NONE' for no limit (which SWF still cuts off after a year).
Duration: TypeAlias = 'float | timedelta | Literal["NONE"]'


def check(fine: bool, of: Any, name: str, allowed: str) -> None:
    """Raise a DefinitionError about the argument `name` of `of` unless it is fine."""
    if not fine:
        owner = f' of {of.name}' if hasattr(of, 'name') else ''
        raise DefinitionError(f'{name}{owner} is {allowed}, but it is {describe_value(getattr(of, name))}')


def check_name(value: Any, name: str, longest: int) -> str:
    """Give `value`, which SWF must take as a name; raises a DefinitionError where it does not."""
    text = check_text(value, name, longest)
    if FORBIDDEN_IN_NAMES.search(text) or text == 'arn' or text != text.strip():
        raise DefinitionError(
            f"{name} may not hold ':', '/', '|' or control characters, be 'arn', or start or end with a space, "
            f'but it is {describe_value(value)}'
        )
    return text


def check_text(value: Any, name: str, longest: int) -> str:
    """Give `value`, which must be a text of 1 to `longest` characters; raises a DefinitionError where it is not."""
    if not isinstance(value, str) or not 1 <= len(value) <= longest:
        raise DefinitionError(f'{name} is a text of 1 to {longest} characters, but it is {describe_value(value)}')
    return str(value)


def in_seconds(value: Any, name: str, least: float = 0) -> float:
    """Give a duration in seconds; raises a DefinitionError unless it is of `least` seconds to a year."""
    seconds = value.total_seconds() if isinstance(value, timedelta) else value
    if isinstance(seconds, str) and seconds.isdecimal():
        seconds = int(seconds)
    if not is_number(seconds) or not least <= seconds <= YEAR:
        raise DefinitionError(
            f'{name} is seconds from {least:g} to {YEAR:,} (a year) or a timedelta, but it is {describe_value(value)}'
        )
    return float(seconds) if isinstance(seconds, float) else int(seconds)


def duration(value: Any, name: str, least: float = 0) -> str:
    """Give a duration in SWF's words: whole seconds, rounded up, or ``NONE``."""
    return 'NONE' if value == 'NONE' else str(-int(-in_seconds(value, name, least) // 1))


def check_count(value: Any, name: str, least: int = 1) -> int:
    """Give `value`, which counts something; raises a DefinitionError unless it is an int of `least` or more."""
    if not is_whole(value) or value < least:
        raise DefinitionError(f'{name} is an int of {least} or more, but it is {describe_value(value)}')
    return int(value)


def seconds_of(value: Duration) -> float | None:
    """Give the seconds of a duration that `duration` gave; None for ``NONE``."""
    return None if value == 'NONE' else float(str(value))


def as_tuple(value: Any, name: str, what: str) -> tuple[Any, ...]:
    """Give `value`, which must hold several things and not be a text, as a tuple."""
    if isinstance(value, str) or not isinstance(value, Iterable):
        raise DefinitionError(f'{name} is {what}, but it is {describe_value(value)}')
    return tuple(value)


def check_positive(value: Any, name: str) -> float:
    """Give `value`; raises a DefinitionError where the argument `name` is no number above 0."""
    if not is_number(value) or value <= 0:
        raise DefinitionError(f'{name} is a number above 0, but it is {describe_value(value)}')
    return float(value)


def is_whole(value: Any) -> bool:
    """Whether `value` is an int, and no bool."""
    return isinstance(value, int) and not isinstance(value, bool)


def is_number(value: Any) -> bool:
    """Whether `value` is a number, and no bool or NaN."""
    return isinstance(value, int | float) and not isinstance(value, bool) and value == value  # noqa: PLR0124 - NaN
