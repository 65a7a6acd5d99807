"""Codecs: what is done to a payload between its serializer and its store. Compression, and encryption.

Codecs are given in the order in which they are applied: compress first, then encrypt, since what is encrypted does not
get any smaller. Each leaves its name in the envelope, so that a reader knows what to undo, and says so where it cannot.
"""

import os
import zlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, Final

from pyswfaws.exceptions import ConfigurationError, DefinitionError, UnreadablePayloadError, describe_value

LONGEST: Final = 1 << 30    # bytes that a compressed payload may grow to: a small one must not fill the memory
_NONCE: Final = 12          # bytes, as NIST SP 800-38D recommends
_KEY_LENGTHS: Final = (16, 24, 32)


class Codec(ABC):
    """Turns bytes into other bytes and back.

    `name` stands in the envelope of what was encoded, in histories that live for a year: it never changes, and says in
    what way to decode, also to later versions of the codec.
    """

    name: str

    @abstractmethod
    def encode(self, data: bytes) -> bytes | None:
        """Give `data` encoded; None to leave it as it is."""

    @abstractmethod
    def decode(self, data: bytes) -> bytes:
        """Give what was encoded; raises an UnreadablePayloadError for what this codec has not written."""

    def __repr__(self) -> str:
        return f'{type(self).__name__}()'


class _Compression(Codec):
    """Leaves alone what it would not make smaller, and what is shorter than `minimum` bytes."""

    def __init__(self, level: int, minimum: int = 1_000) -> None:
        self.level = level
        self.minimum = minimum

    def encode(self, data: bytes) -> bytes | None:
        if len(data) < self.minimum:
            return None
        packed = self._pack(data)
        return packed if len(packed) < len(data) else None

    @abstractmethod
    def _pack(self, data: bytes) -> bytes: ...


class ZlibCodec(_Compression):
    """Compresses with zlib (RFC 1950), which every Python has."""

    name = 'zlib'

    def __init__(self, level: int = 6, minimum: int = 1_000) -> None:
        super().__init__(level, minimum)

    def _pack(self, data: bytes) -> bytes:
        return zlib.compress(data, self.level)

    def decode(self, data: bytes) -> bytes:  # noqa: D102
        unpacker = zlib.decompressobj()
        try:
            found = unpacker.decompress(data, LONGEST)
        except zlib.error as error:
            raise UnreadablePayloadError(f'damaged: zlib says {error}') from error
        if not unpacker.eof or unpacker.unused_data:
            raise UnreadablePayloadError(f'cut off, or longer than {LONGEST:,} bytes when it is decompressed')
        return found


class ZstdCodec(_Compression):
    """Compresses with Zstandard (RFC 8878): better and faster than zlib. Needs the extra ``zstd``."""

    name = 'zstd'

    def __init__(self, level: int = 3, minimum: int = 1_000) -> None:
        super().__init__(level, minimum)
        self._zstd: Any = _extra('zstandard', 'zstd', 'ZstdCodec')

    def _pack(self, data: bytes) -> bytes:
        return bytes(self._zstd.ZstdCompressor(level=self.level, write_checksum=True).compress(data))

    def decode(self, data: bytes) -> bytes:  # noqa: D102
        try:
            if not 0 <= self._zstd.frame_content_size(data) <= LONGEST:     # we always say how long it is
                raise UnreadablePayloadError(f'longer than {LONGEST:,} bytes when it is decompressed')
            return bytes(self._zstd.ZstdDecompressor().decompress(data, allow_extra_data=False))
        except self._zstd.ZstdError as error:
            raise UnreadablePayloadError(f'damaged: zstd says {error}') from error


class AesGcmCodec(Codec):
    """Encrypts with AES-GCM (NIST SP 800-38D). Needs the extra ``crypto``.

    `keys` gives the keys by their ids: a mapping, or a callable that answers one and is asked each time, so that keys
    may come from a key service and change. A key is 16, 24 or 32 random bytes, an id a text of up to 255 bytes. What
    is written is encrypted under the key `current`, a text or a callable; what is read, under whichever its id says.
    To rotate, add a key, make it current when every process has it, and drop the old one when nothing is left that was
    written under it.

    A change of what was encrypted, or of the id, is noticed. That one whole payload was put in another's place is not.
    """

    name = 'aes-gcm'

    def __init__(
        self, keys: Mapping[str, bytes] | Callable[[], Mapping[str, bytes]], current: str | Callable[[], str],
    ) -> None:
        for argument, value, kind in (('keys', keys, Mapping), ('current', current, str)):
            if not isinstance(value, kind) and not callable(value):
                raise DefinitionError(
                    f'{argument} is a {kind.__name__} or a callable that answers one, but it is a '
                    f'{type(value).__name__}'  # its value may be secret
                )
        self._keys = keys
        self._current = current
        self._aead: Any = _extra('cryptography.hazmat.primitives.ciphers.aead', 'crypto', 'AesGcmCodec')
        if not callable(keys) and not callable(current):
            self._cipher(keys, current)

    def encode(self, data: bytes) -> bytes:  # noqa: D102
        key_id = self._current() if callable(self._current) else self._current
        cipher, nonce = self._cipher(self._all_keys(), key_id), os.urandom(_NONCE)
        name = key_id.encode()
        head = bytes([len(name)]) + name
        return head + nonce + bytes(cipher.encrypt(nonce, data, head))

    def decode(self, data: bytes) -> bytes:  # noqa: D102
        end = 1 + (data[0] if data else 0)
        head, nonce, rest = data[:end], data[end:end + _NONCE], data[end + _NONCE:]
        try:
            key_id = head[1:].decode()
        except UnicodeDecodeError as error:
            raise UnreadablePayloadError('what should be encrypted is damaged') from error
        keys = self._all_keys()
        if key_id not in keys:
            raise UnreadablePayloadError(
                f'it is encrypted under the key {describe_value(key_id)}, which AesGcmCodec was not given'
            )
        from cryptography.exceptions import InvalidTag  # noqa: PLC0415 - an extra

        try:
            return bytes(self._cipher(keys, key_id).decrypt(nonce, rest, head))
        except (InvalidTag, ValueError) as error:
            raise UnreadablePayloadError(
                f'what is encrypted under the key {key_id!r} was changed, or encrypted under another key of that id'
            ) from error

    def _all_keys(self) -> Mapping[str, bytes]:
        return self._keys() if callable(self._keys) else self._keys

    def _cipher(self, keys: Mapping[str, bytes], key_id: str) -> Any:
        if key_id not in keys:
            raise DefinitionError(f'there is no key {key_id!r} among the keys of AesGcmCodec')
        key = keys[key_id]
        if not isinstance(key, bytes) or len(key) not in _KEY_LENGTHS or not 1 <= len(key_id.encode()) <= 255:  # noqa: PLR2004 - the length is one byte
            raise DefinitionError(f'the key {key_id!r} is 16, 24 or 32 bytes, under an id of 1 to 255 bytes')
        return self._aead.AESGCM(key)


#: Codecs that a reader needs no setting for, by name.
READABLE: Final[Mapping[str, Callable[[], Codec]]] = {'zlib': ZlibCodec, 'zstd': ZstdCodec}


def _extra(module: str, extra: str, what: str) -> Any:
    try:
        return import_module(module)
    except ImportError as error:
        raise ConfigurationError(f"{what} needs pip install 'pyswfaws[{extra}]'") from error
