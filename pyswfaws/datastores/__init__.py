"""Data stores: where the text of a payload is kept.

`SwfDataStore` leaves it where it is, in the field of SWF; every other store keeps it elsewhere and leaves a pointer.
Nothing that a store needs (boto3, fsspec) is imported before it is used.
"""

from pyswfaws.datastores.addresses import store_at
from pyswfaws.datastores.base import DataStore, KeptObject, ListedDataStore, SwfDataStore, key_of
from pyswfaws.datastores.file import FileDataStore
from pyswfaws.datastores.fsspec import FsspecDataStore
from pyswfaws.datastores.memory import MemoryDataStore
from pyswfaws.datastores.overflow import OverflowDataStore
from pyswfaws.datastores.s3 import S3DataStore

__all__ = [
    'DataStore', 'FileDataStore', 'FsspecDataStore', 'KeptObject', 'ListedDataStore', 'MemoryDataStore',
    'OverflowDataStore', 'S3DataStore', 'SwfDataStore', 'key_of', 'store_at',
]
