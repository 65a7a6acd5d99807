"""Wear: when a process that has worked for long makes room for a new one, in case it leaks something."""

import resource
import sys
from pathlib import Path
from typing import Any, Final, NamedTuple

from pyswfaws.binding.checks import check_count, check_positive

_STATM: Final = Path('/proc/self/statm')    # Linux: sizes in pages; the second is what is in memory
_MB: Final = 1 << 20


class Wear(NamedTuple):
    """When a process is replaced: after so many tasks, or when it takes more memory, in MB. None: never."""

    max_tasks: int | None = None
    max_memory: float | None = None

    @classmethod
    def checked(cls, max_tasks: Any, max_memory: Any) -> 'Wear':
        """Give it for a user's values; raises a DefinitionError where they are none."""
        if max_tasks is not None:
            check_count(max_tasks, 'max_tasks')
        if max_memory is not None:
            check_positive(max_memory, 'max_memory')
        return cls(max_tasks, max_memory)

    def reason(self, tasks: int, memory: float) -> str | None:
        """Give why a process that has run `tasks` and takes `memory` is to be replaced; None if it is not."""
        if self.max_tasks is not None and tasks >= self.max_tasks:
            return f'it has run {tasks:,} tasks'
        if self.max_memory is not None and memory > self.max_memory:
            return f'it takes {memory:,.0f} MB'
        return None


def memory() -> float:
    """Give the memory that this process takes, in MB (of 2**20 bytes); where only its peak is known, that."""
    try:
        pages = int(_STATM.read_text(encoding='ascii').split()[1])
    except OSError:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak / _MB if sys.platform == 'darwin' else peak * 1024 / _MB     # bytes there, kilobytes elsewhere
    return pages * resource.getpagesize() / _MB
