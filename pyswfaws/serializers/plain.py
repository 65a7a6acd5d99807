"""Plain JSON (RFC 8259): what JSON has a word for, and nothing else."""

import json
from typing import Any

from pyswfaws.exceptions import SerializationError, UnreadablePayloadError, describe_value


def dump(value: Any, path: str) -> str:
    """Write `value`, compact, with every character as it is.

    Raises a SerializationError that names the innermost place that JSON cannot write; `path` is what `value` is called.
    """
    try:
        return _dump(value)
    except (TypeError, ValueError, RecursionError) as error:
        blame(value, path)
        raise SerializationError(f'{path} is no JSON: {error}') from error


def load(text: str) -> Any:
    """Read what `dump` wrote; raises an UnreadablePayloadError for what is no JSON."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UnreadablePayloadError(f'no JSON: {error} in {describe_value(text)}') from error


def _dump(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(',', ':'))
    if not text.isascii():
        text.encode()   # a lone surrogate is no character; better refused here than by the wire
    return text


def blame(value: Any, path: str) -> None:
    """Raise a SerializationError that names the innermost place in `value` that JSON cannot write, if there is one."""
    try:
        _dump(value)
    except RecursionError:
        raise SerializationError(f'{path} is nested too deeply for JSON') from None
    except (TypeError, ValueError) as error:
        if 'Circular' in str(error):
            raise SerializationError(f'{path} contains itself, which JSON cannot write') from None
        if isinstance(value, dict):
            for key, inner in value.items():
                if not isinstance(key, str | int | float | bool | None):
                    raise SerializationError(f'{path} has the key {describe_value(key)}; keys are strings') from None
                blame(inner, f'{path}[{key!r}]')
        elif isinstance(value, list | tuple):
            for index, inner in enumerate(value):
                blame(inner, f'{path}[{index}]')
        raise SerializationError(
            f'{path} is {describe_value(value)}, which JSON cannot write; it knows None, bool, int, finite float, str, '
            'list, tuple and dict'
        ) from None
