"""Lines: where in the user's code a call or a read stands."""

import sys
from types import FrameType
from typing import Final

#: Modules whose frames are the library's own, not the user's.
_ENGINE: Final = (
    'pyswfaws.replay', 'pyswfaws.binding', 'pyswfaws.decorators', 'pyswfaws.promise', 'pyswfaws.concurrency',
    'pyswfaws.workflow', 'pyswfaws.testing', 'contextlib',
)


def line_of(frame: FrameType | None) -> str:
    """Give file and line of the innermost frame of the user's code, from `frame` outwards; empty if there is none."""
    while frame is not None:
        if not frame.f_globals.get('__name__', '').startswith(_ENGINE):
            return sys.intern(f'{frame.f_code.co_filename}:{frame.f_lineno}')    # the same for many calls
        frame = frame.f_back
    return ''


def calling_line() -> str:
    """Give file and line of the user's code that runs now."""
    return line_of(sys._getframe(1))  # noqa: SLF001 - the documented way to a caller's frame without a traceback
