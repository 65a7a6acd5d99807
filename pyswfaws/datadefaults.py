"""Data defaults: the store and the codecs of payloads for which nothing else is named, in this process.

They are the environment's (``PYSWFAWS_STORE``, the address of a store), unless the program chooses others. Signals,
markers, published values and the details of heartbeats and failures, which no decorator speaks of, have only these.
"""

import os
from collections.abc import Sequence
from functools import cache
from typing import Final, NamedTuple

from pyswfaws.codecs import Codec
from pyswfaws.datastores import DataStore, OverflowDataStore, SwfDataStore, store_at
from pyswfaws.exceptions import DefinitionError, describe_value

STORE_VARIABLE: Final = 'PYSWFAWS_STORE'


class DataDefaults(NamedTuple):
    """The store and the codecs of what names none."""

    store: DataStore = SwfDataStore()
    codecs: tuple[Codec, ...] = ()


_chosen: list[DataDefaults] = []    # one, once the program has chosen


def set_data_defaults(store: DataStore | None = None, codecs: Sequence[Codec] = ()) -> None:
    """Choose the store and the codecs of everything in this process for which nothing else is named.

    Call it where the program starts, in workers and clients alike, before anything is written. Without `store` it
    stays what the environment says: with ``PYSWFAWS_STORE`` what fits stays in SWF and what does not goes there,
    without it everything stays in SWF. Called without arguments it leaves all to the environment again.
    """
    if store is not None and not isinstance(store, DataStore):
        raise DefinitionError(f'store is a DataStore, but it is {describe_value(store)}')
    _chosen[:] = [DataDefaults(store or _of_environment(), check_codecs(codecs, 'codecs'))] if store or codecs else []


def data_defaults() -> DataDefaults:
    """Give the defaults as they are now; raises a ConfigurationError where the environment names no store."""
    return _chosen[0] if _chosen else DataDefaults(_of_environment())


def chosen_data_defaults() -> DataDefaults | None:
    """Give what `set_data_defaults` chose; None while all is left to the environment."""
    return _chosen[0] if _chosen else None


def check_codecs(codecs: Sequence[Codec], name: str) -> tuple[Codec, ...]:
    """Give `codecs` as a tuple; raises a DefinitionError where the argument `name` holds anything else."""
    if isinstance(codecs, Codec) or not all(isinstance(codec, Codec) for codec in codecs):
        raise DefinitionError(f'{name} is a sequence of codecs, but it is {describe_value(codecs)}')
    return tuple(codecs)


def _of_environment() -> DataStore:
    return _overflowing_to(os.environ.get(STORE_VARIABLE, ''))


@cache
def _overflowing_to(address: str) -> DataStore:
    return OverflowDataStore(SwfDataStore(), store_at(address)) if address else SwfDataStore()
