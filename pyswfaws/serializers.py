"""Serializers: Python values to text, and back.

A serializer writes two things: the arguments of a call, and a result. Derive from `Serializer` for one of your own.
"""

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

from pyswfaws.exceptions import SerializationError, UnreadablePayloadError, describe_value


class Serializer(ABC):
    """Turns arguments and results into text and back.

    The four methods keep the predecessor's names. What cannot be written raises a SerializationError that names the
    place inside the value (``args[0]['when']``); what cannot be read raises an UnreadablePayloadError.
    """

    @abstractmethod
    def serialize_input(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> str:
        """Write the arguments of a call."""

    @abstractmethod
    def deserialize_input(self, raw_inputs: str) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Read the arguments of a call: ``(args, kwargs)``."""

    @abstractmethod
    def serialize_result(self, result: Any) -> str:
        """Write a result."""

    @abstractmethod
    def deserialize_result(self, raw_result: str) -> Any:
        """Read a result."""

    def __repr__(self) -> str:
        return f'{type(self).__name__}()'


class JsonSerializer(Serializer):
    """Plain JSON (RFC 8259), compact, with every character as it is.

    Arguments are ``[[args], {kwargs}]``. What comes back is what JSON has: a tuple is a list, the keys of a dict are
    strings. A value that JSON has no word for (a set, a datetime, NaN) is refused.

    >>> JsonSerializer().serialize_input((1, 'ü'), {'deep': True})
    '[[1,"ü"],{"deep":true}]'
    >>> JsonSerializer().deserialize_result(JsonSerializer().serialize_result((1, None)))
    [1, None]
    """

    def serialize_input(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> str:  # noqa: D102
        try:
            return _dump([list(args), dict(kwargs)])
        except (TypeError, ValueError, RecursionError) as error:
            for position, value in enumerate(args):
                _blame(value, f'args[{position}]')
            for name, value in kwargs.items():
                _blame(value, name)
            raise SerializationError(f'the arguments are no JSON: {error}') from error

    def deserialize_input(self, raw_inputs: str) -> tuple[tuple[Any, ...], dict[str, Any]]:  # noqa: D102
        match _load(raw_inputs):
            case [list(args), dict(kwargs)]:
                return tuple(args), kwargs
        raise UnreadablePayloadError(
            f'an input is [[arguments], {{keyword arguments}}] in JSON, but this one is {describe_value(raw_inputs)}'
        )

    def serialize_result(self, result: Any) -> str:  # noqa: D102
        try:
            return _dump(result)
        except (TypeError, ValueError, RecursionError) as error:
            _blame(result, 'result')
            raise SerializationError(f'the result is no JSON: {error}') from error

    def deserialize_result(self, raw_result: str) -> Any:  # noqa: D102
        return _load(raw_result)


def _dump(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(',', ':'))
    if not text.isascii():
        text.encode()   # a lone surrogate is no character; better refused here than by the wire
    return text


def _load(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UnreadablePayloadError(f'no JSON: {error} in {describe_value(text)}') from error


def _blame(value: Any, path: str) -> None:
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
                _blame(inner, f'{path}[{key!r}]')
        elif isinstance(value, list | tuple):
            for index, inner in enumerate(value):
                _blame(inner, f'{path}[{index}]')
        raise SerializationError(
            f'{path} is {describe_value(value)}, which JSON cannot write; it knows None, bool, int, finite float, str, '
            'list, tuple and dict'
        ) from None
