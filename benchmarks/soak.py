"""A soak: 100,000 workflows through one process, on a file; its rate, its memory, its threads and files by tenths.

SWF Local, the workers and eight callers are in the process; each workflow has two activities at the same time, and one
after them. Each result is checked. That memory stays bounded, and that no thread or file is left open, is asserted;
that the last tenth is as fast as the second is printed, since that is the machine's business too.
"""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from resource import getpagesize
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import NamedTuple

from contest import Goal, arguments, conclude, concluded

from pyswfaws import WorkflowClient, activity_task, decision_task, embedded

CALLERS = 8
QUICK = 5_000
CACHE = 64      # megabytes of its file that SQLite comes to hold in memory
SLACK = 10      # and what an allocator comes to hold, whatever is done


@activity_task
def square(n: int) -> int:
    """Give its square."""
    return n * n


@activity_task
def add(a: int, b: int) -> int:
    """Give the sum."""
    return a + b


@decision_task
def pythagoras(a: int, b: int) -> int:
    """Give the sum of the squares, which are taken at the same time."""
    squares = square(a), square(b)
    total: int = add(squares[0].result, squares[1].result).result
    return total


class Tenth(NamedTuple):
    """What was seen in a tenth of the workflows, at its end."""

    rate: float     # workflows a second
    megabytes: float
    file_megabytes: float
    threads: int
    files: int

    @property
    def uncached(self) -> float:
        """The megabytes of the process that are not SQLite's cache."""
        return self.megabytes - min(self.file_megabytes, CACHE)


def resident() -> float:
    """Give the megabytes that the operating system has given to this process."""
    return int(Path('/proc/self/statm').read_text().split()[1]) * getpagesize() / 2**20


def open_files() -> int:
    """Count the open files and sockets of this process."""
    return len(list(Path('/proc/self/fd').iterdir()))


def run(client: WorkflowClient, n: int) -> None:
    """Run a workflow to its end, and check what came out."""
    result = client.start(pythagoras, n, n + 1).result(timeout=300)
    assert result == n ** 2 + (n + 1) ** 2, f'workflow {n} gave {result}'


def tenths(client: WorkflowClient, path: Path, workflows: int) -> Iterator[Tenth]:
    """Run so many workflows, and tell of each tenth of them."""
    size = workflows // 10
    with ThreadPoolExecutor(CALLERS) as callers:
        for first in range(0, 10 * size, size):
            began = perf_counter()
            for _ in callers.map(lambda n: run(client, n), range(first, first + size)):
                pass
            rate = size / (perf_counter() - began)
            yield Tenth(rate, resident(), path.stat().st_size / 2**20, threading.active_count(), open_files())


@contextmanager
def leaving_nothing_open() -> Iterator[None]:
    """Assert that no thread and no file is open afterwards that was not before."""
    threads, files = threading.active_count(), open_files()
    yield
    assert threading.active_count() == threads, f'threads are left: {threading.enumerate()}'
    assert open_files() == files, f'{open_files() - files} files are left open'


def main() -> None:
    """Run the soak."""
    parser = arguments(__doc__)
    parser.add_argument(
        '--workflows', type=int, default=100_000, help='a multiple of ten (default: %(default)s)')
    options = parser.parse_args()
    workflows = min(options.workflows, QUICK) if options.quick else options.workflows
    if workflows < 10 or workflows % 10:    # noqa: PLR2004 - tenths
        parser.error(f'--workflows is a multiple of ten, but it is {workflows}')
    seen: list[Tenth] = []
    print(f'{"":7}{"workflows/s":>12}{"MB":>9}{"file, MB":>9}{"threads":>9}{"files":>9}')
    with TemporaryDirectory() as folder, leaving_nothing_open():
        path = Path(folder) / 'swf.db'
        with embedded(__name__, path) as client:
            for number, tenth in enumerate(tenths(client, path, workflows), 1):
                figures = ''.join(f'{figure:9.0f}' for figure in tenth[1:])
                print(f'{number:>2}/10  {tenth.rate:12.0f}{figures}', flush=True)
                seen.append(tenth)
    second, last = seen[1], seen[-1]
    assert last.uncached <= 1.2 * second.uncached + SLACK, f'memory grows: {seen}'
    print()
    conclude(
        options,
        concluded(
            f'Soak: {workflows:,} workflows, the last tenth beside the second', 'workflows a second',
            {'pyswfaws': [last.rate], 'second tenth': [second.rate]}, Goal(ratio_at_least=0.8)),
        concluded(
            "Soak: memory at its end, without SQLite's cache, beside the second tenth", 'MB',
            {'pyswfaws': [last.uncached], 'second tenth': [second.uncached]}, Goal(ratio_at_most=1.2)),
    )


if __name__ == '__main__':
    main()
