"""JSON, by the annotations of the decorated function, through pydantic."""

from typing import Any

from pyswfaws.exceptions import (
    ConfigurationError,
    DefinitionError,
    SerializationError,
    UnreadablePayloadError,
    describe_value,
)
from pyswfaws.serializers.typed import Notation, TypedSerializer, check_same


class PydanticSerializer(TypedSerializer):
    """JSON as pydantic writes and reads it: for models, constraints, unions and types that `JsonSerializer` lacks.

    What is not annotated is plain JSON. Bytes are base64, inside models what the model's configuration says (text,
    unless it says otherwise). Needs the extra ``pydantic``.
    """

    def __init__(self) -> None:
        super().__init__()
        try:
            import pydantic  # noqa: PLC0415 - an extra
        except ImportError as error:
            raise ConfigurationError("PydanticSerializer needs pip install 'pyswfaws[pydantic]'") from error
        self._pydantic = pydantic

    def notation(self, annotation: Any) -> Notation:  # noqa: D102
        make, wrong = self._pydantic.TypeAdapter, self._pydantic.errors.PydanticUserError
        try:
            try:
                return _ByPydantic(make(annotation, config={'ser_json_bytes': 'base64', 'val_json_bytes': 'base64'}))
            except wrong as error:
                if error.code != 'type-adapter-config-unused':
                    raise
                return _ByPydantic(make(annotation))    # a model, which says itself what its bytes are
        except wrong as error:
            raise DefinitionError(f'pydantic cannot read JSON as {annotation}: {error}') from error


class _ByPydantic:
    """The values of one annotation, as pydantic has them."""

    def __init__(self, adapter: Any) -> None:
        self._adapter = adapter

    def write(self, value: Any, path: str) -> str:
        try:
            data = self._adapter.dump_json(value, by_alias=True, round_trip=True, warnings='error')
            back = self._adapter.validate_json(data)
        except (ValueError, RecursionError) as error:   # those of pydantic are ValueErrors
            raise SerializationError(_placed(error, path, value)) from error
        check_same(value, back, path)
        return str(data.decode())

    def read(self, text: str, path: str) -> Any:
        try:
            return self._adapter.validate_json(text)
        except (ValueError, RecursionError) as error:
            raise UnreadablePayloadError(_placed(error, path, text)) from error


def _placed(error: Exception, path: str, value: Any) -> str:
    """Name the first place that pydantic complains of."""
    if not hasattr(error, 'errors'):
        return f'{path} is {describe_value(value)}, which pydantic cannot write: {error}'
    first = error.errors(include_url=False)[0]
    place = ''.join(f'[{part!r}]' for part in first['loc'])
    return f'{path}{place} is {describe_value(first["input"])}: {first["msg"]}'
