"""Memory: how much of it this process takes."""

import resource
import sys
from pathlib import Path
from typing import Final

_STATM: Final = Path('/proc/self/statm')    # Linux: sizes in pages; the second is what is in memory
_MB: Final = 1 << 20


def memory() -> float:
    """Give the memory that this process takes, in MB (of 2**20 bytes); where only its peak is known, that."""
    try:
        pages = int(_STATM.read_text(encoding='ascii').split()[1])
    except OSError:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak / _MB if sys.platform == 'darwin' else peak * 1024 / _MB     # bytes there, kilobytes elsewhere
    return pages * resource.getpagesize() / _MB
