"""Guard: finds what a decider may not do, because a replay would see something else, or do it again.

A decider that reads the clock, draws random numbers, opens files or sockets, or starts threads, decides otherwise when
it is replayed. Each of these ends in a function of C, however it is reached: under another name, through `pathlib` or
`random.choice`, in somebody's library. So while a program runs, a profile function (`sys.setprofile`) looks at each
call of a C function, and `_FORBIDDEN` says which of them are none of a decider's business.

Only the program's own calls count: those whose nearest frame of this library is one that runs the user's decider
(`_ENTRIES`), with no machinery of Python's (`_EXCUSED`) in between. A function under ``@cached`` is called from
elsewhere, and may do what it likes.

What needs no call cannot be seen: environment variables, globals that something else changes, the order of a set. And
where another profiler is at work in the thread, the guard stands aside.
"""

import _socket
import random
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from functools import partial
from types import FrameType, ModuleType
from typing import Any, Final, Literal, TypeAlias, get_args

from pyswfaws.exceptions import DecisionError, DefinitionError, describe_value
from pyswfaws.replay.lines import line_of

#: How a guard answers: not at all, with a warning, or by leaving the decision task unanswered.
Mode: TypeAlias = Literal['off', 'warn', 'raise']

#: What a decider may not call, by module or class and name, and what is said of it.
_FORBIDDEN: Final[Mapping[str, str]] = {
    f'{owner}.{name}': what
    for what, owner, names in (
        ('reads the clock: use workflow.now()', 'time', 'time time_ns monotonic monotonic_ns perf_counter'),
        ('reads the clock: use workflow.now()', 'date', 'now utcnow today'),
        ('sleeps in its worker: use workflow.sleep() or Timer', 'time', 'sleep'),
        ('draws what no replay draws again: use workflow.random()', 'Random', 'random getrandbits'),
        ('draws what no replay draws again: use workflow.random() or workflow.uuid4()', 'posix', 'urandom'),
        ('draws what no replay draws again: use workflow.uuid4()', '_uuid', 'generate_time_safe'),
        ('uses files: that is for an activity or a cached function', '_io', 'open open_code'),
        ('uses files: that is for an activity or a cached function', 'io', 'open open_code'),  # _io in 3.11
        ('uses files: that is for an activity or a cached function', 'posix', 'open listdir scandir mkdir unlink'),
        ('uses the network: that is for an activity or a cached function', 'socket', 'connect connect_ex bind sendto'),
        ('uses the network: that is for an activity or a cached function', '_socket', 'getaddrinfo gethostbyname'),
        ('starts a thread: use branch()', '_thread', 'start_new_thread start_joinable_thread'),
        ('starts a process: that is for an activity', 'posix', 'system fork posix_spawn'),
        ('starts a process: that is for an activity', '_posixsubprocess', 'fork_exec'),
    )
    for name in names.split()
}
_NAMES: Final = frozenset(key.partition('.')[2] for key in _FORBIDDEN)

#: The dice behind `random.random` and its like. A Random that the decider seeds itself is as good as any calculation.
_SHARED_DICE: Final = random.random.__self__  # type: ignore[attr-defined] # as of every method of an object

#: The functions of this library that call, from inside, the user's decider or a branch of it.
_ENTRIES: Final = frozenset({
    'pyswfaws.binding.decider.program_of', 'pyswfaws.binding.coroutines.drive', 'pyswfaws.concurrency.branch',
})

#: What may look at the clock, and at files, in any program. Hypothesis does, whenever garbage happens to be collected.
_EXCUSED: Final = frozenset({
    'hypothesis', 'importlib', 'inspect', 'linecache', 'logging', 'tokenize', 'traceback', 'warnings',
})


class Guard:
    """Watches deciders as `mode` says; `warn` is told what they did, once for each line of theirs."""

    def __init__(self, mode: Mode, warn: Callable[[str], object]) -> None:
        if mode not in get_args(Mode):
            raise DefinitionError(f"guard is one of {', '.join(get_args(Mode))}, but it is {describe_value(mode)}")
        self._mode = mode
        self._warn = warn
        self._told: set[str] = set()

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Watch the programs that run in this thread inside the block.

        Raises a DecisionError at its end where the mode is 'raise' and something was found, so that the decision task
        is left unanswered, and the execution as it is.
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
        for what in found:
            if what not in self._told:
                self._told.add(what)
                self._warn(what)


def _see(found: dict[str, None], frame: FrameType, event: str, called: Any) -> None:
    if event != 'c_call' or called.__name__ not in _NAMES:
        return
    what = _FORBIDDEN.get(f'{_owner(called)}.{called.__name__}')
    if what is not None and _is_the_programs(frame):
        found[f'the decider {what}; {line_of(_outside_the_standard_library(frame))}'] = None


def _owner(called: Any) -> str:
    it = getattr(called, '__self__', None)
    if isinstance(it, ModuleType):
        return it.__name__
    if isinstance(it, type):
        return 'date' if issubclass(it, date) else ''
    if isinstance(it, _socket.socket):
        return 'socket'
    return 'Random' if it is _SHARED_DICE else ''


def _is_the_programs(frame: FrameType | None) -> bool:
    while frame is not None:
        module = frame.f_globals.get('__name__', '')
        if module.startswith('pyswfaws.'):
            return f'{module}.{frame.f_code.co_qualname.partition(".")[0]}' in _ENTRIES
        if module.partition('.')[0] in _EXCUSED:
            return False
        frame = frame.f_back
    return False


def _outside_the_standard_library(frame: FrameType) -> FrameType:
    while frame.f_globals.get('__name__', '').partition('.')[0] in sys.stdlib_module_names and frame.f_back is not None:
        frame = frame.f_back
    return frame
