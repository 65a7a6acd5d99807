"""Where SWF Local keeps its world: in memory, or in an SQLite file."""

from .base import ForeignFileError, LockedError, StoreError
from .memory import MemoryStore
from .sqlite import SqliteStore

__all__ = ['ForeignFileError', 'LockedError', 'MemoryStore', 'SqliteStore', 'StoreError']
