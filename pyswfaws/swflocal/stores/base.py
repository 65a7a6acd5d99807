"""What every store has in common: the interface, which the service defines, and what can be wrong with one."""

from pyswfaws.swflocal.service.storage import Store, TaskListKey

__all__ = ['ForeignFileError', 'LockedError', 'Store', 'StoreError', 'TaskListKey']


class StoreError(OSError):
    """A store that cannot be used; the message is one line and says what to do."""


class ForeignFileError(StoreError):
    """The file is no database of SWF Local, or one of a later version."""


class LockedError(StoreError):
    """Another process uses the file."""
