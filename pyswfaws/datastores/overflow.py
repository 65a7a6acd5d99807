"""Two stores in one: what is small stays at hand, what is large goes elsewhere."""

from pyswfaws.datastores.base import DataStore
from pyswfaws.exceptions import DataStoreError, DefinitionError, describe_value
from pyswfaws.protocol.limits import DATA


class OverflowDataStore(DataStore):
    """Keeps a text in `small` while it has at most `threshold` characters, and else in `large`.

    With `SwfDataStore()` as `small` a text stays in SWF while it fits, and `threshold` may be left out: it is the
    length of the field that the text goes into.
    """

    def __init__(self, small: DataStore, large: DataStore, threshold: int = DATA) -> None:
        for name, store in (('small', small), ('large', large)):
            if not isinstance(store, DataStore):
                raise DefinitionError(f'{name} is a DataStore, but it is {describe_value(store)}')
        if not isinstance(threshold, int) or isinstance(threshold, bool) or threshold < 0:
            raise DefinitionError(f'threshold is a number of characters, but it is {describe_value(threshold)}')
        self.small = small
        self.large = large
        self.threshold = threshold

    def chosen_for(self, length: int, limit: int) -> DataStore:  # noqa: D102
        longest = min(self.threshold, limit) if self.small.is_inline else self.threshold
        return (self.small if length <= longest else self.large).chosen_for(length, limit)

    def put(self, message: str, key: str) -> str:  # noqa: D102
        return (self.large if self.small.is_inline else self.chosen_for(len(message), DATA)).put(message, key)

    def get(self, key: str) -> str:  # noqa: D102
        for store in (self.large, self.small):
            if store.owns(key):
                return store.get(key)
        raise DataStoreError(f'{describe_value(key)} is neither of {self.large!r} nor of {self.small!r}')

    def owns(self, pointer: str) -> bool:  # noqa: D102
        return self.large.owns(pointer) or self.small.owns(pointer)

    def __repr__(self) -> str:
        return f'OverflowDataStore({self.small!r}, {self.large!r}, {self.threshold})'
