"""Values by their annotations: the form of an input, and what a kind of annotation has to know.

An input is ``[[args], {kwargs}]`` in JSON, whoever writes it; each argument in there, and the result, is written and
read by the *notation* of its annotation. What is not annotated is plain JSON.

A value is read back where it is written, and compared: so what one process wrote, the other can read, and gets the
same. That costs a second pass, and saves the workflow that would wait for a result that nobody can ever read.
"""

import copy
import dataclasses
import re
from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, Protocol, Self

import msgspec

from pyswfaws.exceptions import SerializationError, UnreadablePayloadError, describe_value
from pyswfaws.serializers import plain
from pyswfaws.serializers.annotations import Annotations
from pyswfaws.serializers.base import Serializer

_INPUT: Final[msgspec.json.Decoder[Any]] = msgspec.json.Decoder(tuple[list[msgspec.Raw], dict[str, msgspec.Raw]])
_PLACE: Final = re.compile(r' - at `(?P<key>key` in `)?\$(?P<place>[^`]*)`$')


class Notation(Protocol):
    """How the values of one annotation are written; `path` is what the value is called in messages."""

    def write(self, value: Any, path: str) -> str:
        """Write `value` as JSON; raises a SerializationError for what would not come back."""

    def read(self, text: str, path: str) -> Any:
        """Read what was written; raises an UnreadablePayloadError for anything else."""


class _Plain:
    def write(self, value: Any, path: str) -> str:
        return plain.dump(value, path)

    def read(self, text: str, path: str) -> Any:    # noqa: ARG002 - whatever it is, it is read
        return plain.load(text)


_PLAIN: Final = _Plain()


class TypedSerializer(Serializer):
    """Writes and reads each value by its annotation. A subclass says how, in `notation`."""

    def __init__(self) -> None:
        self._annotations: Annotations | None = None
        self._notations: dict[int | str, Notation] = {}     # by position, by name, and '' for the result

    @abstractmethod
    def notation(self, annotation: Any) -> Notation:
        """Give the notation of an annotation other than Any; raises a DefinitionError where there is none."""

    def annotated(self, annotations: Annotations) -> Self:  # noqa: D102
        if annotations.is_empty:
            return self
        found = copy.copy(self)
        vars(found).update(_annotations=annotations, _notations={})
        return found

    def check_input(self) -> None:  # noqa: D102
        for annotation in self._annotations.parameters if self._annotations else ():
            self._notation_of(annotation)

    def check_result(self) -> None:  # noqa: D102
        self._notation('')

    def serialize_input(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> str:  # noqa: D102
        positional = ','.join(
            self._notation(position).write(value, f'args[{position}]') for position, value in enumerate(args)
        )
        return f'[[{positional}],{self.serialize_event(kwargs)}]'

    def serialize_event(self, arguments: Mapping[str, Any]) -> str:  # noqa: D102
        members = (
            f'{plain.dump(name, "the name of an argument")}:{self._notation(name).write(value, name)}'
            for name, value in arguments.items()
        )
        return f'{{{",".join(members)}}}'

    def deserialize_input(self, raw_inputs: str) -> tuple[tuple[Any, ...], dict[str, Any]]:  # noqa: D102
        try:
            args, kwargs = _INPUT.decode(raw_inputs)
        except (msgspec.MsgspecError, ValueError, RecursionError) as error:
            plain.load(raw_inputs)
            raise UnreadablePayloadError(
                'an input is [[arguments], {keyword arguments}] in JSON, but this one is '
                f'{describe_value(raw_inputs)}'
            ) from error
        return (
            tuple(self._notation(n).read(_text(raw), f'args[{n}]') for n, raw in enumerate(args)),
            {name: self._notation(name).read(_text(raw), name) for name, raw in kwargs.items()},
        )

    def serialize_result(self, result: Any) -> str:  # noqa: D102
        return self._notation('').write(result, 'result')

    def deserialize_result(self, raw_result: str) -> Any:  # noqa: D102
        return self._notation('').read(raw_result, 'result')

    def _notation(self, place: int | str) -> Notation:
        if self._annotations is None:
            return _PLAIN
        found = self._notations.get(place)
        if found is None:
            found = self._notation_of(self._annotation(self._annotations, place))
            self._notations[place] = found
        return found

    def _notation_of(self, annotation: Any) -> Notation:
        return _PLAIN if annotation in (Any, object) else self.notation(annotation)

    def _annotation(self, annotations: Annotations, place: int | str) -> Any:
        if isinstance(place, int):
            return annotations.by_position(place)
        return annotations.by_name(place) if place else annotations.result


def check_same(value: Any, back: Any, path: str) -> None:
    """Raise a SerializationError where `value` comes back as something that JSON has instead.

    What an annotation makes of it (a dataclass of a dict, a datetime of a text) is meant. A tuple that comes back as a
    list, and a key as a string, are JSON's usual ways.
    """
    if _is_equal(value, back):
        return
    if isinstance(back, list) and isinstance(value, list | tuple) and len(value) == len(back):
        pairs = [(f'{path}[{n}]', one, other) for n, (one, other) in enumerate(zip(value, back, strict=True))]
    elif isinstance(back, dict) and isinstance(value, Mapping) and len(value) == len(back):
        for key, as_read in zip(value, back, strict=True):
            if isinstance(as_read, str) and not isinstance(key, str | int | float | bool | None):
                raise SerializationError(f'{path} has the key {describe_value(key)}; keys are strings')
        pairs = [
            (f'{path}[{key!r}]', one, other)
            for (key, one), other in zip(value.items(), back.values(), strict=True)
        ]
    elif isinstance(back, str | int | float | bool | list | dict | None):
        raise SerializationError(
            f'{path} is {describe_value(value)}, which would come back as {describe_value(back)}; annotate it as what '
            'it is'
        )
    elif type(value) is type(back):
        pairs = [(f'{path}{name}', one, other) for (name, one), (_, other) in zip(inside(value), inside(back))]  # noqa: B905 - as far as both go
    else:
        return
    for place, one, other in pairs:
        check_same(one, other, place)


def inside(value: Any) -> Iterator[tuple[str, Any]]:
    """Give what is in `value`, with the way there: ``[0]``, ``['key']``, ``.field``."""
    if isinstance(value, Mapping):
        yield from ((f'[{key!r}]', one) for key, one in value.items())
    elif isinstance(value, list | tuple):
        yield from ((f'[{position}]', one) for position, one in enumerate(value))
    elif dataclasses.is_dataclass(value):
        yield from ((f'.{field.name}', getattr(value, field.name)) for field in dataclasses.fields(value))
    else:   # a msgspec struct, an attrs class
        names = getattr(type(value), '__struct_fields__', None) or [
            field.name for field in getattr(type(value), '__attrs_attrs__', ())
        ]
        yield from ((f'.{name}', getattr(value, name)) for name in names)


def placed(error: Exception, path: str) -> str:
    """Give msgspec's message, with the place where we call it."""
    message = str(error)
    found = _PLACE.search(message)
    if found is None:
        return f'{path}: {message}'
    key = 'a key of ' if found['key'] else ''
    return f'{key}{path}{found["place"]}: {message[: found.start()]}'


def _is_equal(value: Any, back: Any) -> bool:
    """Whether it comes back as it was; a whole number may do so as the float that a parameter is annotated as."""
    try:
        return (type(value) is type(back) or (type(value), type(back)) == (int, float)) and bool(value == back)
    except Exception:  # noqa: BLE001 - user code: values that cannot be compared are looked into
        return False


def _text(raw: msgspec.Raw) -> str:
    return bytes(raw).decode()
