"""The measures of a decider on a chain, the same for every framework; the arguments are one of these and a number N.

``life``: the milliseconds of processor time that the decider of a chain of N steps takes from its start to its end.
``cold``: the microseconds an event that one decision after N steps takes a worker that has not seen the chain before.
``bytes``: the bytes of history that are fetched for a decision after N steps by the worker that made the one before.
``memory``: the megabytes that Python allocates at most, beyond what there was, for a cold decision after N steps.
``parked``: the kilobytes that stay allocated for each execution that was decided after N steps; ``resident`` the same
by what the process grows.
"""

import gc
import os
import sys
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from resource import getpagesize
from statistics import median
from typing import Any, Final

from chain import Chain, Dialect

_EVENTS_A_STEP: Final = 6
_PARKED: Final = 400    # executions; a worker of ours keeps 500 in each of its threads

#: Serves the decision tasks of a chain until it is closed.
Serve = Callable[[Chain], Any]

os.environ |= {'AWS_ACCESS_KEY_ID': 'none', 'AWS_SECRET_ACCESS_KEY': 'none', 'AWS_DEFAULT_REGION': 'us-east-1'}


def life(chain_of: Callable[..., Chain], serve: Serve, steps: int) -> float:
    """Run a chain from its start to its end."""
    chain = chain_of(steps)
    serve(chain)
    return 1000 * chain.cost


def cold(chain_of: Callable[..., Chain], serve: Serve, steps: int) -> float:
    """Make one decision after so many steps."""
    chain = chain_of(steps + 1, done=steps, executions=1)
    serve(chain)
    return 1e6 * chain.cost / (steps * _EVENTS_A_STEP)


def fetched(chain_of: Callable[..., Chain], serve: Serve, steps: int) -> float:
    """Make three decisions after so many steps, and one that closes: the first is cold."""
    chain = chain_of(steps + 3, done=steps)
    serve(chain)
    return median(chain.fetched[1:-1])


def memory(chain_of: Callable[..., Chain], serve: Serve, steps: int) -> float:
    """Make one decision after so many steps."""
    chain = chain_of(steps + 1, done=steps, executions=1)
    before: list[int] = []

    def begin() -> None:
        tracemalloc.start()
        before.append(allocated())

    chain.on_begin = begin
    serve(chain)
    return (tracemalloc.get_traced_memory()[1] - before[0]) / 2**20


def parked(chain_of: Callable[..., Chain], serve: Serve, steps: int) -> float:
    """Make one decision in each of many executions, and see what Python has allocated."""
    tracemalloc.start()
    return _growth(chain_of, serve, steps, allocated)


def resident(chain_of: Callable[..., Chain], serve: Serve, steps: int) -> float:
    """Make one decision in each of many executions, and see what the operating system has given."""
    return _growth(chain_of, serve, steps, lambda: int(Path('/proc/self/statm').read_text().split()[1]) * getpagesize())


def allocated() -> int:
    """Give the bytes that Python has allocated since this is traced."""
    return tracemalloc.get_traced_memory()[0]


def _growth(chain_of: Callable[..., Chain], serve: Serve, steps: int, weigh: Callable[[], int]) -> float:
    serve(chain_of(3))      # so that what is made once is there
    chain = chain_of(steps + 1, done=steps, executions=_PARKED)
    weights: list[int] = []

    def note() -> None:
        gc.collect()
        weights.append(weigh())

    chain.on_begin = chain.on_close = note
    serve(chain)
    before, after = weights
    return (after - before) / _PARKED / 1024


MEASURES: Final = {
    'life': life, 'cold': cold, 'bytes': fetched, 'memory': memory, 'parked': parked, 'resident': resident,
}


def measure(dialect: Dialect, serve: Serve) -> None:
    """Measure what the command line asks for, and print it; a chain that was decided wrong is an error."""

    def served(chain: Chain) -> None:
        serve(chain)
        if chain.wrong is not None:
            raise SystemExit(chain.wrong)

    name, steps = sys.argv[1:]
    print(MEASURES[name](lambda *arguments, **options: Chain(dialect, *arguments, **options), served, int(steps)))
