"""Protocol Buffers: arguments and results that are messages.

The predecessor's form is kept: an input that is one message by position is that message and nothing else, in base64,
and so is a result. Any other input is ``[[MESSAGE, ...], {NAME: MESSAGE, ...}]`` in JSON; no base64 starts like that.
"""

import binascii
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from typing import Any

from pyswfaws.exceptions import (
    ConfigurationError,
    DefinitionError,
    SerializationError,
    UnreadablePayloadError,
    describe_value,
)
from pyswfaws.serializers import plain
from pyswfaws.serializers.annotations import Annotations
from pyswfaws.serializers.base import Serializer


class ProtobufSerializer(Serializer):
    """Writes Protocol Buffers messages, in base64.

    With `message_class`, every argument and the result are messages of that class. Without it, each is of the class
    that the function annotates. Needs the extra ``protobuf``.

    A value that is not of its class, and a message without its required fields, are refused.
    """

    def __init__(self, message_class: Any = None) -> None:
        try:
            from google.protobuf import message  # noqa: PLC0415 - an extra
        except ImportError as error:
            raise ConfigurationError("ProtobufSerializer needs pip install 'pyswfaws[protobuf]'") from error
        self._message = message
        if message_class is not None:
            self._check_class(message_class, 'message_class')
        self.message_class = message_class
        self._annotations: Annotations | None = None

    def annotated(self, annotations: Annotations) -> 'ProtobufSerializer':  # noqa: D102
        if self.message_class is not None:
            return self
        found = ProtobufSerializer()
        found._annotations = annotations
        return found

    def check_input(self) -> None:  # noqa: D102
        if self.message_class is None:
            for cls in self._of_function().parameters:
                self._check_class(cls, f'what is annotated of {self._of_function().name}')

    def check_result(self) -> None:  # noqa: D102
        self._class_of('', 'result')

    def serialize_input(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> str:  # noqa: D102
        positional = [self._write(value, f'args[{position}]', position) for position, value in enumerate(args)]
        named = {name: self._write(value, name, name) for name, value in kwargs.items()}
        return positional[0] if len(positional) == 1 and not named else plain.dump([positional, named], 'the input')

    def deserialize_input(self, raw_inputs: str) -> tuple[tuple[Any, ...], dict[str, Any]]:  # noqa: D102
        if not raw_inputs.startswith('['):
            return (self._read(raw_inputs, 'args[0]', 0),), {}
        match plain.load(raw_inputs):
            case [list(args), dict(kwargs)]:
                return (
                    tuple(self._read(text, f'args[{position}]', position) for position, text in enumerate(args)),
                    {name: self._read(text, name, name) for name, text in kwargs.items()},
                )
        raise UnreadablePayloadError(
            'an input is one message in base64, or [[messages], {names: messages}] in JSON, but this one is '
            f'{describe_value(raw_inputs)}'
        )

    def serialize_result(self, result: Any) -> str:  # noqa: D102
        return self._write(result, 'result', '')

    def deserialize_result(self, raw_result: str) -> Any:  # noqa: D102
        return self._read(raw_result, 'result', '')

    def _write(self, value: Any, path: str, place: int | str) -> str:
        cls = self._class_of(place, path)
        if not isinstance(value, cls):
            raise SerializationError(f'{path} is {describe_value(value)}, and no {cls.__name__}')
        try:
            return b64encode(value.SerializeToString(deterministic=True)).decode()
        except (self._message.EncodeError, ValueError) as error:
            raise SerializationError(f'{path}: {error}') from error

    def _read(self, text: Any, path: str, place: int | str) -> Any:
        cls = self._class_of(place, path)
        found = cls()
        try:
            found.ParseFromString(b64decode(text, validate=True))
            missing = found.FindInitializationErrors()
        except (self._message.DecodeError, binascii.Error, TypeError, ValueError) as error:
            raise UnreadablePayloadError(f'{path} is no {cls.__name__}: {error}, in {describe_value(text)}') from error
        if missing:
            raise UnreadablePayloadError(f'{path} is a {cls.__name__} without {", ".join(missing)}')
        return found

    def _class_of(self, place: int | str, path: str) -> Any:
        """Give the class of the argument at a position or of a name, or ('') of the result."""
        if self.message_class is not None:
            return self.message_class
        annotations = self._of_function()
        if isinstance(place, int):
            cls = annotations.by_position(place)
        else:
            cls = annotations.by_name(place) if place else annotations.result
        self._check_class(cls, f'the annotation of {path} of {annotations.name}')
        return cls

    def _of_function(self) -> Annotations:
        if self._annotations is None:
            raise DefinitionError('give ProtobufSerializer a message_class, or annotate the decorated function')
        return self._annotations

    def _check_class(self, cls: Any, what: str) -> None:
        if not isinstance(cls, type) or not issubclass(cls, self._message.Message):
            raise DefinitionError(f'{what} is a class of Protocol Buffers messages, but it is {describe_value(cls)}')

    def __repr__(self) -> str:
        return f'ProtobufSerializer({self.message_class.__name__ if self.message_class else ""})'
