"""Every exception that pyswfaws raises, in one family.

What a user's decider catches stands first, then what a caller of the client meets, then what ends a command, last what
only the library itself may see.
"""

from typing import Any


class PyswfawsError(Exception):
    """The base of every error of this package."""
