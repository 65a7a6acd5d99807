"""A store for tests."""

import time
from collections.abc import Iterator

from pyswfaws.datastores.base import KeptObject, ListedDataStore, key_under
from pyswfaws.exceptions import DataLostError


class MemoryDataStore(ListedDataStore):
    """Keeps texts in this process, and as long as it lives: for tests.

    `kept` is what it keeps, by key; a test may look at it, alter it, or lose some of it.
    """

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}
        self._written: dict[str, float] = {}

    def put(self, message: str, key: str) -> str:  # noqa: D102
        self.kept[key] = message
        self._written[key] = time.time()
        return f'memory:{key}'

    def get(self, key: str) -> str:  # noqa: D102
        try:
            return self.kept[key_under('memory:', key)]
        except KeyError:
            raise DataLostError(f'{key} is not in the memory of this process') from None

    def owns(self, pointer: str) -> bool:  # noqa: D102
        return pointer.startswith('memory:')

    def objects(self) -> Iterator[KeptObject]:  # noqa: D102
        for key, message in list(self.kept.items()):
            yield KeptObject(key, f'memory:{key}', len(message.encode()), self._written.get(key, 0))

    def delete(self, pointer: str) -> None:  # noqa: D102
        self.kept.pop(key_under('memory:', pointer), None)
