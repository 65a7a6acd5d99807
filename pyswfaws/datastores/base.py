"""What a data store is, and the keys under which payloads are kept."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from hashlib import sha256
from typing import Final, NamedTuple
from urllib.parse import quote

from pyswfaws.exceptions import DataStoreError, describe_value

_LONGEST_PART: Final = 200  # of a key: a file name takes 255 characters, a key of S3 1,024 bytes


class DataStore(ABC):
    """Keeps texts.

    A store that keeps them elsewhere has `is_inline` False. Its `put` must answer a pointer that `get` understands in
    any other process, for as long as the execution and its history live. Keys hold letters, digits and ``/-_.=%~``
    only, no part of them is longer than 200 characters, and the same key is only ever written with the same text.

    Where a store cannot be reached it raises a DataStoreError, and what was asked of it is asked again later; where it
    can be reached but does not have what it should have, it raises a DataLostError.
    """

    is_inline = False

    @abstractmethod
    def put(self, message: str, key: str) -> str:
        """Keep `message` under `key` and answer the pointer; raises a DataStoreError where that fails."""

    @abstractmethod
    def get(self, key: str) -> str:
        """Give back what the pointer `key` stands for; raises a DataStoreError where that fails."""

    def owns(self, pointer: str) -> bool:   # noqa: ARG002 - a store that is the only one need not tell
        """Whether `pointer` is one that this store may have given: asked where several stores are at hand."""
        return True

    def chosen_for(self, length: int, limit: int) -> 'DataStore':   # noqa: ARG002 - for stores that choose
        """Give the store that keeps a text of `length` characters, where the field of SWF takes `limit`."""
        return self

    def __repr__(self) -> str:
        return f'{type(self).__name__}()'


class SwfDataStore(DataStore):
    """Leaves the text in SWF itself, whose fields take 32,768 characters."""

    is_inline = True

    def put(self, message: str, key: str) -> str:  # noqa: ARG002, D102
        return message

    def get(self, key: str) -> str:  # noqa: D102
        return key

    def owns(self, pointer: str) -> bool:  # noqa: ARG002, D102 - it gives none
        return False


class KeptObject(NamedTuple):
    """What a store keeps: the key it was put under, the pointer, the size in bytes, and when, in Unix time."""

    key: str
    pointer: str
    size: int
    written_at: float


class ListedDataStore(DataStore):
    """A store that can tell what it keeps, and delete it; ``pyswfaws store gc`` asks that of it."""

    @abstractmethod
    def objects(self) -> Iterator[KeptObject]:
        """Give everything that it keeps, in no order; raises a DataStoreError where that fails."""

    @abstractmethod
    def delete(self, pointer: str) -> None:
        """Delete an object; one that is not there is deleted. Raises a DataStoreError where that fails."""


def key_of(*parts: str) -> str:
    """Join `parts` to a key that is readable and safe: whatever an id contains, it cannot climb out of its folder.

    A part that is too long for a file name is cut, and told apart by a digest.

    >>> key_of('22abc/+=', '..', 'Double-1', 'input')
    '22abc%2F%2B=/%2E%2E/Double-1/input'
    """
    return '/'.join(map(_part_of_key, parts))


def key_under(start: str, pointer: str) -> str:
    """Give the key in a pointer that begins with `start`; raises a DataStoreError for a pointer to anywhere else."""
    key = pointer.removeprefix(start)
    if not pointer.startswith(start) or {'', '.', '..'} & set(key.split('/')):
        raise DataStoreError(f'{describe_value(pointer)} is no object under {start}')
    return key


def _part_of_key(part: str) -> str:
    safe = quote(part, safe='=~') if part.strip('.') else '%2E' * len(part) or '%'
    if len(safe) <= _LONGEST_PART:
        return safe
    return f'{safe[: _LONGEST_PART - 17]}~{sha256(part.encode()).hexdigest()[:16]}'
