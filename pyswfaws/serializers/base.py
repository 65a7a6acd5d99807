"""What a serializer is."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

from pyswfaws.serializers.annotations import Annotations


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

    def serialize_event(self, arguments: Mapping[str, Any]) -> str:
        """Write arguments by name as one object: what a Lambda function is given."""
        return self.serialize_result(dict(arguments))

    def check_input(self) -> None:  # noqa: B027 - for serializers that go by annotations
        """Raise a DefinitionError where a parameter's annotation is of no use; a worker asks before it starts."""

    def check_result(self) -> None:  # noqa: B027 - likewise
        """Raise a DefinitionError where the result's annotation is of no use; a worker asks before it starts."""

    def annotated(self, annotations: Annotations) -> 'Serializer':  # noqa: ARG002 - for serializers that use them
        """Give the serializer for a function with these annotations; itself unless it makes use of them."""
        return self

    def __repr__(self) -> str:
        return f'{type(self).__name__}()'
