"""JSON, by the annotations of the decorated function, through msgspec."""

from typing import Any, Final, get_origin

import msgspec

from pyswfaws.exceptions import DefinitionError, SerializationError, UnreadablePayloadError, describe_value
from pyswfaws.serializers.annotations import Annotations
from pyswfaws.serializers.typed import Notation, TypedSerializer, check_same, inside, placed


class JsonSerializer(TypedSerializer):
    """JSON (RFC 8259), compact, with every character as it is. Arguments are ``[[args], {kwargs}]``.

    What the function annotates is written and read as what it is: dataclasses, enums, datetime, date, time, timedelta
    (ISO 8601), UUID, Decimal, bytes (base64), sets, tuples, named tuples, typed dicts, msgspec structs, attrs classes
    and pydantic models, in lists, dicts, optional and each other. A value that does not match its annotation is
    refused where it is written. With `typed` False annotations are left aside.

    What is not annotated is what JSON has: a tuple comes back as a list, the keys of a dict are strings, and a value
    that JSON has no word for (a set, a datetime, NaN) is refused.

    >>> JsonSerializer().serialize_input((1, 'ü'), {'deep': True})
    '[[1,"ü"],{"deep":true}]'
    >>> JsonSerializer().deserialize_result(JsonSerializer().serialize_result((1, None)))
    [1, None]
    """

    def __init__(self, *, typed: bool = True) -> None:
        super().__init__()
        self.typed = typed

    def annotated(self, annotations: Annotations) -> 'JsonSerializer':  # noqa: D102
        return super().annotated(annotations) if self.typed else self

    def notation(self, annotation: Any) -> Notation:  # noqa: D102
        return _ByMsgspec(annotation)


class _ByMsgspec:
    """The values of one annotation, as msgspec has them."""

    def __init__(self, annotation: Any) -> None:
        self._annotation = annotation
        try:
            self._decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder(annotation, dec_hook=_made)
        except (TypeError, ValueError) as error:
            raise DefinitionError(
                f'JSON cannot be read as {annotation}: {error}; annotate it otherwise, or use PydanticSerializer() or '
                'JsonSerializer(typed=False)'
            ) from error

    def write(self, value: Any, path: str) -> str:
        try:
            data = _ENCODER.encode(value)
        except _UNWRITABLE as error:
            raise _blamed(value, path, error) from error
        try:
            back = self._decoder.decode(data)
        except msgspec.MsgspecError as error:
            name = self._annotation.__qualname__ if isinstance(self._annotation, type) else self._annotation
            raise SerializationError(f'{placed(error, path)}; {path} is annotated as {name}') from error
        check_same(value, back, path)
        return data.decode()

    def read(self, text: str, path: str) -> Any:
        try:
            return self._decoder.decode(text)
        except (msgspec.MsgspecError, ValueError, RecursionError) as error:
            raise UnreadablePayloadError(f'{placed(error, path)} in {describe_value(text)}') from error


def _unmade(value: Any) -> Any:
    """Give a pydantic model as what JSON has; msgspec knows all else that we know."""
    if hasattr(value, 'model_dump_json'):
        return msgspec.Raw(value.model_dump_json(by_alias=True, round_trip=True).encode())
    raise TypeError('JSON has no word for it')


def _made(cls: Any, value: Any) -> Any:
    """Give what `value`, which JSON had, is as a `cls`, which msgspec does not know; `cls` is from an annotation."""
    if hasattr(cls, 'model_validate_json'):
        return cls.model_validate_json(msgspec.json.encode(value))
    if isinstance(value, get_origin(cls) or cls):   # an object, an Iterable, a protocol: it is one already
        return value
    raise TypeError(f'JSON cannot be read as {cls}')


_ENCODER: Final = msgspec.json.Encoder(enc_hook=_unmade)
_UNWRITABLE: Final = (TypeError, ValueError, RecursionError, msgspec.MsgspecError)


def _blamed(value: Any, path: str, error: Exception) -> SerializationError:
    """Name the innermost place in `value` that cannot be written."""
    if isinstance(error, RecursionError):
        return SerializationError(f'{path} is nested too deeply for JSON, or contains itself')
    for place, one in inside(value):
        try:
            _ENCODER.encode(one)
        except _UNWRITABLE as inner:
            return _blamed(one, f'{path}{place}', inner)
    return SerializationError(f'{path} is {describe_value(value)}, which JSON cannot write: {error}')
