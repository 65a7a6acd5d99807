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

    def annotated(self, annotations: Annotations) -> 'Serializer':  # noqa: ARG002 - for serializers that use them
        """Give the serializer for a function with these annotations; itself unless it makes use of them."""
        return self

    def __repr__(self) -> str:
        return f'{type(self).__name__}()'
