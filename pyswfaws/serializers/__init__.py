"""Serializers: Python values to text, and back.

`JsonSerializer` is the default. What a serializer needs (protobuf, pydantic) is imported when it is made.
"""

from pyswfaws.serializers.annotations import Annotations
from pyswfaws.serializers.base import Serializer
from pyswfaws.serializers.json import JsonSerializer
from pyswfaws.serializers.protobuf import ProtobufSerializer
from pyswfaws.serializers.pydantic import PydanticSerializer

__all__ = ['Annotations', 'JsonSerializer', 'ProtobufSerializer', 'PydanticSerializer', 'Serializer']
