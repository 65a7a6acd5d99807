"""Pickle: any Python value, at a price.

**Unpickling runs code.** Whoever can write into a workflow's history, or into the store, runs code in your workers,
unless what they write is refused: so everything is signed (HMAC-SHA256) with a key that only your processes have, and
what is not signed with it is never unpickled. Whoever has the key runs code in every worker. Pickles also tie
histories, which live for up to a year, to the classes of the code that wrote them. Use it where nothing else will do.
"""

import binascii
import hashlib
import hmac
import pickle
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from typing import Any, Final

from pyswfaws.exceptions import DefinitionError, SerializationError, UnreadablePayloadError
from pyswfaws.serializers.base import Serializer

_SHORTEST_KEY: Final = 32       # bytes: as long as the signature
_PROTOCOL: Final = 5            # fixed, so that the oldest Python of a fleet reads what the newest wrote


class PickleSerializer(Serializer):
    """Pickles whatever Python can pickle, signed; **unsafe** for whoever has not kept the key secret.

    `key` is 32 or more random bytes; `older_keys` are read too, so that a key can be changed. What is not signed with
    one of them, or was signed as something else (an input as a result), raises an UnreadablePayloadError unread.
    """

    def __init__(self, key: bytes, *older_keys: bytes) -> None:
        for one in (key, *older_keys):
            if not isinstance(one, bytes) or len(one) < _SHORTEST_KEY:
                raise DefinitionError(f'a key of PickleSerializer is {_SHORTEST_KEY} or more random bytes')
        self._keys = (key, *older_keys)

    def serialize_input(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> str:  # noqa: D102
        for place, value in (*((f'args[{n}]', value) for n, value in enumerate(args)), *kwargs.items()):
            _pickled(value, place)
        return self._signed(_pickled((tuple(args), dict(kwargs)), 'the input'), 'input')

    def deserialize_input(self, raw_inputs: str) -> tuple[tuple[Any, ...], dict[str, Any]]:  # noqa: D102
        args, kwargs = self._read(raw_inputs, 'input')
        return args, kwargs

    def serialize_result(self, result: Any) -> str:  # noqa: D102
        return self._signed(_pickled(result, 'result'), 'result')

    def deserialize_result(self, raw_result: str) -> Any:  # noqa: D102
        return self._read(raw_result, 'result')

    def _signed(self, data: bytes, what: str) -> str:
        return f'{_signature(self._keys[0], data, what)}:{b64encode(data).decode()}'

    def _read(self, text: str, what: str) -> Any:
        signature, _, body = text.partition(':')
        try:
            data = b64decode(body, validate=True)
        except (binascii.Error, ValueError) as error:
            raise UnreadablePayloadError(f'the {what} is no signed pickle') from error
        expected = [_signature(key, data, what) for key in self._keys]
        if not any(hmac.compare_digest(signature.encode(errors='replace'), one.encode()) for one in expected):
            raise UnreadablePayloadError(f'the {what} is not signed with a key of this serializer, and is left unread')
        try:
            return pickle.loads(data)  # noqa: S301 - it is signed by us
        except Exception as error:  # a class that has changed or gone may raise anything
            raise UnreadablePayloadError(f'the {what} cannot be unpickled: {type(error).__name__}: {error}') from error


def _pickled(value: Any, path: str) -> bytes:
    try:
        return pickle.dumps(value, _PROTOCOL)
    except Exception as error:  # user code: a class may have its own way to be pickled
        raise SerializationError(f'{path} cannot be pickled: {type(error).__name__}: {error}') from error


def _signature(key: bytes, data: bytes, what: str) -> str:
    return hmac.new(key, f'pyswfaws {what} '.encode() + data, hashlib.sha256).hexdigest()
