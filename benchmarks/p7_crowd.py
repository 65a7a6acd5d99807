"""P7: P4 and P5 on a file that holds 100,000 open executions and 5 million events, beside an empty one."""

import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from contest import CONTESTANTS, Contestant, Goal, arguments, contest

parser = arguments(__doc__)
parser.add_argument(
    '--executions', type=int, default=100_000, help='open executions, of 50 events each (default: %(default)s)')
options = parser.parse_args()

with TemporaryDirectory() as folder:
    path, crowd = Path(folder) / 'swf.db', str(options.executions)
    began = perf_counter()
    subprocess.run([sys.executable, CONTESTANTS / 'crowd.py', path, crowd], check=False)
    size = path.stat().st_size / 2**20
    print(f'{crowd} open executions in {size:.0f} MB, written in {perf_counter() - began:.0f} s, then kill -9\n')
    options.rounds, rounds = 1, options.rounds
    contest(
        'P7: start after a crash', 's until the first answer',
        [Contestant('SWF Local, SQLite', 'opening.py', (str(path), crowd))], Goal(at_most=5), options)
    options.rounds = rounds
    for figure, goal in (
        ('steps', Goal(ratio_at_least=0.7)), ('latency', Goal(ratio_at_most=1.3)), ('memory', Goal(at_most=1024)),
    ):
        contest(
            f'P7: {figure} with a crowd', {'steps': 'steps a second', 'latency': 'ms, p50', 'memory': 'MB'}[figure],
            [
                Contestant('SWF Local, a crowd in its file', 'swflocal_embedded.py', (figure, str(path))),
                Contestant('SWF Local, an empty file', 'swflocal_embedded.py', (figure,)),
            ], goal, options)
