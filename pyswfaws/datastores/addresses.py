"""A store by its address, as the environment and the command line give it."""

from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import unquote, urlsplit

from pyswfaws.datastores.base import ListedDataStore
from pyswfaws.datastores.file import FileDataStore
from pyswfaws.datastores.fsspec import FsspecDataStore
from pyswfaws.datastores.s3 import S3DataStore
from pyswfaws.exceptions import ConfigurationError

#: Scheme of an address -> the store. For every other scheme fsspec is asked.
_STORES: Final[Mapping[str, Callable[[str], ListedDataStore]]] = {
    's3': lambda address: S3DataStore(urlsplit(address).netloc, urlsplit(address).path),
    'file': lambda address: FileDataStore(unquote(urlsplit(address).path)),
}


def store_at(address: str) -> ListedDataStore:
    """Give the store at ``s3://bucket/prefix``, ``file:///folder``, or a URL that fsspec knows.

    Raises a ConfigurationError for what is no address.

    >>> from pyswfaws.datastores import store_at
    >>> store_at('s3://swf-data/orders')
    S3DataStore('swf-data', 'orders')
    """
    scheme, separator, rest = address.partition('://')
    if not separator or not rest.strip('/'):
        raise ConfigurationError(
            f'{address!r} is no address of a data store; one is s3://bucket/prefix or file:///folder'
        )
    return _STORES.get(scheme, FsspecDataStore)(address)
