"""Guard: finds what a decider may not do, because a replay would see something else, or do it again.

A decider that reads the clock, draws random numbers, opens files or sockets, or starts threads, decides otherwise when
it is replayed. Each of these ends in a function of C, however it is reached: by another name, through `pathlib` or
`random.choice`, or in a library. So while a program runs, a profile function (`sys.setprofile`) looks at each call of a
C function, and `_FORBIDDEN` says which of them are none of a decider's business.

Only the program's own calls count: those whose nearest frame of this library is one that runs the user's decider
(`_ENTRIES`), and in which no machinery of Python's (`_EXCUSED`) stands between. A function under ``@cached`` is called
from elsewhere, and may do what it likes.

It cannot see what needs no call: environment variables, globals that something else changes, the order of a set. And
while another profiler runs in the thread, it stands aside.
"""

import random
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from functools import partial
from types import FrameType
from typing import Any, Final, Literal, TypeAlias, get_args

import _socket

from pyswfaws.exceptions import DecisionError, DefinitionError, describe_value
from pyswfaws.replay.lines import line_of

#: How a guard answers: not at all, with a warning, or by leaving the decision task unanswered.
Mode: TypeAlias = Literal['off', 'warn', 'raise']

_CLOCK: Final = 'reads the clock: use workflow.now()'
_SLEEP: Final = 'sleeps in its worker: use workflow.sleep() or Timer'
_DICE: Final = 'draws random numbers that no replay will draw again: use workflow.random() or workflow.uuid4()'
_FILES: Final = 'uses files: do it in an activity, or a function under @cached'
_NETWORK: Final = 'uses the network: do it in an activity, or a function under @cached'
_THREADS: Final = 'starts a thread: use branch()'
_PROCESSES: Final = 'starts a process: do it in an activity'

#: What a decider may not call: the name of a C function, which module or class has it, and what is said of it.
_FORBIDDEN: Final[Mapping[str, tuple[str | type, str]]] = {
    **dict.fromkeys(('time', 'time_ns', 'monotonic', 'monotonic_ns', 'perf_counter', 'clock_gettime'), ('time', _CLOCK)),
    **dict.fromkeys(('now', 'utcnow', 'today'), (date, _CLOCK)),
    'sleep': ('time', _SLEEP),
    **dict.fromkeys(('random', 'getrandbits'), (random.Random, _DICE)),
    'urandom': ('posix', _DICE),
    'generate_time_safe': ('_uuid', _DICE),
    **dict.fromkeys(('open', 'open_code'), ('_io', _FILES)),
    **dict.fromkeys(('listdir', 'scandir', 'mkdir', 'unlink', 'rename', 'replace', 'rmdir'), ('posix', _FILES)),
    **dict.fromkeys(('connect', 'connect_ex', 'bind', 'send', 'sendall', 'sendto', 'recv'), (_socket.socket, _NETWORK)),
    **dict.fromkeys(('getaddrinfo', 'gethostbyname'), ('_socket', _NETWORK)),
    **dict.fromkeys(('start_new_thread', 'start_joinable_thread'), ('_thread', _THREADS)),
    **dict.fromkeys(('system', 'fork', 'posix_spawn'), ('posix', _PROCESSES)),
    'fork_exec': ('_posixsubprocess', _PROCESSES),
}

#: The dice whose seed nobody knows; a `random.Random(seed)` of the decider's own is as good as any calculation.
_UNSEEDED: Final = getattr(random, '_inst')  # noqa: B009 - that `random.random` and its like share one is no secret

#: The modules of this library that call the user's decider, or a branch of it.
_ENTRIES: Final = frozenset({'pyswfaws.binding.decider', 'pyswfaws.binding.coroutines', 'pyswfaws.concurrency'})

#: What may look at the clock and at files in any program: logging, warnings, imports, tracebacks.
_EXCUSED: Final = frozenset({'logging', 'warnings', 'importlib', 'linecache', 'traceback', 'tokenize', 'inspect'})


class Guard:
    """Watches deciders, as `mode` says; `warn` is told what they did, once for each line."""

    def __init__(self, mode: Mode, warn: Callable[[str], object]) -> None:
        if mode not in get_args(Mode):
            raise DefinitionError(f"guard is one of {', '.join(get_args(Mode))}, but it is {describe_value(mode)}")
        self._mode = mode
        self._warn = warn
        self._told: set[str] = set()

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Watch the programs that run in this thread inside the block.

        Raises a DecisionError at its end where the mode is 'raise' and something was found: the decision task is then
        left unanswered, and the execution as it is.
        """
        if self._mode == 'off' or sys.getprofile() is not None:
            yield
            return
        found: dict[str, None] = {}     # in the order in which it happened
        sys.setprofile(partial(_see, found))
        try:
            yield
        finally:
            sys.setprofile(None)
        if found and self._mode == 'raise':
            raise DecisionError('; '.join(found))
        for what in found.keys() - self._told:
            self._told.add(what)
            self._warn(what)


def _see(found: dict[str, None], frame: FrameType, event: str, called: Any) -> None:
    if event != 'c_call' or called.__name__ not in _FORBIDDEN:
        return
    owner, what = _FORBIDDEN[called.__name__]
    if _is_of(called, owner) and _is_the_programs(frame):
        found[f'the decider {what} ({line_of(_outside_the_standard_library(frame))})'] = None


def _is_of(called: Any, owner: str | type) -> bool:
    it = getattr(called, '__self__', None)
    if isinstance(owner, str):
        return getattr(it, '__name__', None) == owner
    if owner is random.Random:
        return it is _UNSEEDED
    return isinstance(it, owner) or (isinstance(it, type) and issubclass(it, owner))


def _is_the_programs(frame: FrameType | None) -> bool:
    while frame is not None:
        module = frame.f_globals.get('__name__', '')
        if module.startswith('pyswfaws.'):
            return module in _ENTRIES
        if module.partition('.')[0] in _EXCUSED:
            return False
        frame = frame.f_back
    return False


def _outside_the_standard_library(frame: FrameType) -> FrameType:
    while frame.f_globals.get('__name__', '').partition('.')[0] in sys.stdlib_module_names and frame.f_back is not None:
        frame = frame.f_back
    return frame
