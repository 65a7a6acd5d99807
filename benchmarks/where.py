"""Where the processor time of a contestant of ours goes, part by part: the contestant's program and its arguments.

Each thread but the main one, which begins things and waits, is profiled by its own processor time. What a function
takes by itself counts for the part of the house in whose files it stands; what is written in C counts for its caller.
The garbage collector is in the parts in which it came up, and is timed by itself as well. Profiling makes all of this
several times slower, and Python more than C: read the order, not the figures. It takes Python 3.11: since 3.12 there
can be one profile at a time, of all threads together.

``where.py chain_pyswfaws.py cold 4000`` tells what holds back P1, ``where.py chain_pyswfaws.py life 1000`` the same of
P2, ``where.py swflocal_embedded.py steps`` of P4.
"""

import gc
import runpy
import sys
import threading
from collections import defaultdict
from cProfile import Profile
from pstats import Stats
from time import thread_time
from typing import Any, Final

from contest import CONTESTANTS

#: The parts, by what is in the path of a file; the first that fits counts.
PARTS: Final = (
    ('/contestants/', 'the contestant itself, and what stands for SWF'),
    ('/pyswfaws/replay/', 'replay: folding, and running the decider on'),
    ('/pyswfaws/binding/', 'binding: calls of the decider, arguments and results'),
    ('/pyswfaws/serializers/', 'serializers and payloads'),
    ('/pyswfaws/payload.py', 'serializers and payloads'),
    ('/pyswfaws/workers/responses.py', 'decoding of answers'),
    ('/pyswfaws/swflocal/', 'SWF Local'),
    ('/pyswfaws/', 'workers and clients'),
    ('/botocore/', 'botocore'),
    ('/concurrent/', 'threads that hand over to each other'),
    ('/threading.py', 'threads that hand over to each other'),
)
_IN_C: Final = '~'

profiles: list[Profile] = []
collecting: defaultdict[str, float] = defaultdict(float)    # seconds, by phase


def begin_thread(*_: Any) -> None:
    """Profile this thread, from the first thing that it does."""
    profile = Profile(thread_time)
    profiles.append(profile)
    profile.enable()


def note_collection(phase: str, _: Any) -> None:
    """Time the garbage collector, as one of its callbacks."""
    if threading.current_thread() is not threading.main_thread():
        collecting[phase] += thread_time()


def part_of(file: str) -> str:
    """Give the part to which a file belongs."""
    return next((part for fragment, part in PARTS if fragment in file), "Python's own library")


def by_part(stats: Any) -> dict[str, float]:
    """Give the seconds that each part took by itself."""
    taken: defaultdict[str, float] = defaultdict(float)
    for (file, _, _), (_, _, own, _, callers) in stats.items():
        if file != _IN_C:
            taken[part_of(file)] += own
        for (caller, _, _), (_, _, part, _) in callers.items() if file == _IN_C else ():
            taken[part_of(caller)] += part
    return taken


def main() -> None:
    """Run the contestant and tell."""
    if sys.version_info >= (3, 12):
        sys.exit('Python 3.11 is needed: later ones cannot profile several threads, each by itself')
    program, sys.argv[1:] = sys.argv[1], sys.argv[2:]
    sys.path.insert(0, str(CONTESTANTS))
    gc.callbacks.append(note_collection)
    threading.setprofile(begin_thread)
    runpy.run_path(str(CONTESTANTS / program), run_name='__main__')
    threading.setprofile(None)
    stats: Any = Stats(*profiles)
    taken = by_part(stats.stats)
    for part in sorted(taken, key=taken.__getitem__, reverse=True):
        print(f'{1000 * taken[part]:8.0f} ms {taken[part] / sum(taken.values()):7.1%}  {part}')
    collected = collecting['stop'] - collecting['start']
    print(f'{1000 * collected:8.0f} ms of that went to the garbage collector')


if __name__ == '__main__':
    main()
