"""P7: P4 and P5 on a file that holds 100,000 open executions and 5 million events, beside an empty one."""

import argparse
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from contest import CONTESTANTS, Contestant, Goal, Outcome, arguments, conclude, contest

#: What is measured with and without a crowd: its unit, and what to reach.
MEASURES = {
    'steps': ('steps a second', Goal(ratio_at_least=0.7)),
    'latency': ('ms, p50', Goal(ratio_at_most=1.3)),
    'memory': ('MB', Goal(at_most=1024)),
}
QUICK = 10_000


def with_crowd(path: Path, crowd: str, options: argparse.Namespace) -> list[Outcome]:
    """Measure on the file at `path`, which a process left behind with a crowd in it."""
    once = argparse.Namespace(**{**vars(options), 'rounds': 1})     # the second start is not after a crash
    opening = Contestant('SWF Local, SQLite', 'opening.py', (str(path), crowd))
    return [
        contest('P7: start after a crash', 's until the first answer', [opening], Goal(at_most=5), once),
        *(contest(
            f'P7: {measure} with a crowd', unit,
            [
                Contestant('SWF Local, a crowd in its file', 'swflocal_embedded.py', (measure, str(path))),
                Contestant('SWF Local, an empty file', 'swflocal_embedded.py', (measure,)),
            ], goal, options) for measure, (unit, goal) in MEASURES.items()),
    ]


parser = arguments(__doc__)
parser.add_argument(
    '--executions', type=int, default=100_000, help='open executions, of 50 events each (default: %(default)s)')
options = parser.parse_args()
if options.quick:
    options.executions = min(options.executions, QUICK)

with TemporaryDirectory() as folder:
    path, crowd = Path(folder) / 'swf.db', str(options.executions)
    began = perf_counter()
    subprocess.run([sys.executable, CONTESTANTS / 'crowd.py', path, crowd], check=False)
    size = path.stat().st_size / 2**20
    print(f'{crowd} open executions in {size:.0f} MB, written in {perf_counter() - began:.0f} s, then kill -9\n')
    conclude(options, *with_crowd(path, crowd, options))
