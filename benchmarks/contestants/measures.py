"""The two measures, the same for every contestant: steps a second with eight callers, and the latency of one."""

import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from statistics import median
from time import perf_counter

CALLERS = 8


def steps_per_second(ten: Callable[[int], int], workflows: int) -> float:
    """Run `workflows` of ten steps each, eight at once."""
    ten(0)
    began = perf_counter()
    with ThreadPoolExecutor(CALLERS) as pool:
        results = list(pool.map(ten, range(workflows)))
    took = perf_counter() - began
    assert results == [n + 10 for n in range(workflows)]
    return 10 * workflows / took


def latency(one: Callable[[int], int], workflows: int) -> float:
    """Run `workflows` of one step each, one after the other; the median of the milliseconds from call to result."""
    one(0)
    took = []
    for n in range(workflows):
        began = perf_counter()
        assert one(n) == n + 1
        took.append(perf_counter() - began)
    return 1000 * median(took)


def measure(ten: Callable[[int], int], one: Callable[[int], int], steps: int, ones: int) -> None:
    """Measure what the command line asks for, ``steps`` or ``latency``, and print it."""
    print(steps_per_second(ten, steps) if sys.argv[1] == 'steps' else latency(one, ones))
